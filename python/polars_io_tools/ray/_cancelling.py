"""The end of tasks for which nobody waits any more.

A query that has ended does not wait for them, so a thread does. Ray ends the whole process when one
thread calls it, or frees a reference, while another one shuts it down: a program that goes on after
`ray.shutdown()` would end without a word.

Invariant: the thread calls Ray and frees references only where Ray cannot be shut down meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from polars_io_tools.ray._connected import connection, shutdown_held_off

__all__ = ["cancel", "is_connected", "look_at"]

# How long a task that is interrupted may take to end before its process is stopped.
_GRACE_SECONDS = 2.0


def cancel(handles: Sequence[Any], ends: Sequence[Any], connected: tuple[str, str]) -> None:
    """Cancel tasks: queued ones never start, running ones get a grace to end.

    Args:
        handles: what stands for them, which Ray is to have for as long as they run.
        ends: the references of what is there when a task has ended, which have no other use.
        connected: what `connection` returned when they were started.
    """
    import ray

    if not ends or not is_connected(connected):
        return
    for end in ends:
        ray.cancel(end, force=False)
    threading.Thread(
        target=_stop_after_grace,
        args=([*handles], [*ends], connected),
        daemon=True,
        name="piot-cancel",
    ).start()


def _stop_after_grace(handles: list[Any], ends: list[Any], connected: tuple[str, str]) -> None:
    time.sleep(_GRACE_SECONDS)
    with shutdown_held_off():
        _stop(ends, connected)
    time.sleep(_GRACE_SECONDS)
    with shutdown_held_off():
        _look_at_all(ends, connected)
        handles.clear()
        ends.clear()


def _stop(ends: list[Any], connected: tuple[str, str]) -> None:
    """End the processes of the tasks that go on."""
    import ray

    with suppress(Exception):
        if is_connected(connected):
            late = ray.wait(ends, num_returns=len(ends), timeout=0, fetch_local=False)[1]
            for end in late:
                ray.cancel(end, force=True)


def _look_at_all(ends: list[Any], connected: tuple[str, str]) -> None:
    if is_connected(connected):
        for end in ends:
            look_at(end)


def is_connected(connected: tuple[str, str]) -> bool:
    """Tell whether Ray runs, and is still the one that was connected to."""
    import ray

    return ray.is_initialized() and connection() == connected


def look_at(end: Any) -> None:
    """Keep Ray from logging the failure of a task, as it does with those that nobody sees."""
    import ray

    with suppress(ray.exceptions.RayError):
        ray.get(end, timeout=0)
