"""How long the rows of a source are wanted, and the one place that ends what makes them.

A `finally` is not enough. Polars lets go of a generator in a thread without the GIL, which takes
effect with the next call into Polars, whoever makes it. Ctrl-C may arrive twice, the second time
inside of the `finally`. And a process may end while Polars' threads still ask for rows. So a thread
of its own, which no signal reaches, finds out that the rows are over and ends their making.

Invariant: what `then` was given is called once, after the last row, however the rows ended.
"""

from __future__ import annotations

import atexit
import inspect
import threading
import time
import weakref
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import polars as pl

from polars_io_tools._recording import Recording
from polars_io_tools._tracing import here

__all__ = ["Lifetime"]

# How long rows that nobody wants any more may go unnoticed.
_LOOK_SECONDS = 0.1

# How long the one who ends the rows waits for what is ended with them.
_END_SECONDS = 2.0

Rows = Generator[Any, None, None]

R = TypeVar("R", bound=Rows)

Within = Callable[[], AbstractContextManager[object]]

_lock = threading.Lock()
_lives: set[Lifetime] = set()

# Whether a thread is one of those that find out, and may so be the one that lets go of rows.
_watching = threading.local()


class Lifetime:
    """The time from the first row that is asked for to the last.

    Attributes:
        exiting: whether the process ends, so that whoever makes rows has to stop.
        record: where it is noted how the run goes.
        caller: the context that the rows are asked for in, None where nothing is traced.
    """

    def __init__(self, record: Recording | None = None) -> None:
        self.exiting = False
        self.record = record or Recording()
        self.caller = here()
        self._rows: weakref.ref[Rows] | None = None
        self._over = threading.Event()
        self._ended = threading.Event()

    def of(self, rows: R) -> R:
        """Bind the lifetime to a generator and return it."""
        self._rows = weakref.ref(rows)
        return rows

    def then(self, end: Callable[[], object], within: Within = nullcontext) -> None:
        """Call `end` in another thread as soon as the rows are over.

        What that thread lets go of, of these rows or others, it lets go `within` a context.
        """
        with _lock:
            if not _lives:
                # Behind what Ray registers, and so called before.
                atexit.unregister(_stop_all)
                atexit.register(_stop_all)
            _lives.add(self)
        arguments = (end, within)
        threading.Thread(target=self._watch, args=arguments, daemon=True, name="piot-watch").start()

    def close(self) -> None:
        """Declare the rows over, and wait for what `then` was given."""
        self._over.set()
        if not getattr(_watching, "now", False):
            self.wait(_END_SECONDS)

    def wait(self, timeout: float) -> None:
        """Wait until what `then` was given has been called."""
        self._ended.wait(timeout)

    def _is_over(self) -> bool:
        rows = None if self._rows is None else self._rows()
        return rows is None or inspect.getgeneratorstate(rows) == inspect.GEN_CLOSED

    def _watch(self, end: Callable[[], object], within: Within) -> None:
        _watching.now = True
        while not self._over.wait(_LOOK_SECONDS) and not self._is_over():
            with within():
                pl.thread_pool_size()  # any call will do
        try:
            end()
        finally:
            self._ended.set()
            with _lock:
                _lives.discard(self)


def _stop_all() -> None:
    """Let the threads of Polars leave Python before it ends, which would abort the process."""
    with _lock:
        lives = list(_lives)
    for life in lives:
        life.exiting = True
    end = time.monotonic() + _END_SECONDS
    for life in lives:
        life.wait(max(0.0, end - time.monotonic()))
