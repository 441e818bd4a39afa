"""Work of a task that ends soon after the task is cancelled.

Ray interrupts the main thread of a worker as Ctrl-C does, but sends no signal. While that thread is
inside of Polars it does not notice, and goes on until its process is stopped. So Polars works in
another thread, the main thread looks up ten times a second, and sources that wait for something,
such as a database, ask whether the task has been cancelled.

Invariant: when `interruptible` returns or raises, nothing of its work runs any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

__all__ = ["interruptible", "is_interrupted"]

T = TypeVar("T")

_LOOK_SECONDS = 0.1

_interrupted = threading.Event()


def is_interrupted() -> bool:
    """Return whether the task that this process works on has been cancelled."""
    return _interrupted.is_set()


def interruptible(work: Callable[[], T]) -> T:
    """Return what `work` returns in another thread, or raise what it raises.

    Raises:
        KeyboardInterrupt: this thread was interrupted; the work has ended by now.
    """
    running = _Running(work)
    try:
        running.wait()
    except BaseException:
        _interrupted.set()
        # Once more makes no difference. What does not end is ended with its process.
        while running.is_alive():
            with suppress(KeyboardInterrupt):
                running.wait()
        _interrupted.clear()
        raise
    return running.result()


class _Running(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="piot-work", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001  (raised where it is waited for)
            self._error = error
        finally:
            self._over.set()

    def is_alive(self) -> bool:
        return not self._over.is_set()

    def wait(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            pass

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]
