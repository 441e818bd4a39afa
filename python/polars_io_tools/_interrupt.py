"""Work of a task that ends soon after the task is cancelled.

Ray interrupts the main thread of a worker as Ctrl-C does, but sends no signal. While that thread is
inside of Polars it does not notice, and goes on until its process is stopped. So Polars works in
another thread, the main thread looks up ten times a second, and sources that wait for something,
such as a database, ask whether the task has been cancelled.

Invariant: when `interruptible` returns or raises, nothing of its work runs any more.
"""

from __future__ import annotations

import _thread
import contextvars
from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["interruptible", "is_interrupted"]

T = TypeVar("T")

_LOOK_SECONDS = 0.1


def is_interrupted() -> bool:
    """Return whether the task that this process works on has been cancelled."""
    return _latest is not None and _latest.interrupted


def interruptible(work: Callable[[], T]) -> T:
    """Return what `work` returns in another thread, or raise what it raises.

    Raises:
        KeyboardInterrupt: this thread was interrupted; the work has ended by now.
    """
    global _latest  # noqa: PLW0603  (a process works on one task at a time)
    running = _Running(work)
    _latest = running
    interrupt = None
    while not running.over:
        try:
            running.wait()
        except KeyboardInterrupt as error:
            # Once more makes no difference. What does not end is ended with its process.
            running.interrupted = True
            interrupt = error
    # The process may go on to something that is no task of this package.
    _latest = None
    if interrupt is not None:
        raise interrupt
    return running.result()


class _Running(Generic[T]):
    """Work in a thread of its own.

    What is written in Python about locks, such as events and threads of `threading`, may be left
    locked for good when it is interrupted. So there is one lock of the interpreter's own, and
    whether it was taken decides nothing.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self.interrupted = False
        self.over = False
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        # In the context of the caller, such as that of what it traces.
        _thread.start_new_thread(contextvars.copy_context().run, (self._run,))

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001  (raised where it is waited for)
            self._error = error
        finally:
            self.over = True
            self._lock.release()

    def wait(self) -> None:
        """Wait until the work is over, or for a moment."""
        self._lock.acquire(timeout=_LOOK_SECONDS)

    def result(self) -> T:
        """Return what the work returned, or raise what it raised; it is not kept here."""
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._results.pop()


_latest: _Running[Any] | None = None
