"""Reads several parts at once, each in a thread, and hands on their rows as they come or in order.

Invariant: at most `count` reads are open, and for each of them at most a few frames wait, however
slowly rows are taken and however many parts there are. After `stop` no read is open.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing, suppress

import polars as pl

from polars_io_tools._period import AnyPartition
from polars_io_tools.db._reader import Frames
from polars_io_tools.errors import PiotError

__all__ = ["Parallel"]

# How often whoever waits looks up.
_LOOK_SECONDS = 0.1

# How many frames of a read may wait.
_AHEAD = 2

# How long stopping waits until all threads have let go of their connections.
_STOP_SECONDS = 5.0


class _Done:
    """What stands behind the last frame of a part."""


_Lane = queue.Queue[pl.DataFrame | _Done]


class Parallel:
    """Threads that read parts, each the next one that none has begun.

    Args:
        parts: what is read.
        read: yields the rows of a part, and None now and then while there are none; closing it ends
            the read. It is called and closed in one thread.
        count: how many parts are read at once.
        ordered: whether the rows of one part come before those of the next.
    """

    def __init__(
        self,
        parts: Sequence[AnyPartition],
        read: Callable[[AnyPartition], Frames],
        *,
        count: int,
        ordered: bool,
    ) -> None:
        self._read = read
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        # A lane holds the frames of one part, or those of all.
        lanes: list[_Lane]
        if ordered:
            lanes = [queue.Queue(_AHEAD) for _ in parts]
            self._lanes = [(lane, 1) for lane in lanes]
        else:
            shared: _Lane = queue.Queue(_AHEAD * count)
            lanes = [shared] * len(parts)
            self._lanes = [(shared, len(parts))]
        self._waiting = deque(zip(parts, lanes, strict=True))
        # In order, a part begins when it is among the next `count`: else frames of many small ones
        # would pile up behind a large one.
        self._begin = threading.Semaphore(count if ordered else len(parts))
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name=f"piot-part-{n}")
            for n in range(min(count, len(parts)))
        ]

    def frames(self) -> Frames:
        """Yield the rows of all parts, and None now and then while there are none.

        Raises:
            Exception: what the first read to fail has raised, with the name of its part.
        """
        for thread in self._threads:
            thread.start()
        for lane, left in self._lanes:
            parts = left
            while parts:
                item = self._take(lane)
                if isinstance(item, _Done):
                    parts -= 1
                    self._begin.release()
                else:
                    yield item

    def is_mine(self) -> bool:
        """Return whether this is one of the threads: Python lets go of rows in any."""
        return threading.current_thread() in self._threads

    def stop(self) -> None:
        """End all reads, and wait until they have ended, but from one of the threads itself."""
        self._stopped.set()
        if self.is_mine():
            return
        give_up = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            if thread.ident is not None:  # it was started
                thread.join(max(0.0, give_up - time.monotonic()))

    def _take(self, lane: _Lane) -> pl.DataFrame | _Done | None:
        if self._failure is None:
            with suppress(queue.Empty):
                return lane.get(timeout=_LOOK_SECONDS)
        if self._failure is not None:
            raise self._failure
        return None

    def _work(self) -> None:
        while (begun := self._next()) is not None:
            part, lane = begun
            try:
                self._hand_on(part, lane)
            except BaseException as error:  # noqa: BLE001  (a panic of Polars is no Exception)
                self._fail(part, error)
                return

    def _next(self) -> tuple[AnyPartition, _Lane] | None:
        while self._waiting and not self._stopped.is_set():
            if self._begin.acquire(timeout=_LOOK_SECONDS):
                with suppress(IndexError):  # another thread has begun the last one
                    return self._waiting.popleft()
        return None

    def _hand_on(self, part: AnyPartition, lane: _Lane) -> None:
        with closing(self._read(part)) as frames:
            for frame in frames:
                if self._stopped.is_set():
                    return
                if frame is not None and frame.height:
                    self._put(lane, frame)
        self._put(lane, _Done())

    def _put(self, lane: _Lane, item: pl.DataFrame | _Done) -> None:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                lane.put(item, timeout=_LOOK_SECONDS)
                return

    def _fail(self, part: AnyPartition, error: BaseException) -> None:
        with self._lock:
            # Those that fail because another one did say nothing.
            if self._failure is None and not self._stopped.is_set():
                self._failure = _of(part, error)
        self._stopped.set()


def _of(part: AnyPartition, error: BaseException) -> BaseException:
    """Return an error that names the part in which it was."""
    if isinstance(error, PiotError) and len(error.args) == 1:
        message = str(error).removeprefix("scan_db: ")
        named = type(error)(f"scan_db: partition {part.label}: {message}")
        return named.with_traceback(error.__traceback__)
    error.add_note(f"in partition {part.label} of scan_db")
    return error
