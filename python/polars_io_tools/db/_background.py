"""Reads rows in a thread, so that the one that waits for them can be interrupted."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import polars as pl

from polars_io_tools.db._reader import Frames
from polars_io_tools.errors import DatabaseTimeoutError

__all__ = ["in_background"]

# How often whoever waits looks up.
_LOOK_SECONDS = 0.1

# How long closing waits until the thread has let go of its connection.
_CLOSE_SECONDS = 2.0


def in_background(
    read: Callable[[], Iterator[pl.DataFrame]],
    interrupt: Callable[[], object],
    timeout: float | None,
) -> Frames:
    """Yield what `read` yields, one frame ahead, and None now and then while there is none.

    `read` runs in a thread of its own from first to last. `interrupt` is called by another one,
    maybe several times, and makes it end if it works on something.

    Raises:
        DatabaseTimeoutError: the caller has waited for longer than `timeout` seconds in all.
    """
    work = _Work(read)
    try:
        yield from work.taken(timeout)
    finally:
        work.end(interrupt)


class _Work:
    """The thread, and what it has read."""

    def __init__(self, read: Callable[[], Iterator[pl.DataFrame]]) -> None:
        self._read = read
        self._frames: queue.Queue[pl.DataFrame | Exception | None] = queue.Queue(maxsize=1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="piot-read")
        self._thread.start()

    def _run(self) -> None:
        try:
            for frame in self._read():
                if not self._put(frame):
                    return
            self._put(None)
        except Exception as error:  # noqa: BLE001  (raised by the thread that asks)
            self._put(error)

    def _put(self, item: pl.DataFrame | Exception | None) -> bool:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._frames.put(item, timeout=_LOOK_SECONDS)
                return True
        return False

    def taken(self, timeout: float | None) -> Frames:
        """Yield frames as they come."""
        waited = 0.0
        while True:
            start = time.monotonic()
            try:
                item = self._frames.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                waited += time.monotonic() - start
                if timeout is not None and waited > timeout:
                    msg = f"scan_db: the query took longer than {timeout:g} s"
                    raise DatabaseTimeoutError(msg) from None
                yield None
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    def end(self, interrupt: Callable[[], object]) -> None:
        """Make the thread end, and wait for it for a moment."""
        self._stopped.set()
        give_up = time.monotonic() + _CLOSE_SECONDS
        # Again and again: what is interrupted while it still connects goes on to the query.
        while self._thread.is_alive() and time.monotonic() < give_up:
            with suppress(Exception):  # the connection may be closed by now
                interrupt()
            self._thread.join(_LOOK_SECONDS / 2)
