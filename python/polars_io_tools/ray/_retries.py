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

_DEFAULT_LIMIT = 3

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
    """What is tried again.

    Attributes:
        limit: the most times for each period, None for any number.
        exceptions: exceptions of the user's code that are tried again, None for those that are
            likely to pass.
    """

    limit: int | None
    exceptions: tuple[type[BaseException], ...] | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Retries:
        """Return what options of a Ray task ask for; without any, transient failures count."""
        limit = options.get("max_retries")
        if limit is None:
            limit = int(os.environ.get("RAY_TASK_MAX_RETRIES", _DEFAULT_LIMIT))
        wanted = options.get("retry_exceptions")
        if isinstance(wanted, bool):
            wanted = (Exception,) if wanted else ()
        return cls(None if limit == -1 else limit, None if wanted is None else tuple(wanted))

    def covers(self, error: Exception) -> bool:
        """Tell whether a failure that Ray reports is tried again."""
        if any(kind.__name__ in _LOST for kind in type(error).__mro__):
            return True
        cause = getattr(error, "cause", None) or error
        return (
            _is_transient(cause) if self.exceptions is None else isinstance(cause, self.exceptions)
        )


def _is_transient(error: BaseException) -> bool:
    """Tell whether a connection failed, took too long, or found nobody."""
    return (
        isinstance(error, _TRANSIENT)
        or any(kind.__name__ in _TRANSIENT_NAMES for kind in type(error).__mro__)
        or (isinstance(error, OSError) and error.errno in _UNREACHABLE)
    )
