"""Which failures are tried again, and which words of the options are left out of messages."""

from __future__ import annotations

import errno
from typing import Any

import pytest
import ray.exceptions

from polars_io_tools._redact import redacted
from polars_io_tools.ray._retries import Retries

exceptions: Any = ray.exceptions


class RequestError(OSError):
    """As the base of all exceptions of requests."""


LOST = {"WorkerCrashedError", "OutOfMemoryError", "NodeDiedError"}

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
    lost = type(error).__module__ == "ray.exceptions" and type(error).__name__ in LOST
    assert Retries.of({}).after(error) == (0 if not again else 3 if lost else 2)


@pytest.mark.parametrize(
    ("options", "crash", "value_error", "connection_error"),
    [
        ({}, 3, 0, 2),
        ({"max_retries": None, "retry_exceptions": None}, 3, 0, 2),
        ({"max_retries": 0}, 0, 0, 0),
        ({"max_retries": 3}, 3, 0, 3),
        ({"max_retries": -1}, None, 0, None),
        ({"retry_exceptions": True}, 3, 3, 3),
        ({"retry_exceptions": False}, 3, 0, 0),
        ({"retry_exceptions": [ValueError]}, 3, 3, 0),
        ({"retry_exceptions": []}, 3, 0, 0),
        ({"retry_exceptions": [ValueError], "max_retries": 1}, 1, 1, 0),
    ],
)
def test_options_mean_what_they_mean_to_ray(
    options: dict[str, Any],
    crash: int | None,
    value_error: int | None,
    connection_error: int | None,
) -> None:
    retries = Retries.of(options)
    assert retries.after(exceptions.WorkerCrashedError()) == crash
    assert retries.after(ValueError()) == value_error
    assert retries.after(ConnectionError()) == connection_error


def test_the_limit_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TASK_MAX_RETRIES", "7")
    assert Retries.of({}).after(ConnectionError()) == 7
    assert Retries.of({}).after(exceptions.WorkerCrashedError()) == 7
    assert Retries.of({"max_retries": 1}).after(exceptions.WorkerCrashedError()) == 1


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
