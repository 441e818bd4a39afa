"""Which failures are tried again, and how often.

`max_retries` and `retry_exceptions` mean what they mean to Ray, but it is not Ray that repeats the
task: one that ran out of memory would be repeated without end, and a period would not know of it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Retries"]

# What Ray does with a lost worker; and three attempts in all for what the user's code raises.
_AFTER_LOSS = 3
_AFTER_ERROR = 2

# Failures of the user's code that are likely to pass: databases and storage that are away. Those
# of other libraries, such as requests, botocore, httpx and google.api_core, by their names.
_TRANSIENT = (ConnectionError, TimeoutError)
_TRANSIENT_NAMES = {
    "ActorUnavailableError",
    "ConnectionError",
    "NetworkError",
    "ServiceUnavailable",
    "Timeout",
    "TimeoutException",
}
_UNREACHABLE = {errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH}

# The errors with which Ray says that a process, a node or an object is gone.
_LOST = (
    "LocalRayletDiedError",
    "NodeDiedError",
    "ObjectLostError",
    "OutOfMemoryError",
    "OwnerDiedError",
    "WorkerCrashedError",
)


@dataclass(frozen=True)
class Retries:
    """How often what is tried again.

    Attributes:
        after_loss: how often after the loss of a process, a node or a result, None for any number.
        after_error: how often after an exception of the user's code.
        exceptions: exceptions of the user's code that are tried again, None for those that are
            likely to pass.
    """

    after_loss: int | None
    after_error: int | None
    exceptions: tuple[type[BaseException], ...] | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Retries:
        """Return what options of a Ray task ask for; without any, transient failures count."""
        wanted = options.get("retry_exceptions")
        if isinstance(wanted, bool):
            wanted = (Exception,) if wanted else ()
        exceptions = None if wanted is None else tuple(wanted)
        limit = options.get("max_retries")
        if limit is None:
            limit = os.environ.get("RAY_TASK_MAX_RETRIES")
        if limit is None:
            return cls(_AFTER_LOSS, _AFTER_ERROR if exceptions is None else _AFTER_LOSS, exceptions)
        limit = None if int(limit) == -1 else int(limit)
        return cls(limit, limit, exceptions)

    @staticmethod
    def is_loss(error: Exception) -> bool:
        """Return whether a process, a node or an object is gone."""
        return any(kind.__name__ in _LOST for kind in type(error).__mro__)

    def after(self, error: Exception) -> int | None:
        """Return how often a period is tried again after a failure that Ray reports."""
        if self.is_loss(error):
            return self.after_loss
        cause = getattr(error, "cause", None) or error
        covered = (
            _is_transient(cause) if self.exceptions is None else isinstance(cause, self.exceptions)
        )
        return self.after_error if covered else 0


def _is_transient(error: BaseException) -> bool:
    """Tell whether a connection failed, took too long, or found nobody."""
    return (
        isinstance(error, _TRANSIENT)
        or any(kind.__name__ in _TRANSIENT_NAMES for kind in type(error).__mro__)
        or (isinstance(error, OSError) and error.errno in _UNREACHABLE)
    )
