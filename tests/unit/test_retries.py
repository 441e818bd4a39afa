"""Which failures are tried again, and which words of the options are left out of messages."""

from __future__ import annotations

import errno
from typing import Any

import pytest
import ray.exceptions

from polars_io_tools.ray._redact import redacted
from polars_io_tools.ray._retries import Retries

exceptions: Any = ray.exceptions


class RequestError(OSError):
    """As the base of all exceptions of requests."""


Away = type("ConnectionError", (RequestError,), {})
Busy = type("ServiceUnavailable", (Exception,), {})


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ConnectionResetError("reset"), True),
        (TimeoutError("late"), True),
        (OSError(errno.EHOSTUNREACH, "no route to host"), True),
        (OSError(errno.ENOSPC, "no space left"), False),
        (FileNotFoundError("gone"), False),
        (Away("refused"), True),
        (Busy("503"), True),
        (RequestError("404"), False),
        (ValueError("wrong"), False),
        (exceptions.WorkerCrashedError(), True),
        (exceptions.OutOfMemoryError("killed"), True),
        (exceptions.NodeDiedError("gone"), True),
        (exceptions.ActorUnavailableError("away", None), True),
        (exceptions.OutOfDiskError("full"), False),
        (exceptions.TaskCancelledError(), False),
    ],
    ids=repr,
)
def test_what_is_tried_again_unasked(error: Exception, again: bool) -> None:
    assert Retries.of({}).covers(error) is again


@pytest.mark.parametrize(
    ("options", "limit", "value_error", "connection_error"),
    [
        ({}, 3, False, True),
        ({"max_retries": None, "retry_exceptions": None}, 3, False, True),
        ({"max_retries": 0}, 0, False, True),
        ({"max_retries": -1}, None, False, True),
        ({"retry_exceptions": True}, 3, True, True),
        ({"retry_exceptions": False}, 3, False, False),
        ({"retry_exceptions": [ValueError]}, 3, True, False),
        ({"retry_exceptions": []}, 3, False, False),
    ],
)
def test_options_mean_what_they_mean_to_ray(
    options: dict[str, Any], limit: int | None, value_error: bool, connection_error: bool
) -> None:
    retries = Retries.of(options)
    assert retries.limit == limit
    assert retries.covers(ValueError()) is value_error
    assert retries.covers(ConnectionError()) is connection_error
    assert retries.covers(exceptions.WorkerCrashedError())


def test_the_limit_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TASK_MAX_RETRIES", "7")
    assert Retries.of({}).limit == 7
    assert Retries.of({"max_retries": 1}).limit == 1


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("no login with s3cret-1", {"env_vars": {"PASSWORD": "s3cret-1"}}, "no login with …"),
        ("pip --index https://u:p@host x", {"pip": ["--index https://u:p@host"]}, "pip … x"),
        ("secret-longer", {"a": "secret", "b": ("secret-longer",)}, "…"),
        (r"""{"a": "say \"hello\""}""", {"a": 'say "hello"'}, '{"a": "…"}'),
        (r"""{'a': 'one\ntwo'}""", {"a": "one\ntwo"}, "{'a': '…'}"),
        ("b'token-1'", {"a": b"token-1"}, "b'…'"),
        ("3 threads in fast mode", {"threads": "3", "mode": "fast"}, "3 threads in fast mode"),
        ("num_cpus", {"num_cpus": 2}, "num_cpus"),
    ],
)
def test_no_string_among_the_options_is_said(text: str, options: Any, said: str) -> None:
    assert redacted(text, options) == said
