"""However rows end, what makes them is ended once."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import polars as pl
import pytest

from polars_io_tools import _lifetime
from polars_io_tools._lifetime import Lifetime

Rows = Generator[pl.DataFrame, None, None]


class Life:
    """Rows with a lifetime, and how often their making was ended, in which thread."""

    def __init__(self, close: bool = True) -> None:
        self.lifetime = Lifetime()
        self.ends: list[str] = []
        self.ended = threading.Event()
        self.rows: Rows = self.lifetime.of(self._make(close))

    def _make(self, close: bool) -> Rows:
        self.lifetime.then(self._end)
        try:
            yield pl.DataFrame()
            if self.lifetime.exiting:
                return
            yield pl.DataFrame()
        finally:
            if close:  # else as if a second Ctrl-C had come just before
                self.lifetime.close()

    def _end(self) -> None:
        self.ends.append(threading.current_thread().name)
        self.ended.set()


def test_after_the_last_row_it_is_over_at_once() -> None:
    life = Life()
    assert len(list(life.rows)) == 2
    assert life.ends == ["piot-watch"]


def test_while_rows_are_wanted_it_goes_on() -> None:
    life = Life()
    next(life.rows)
    assert not life.ended.wait(0.5)
    life.rows.close()
    assert life.ends == ["piot-watch"]


def test_rows_that_are_dropped() -> None:
    life = Life(close=False)
    next(life.rows)
    del life.rows
    assert life.ended.wait(30)
    assert life.ends == ["piot-watch"]


def test_rows_that_the_thread_lets_go_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when Polars has dropped them without the GIL: within a context, and it does not wait."""
    inside: list[str] = []
    seen: list[list[str]] = []
    waits: list[str] = []
    ended = threading.Event()

    @contextmanager
    def within() -> Iterator[None]:
        inside.append(threading.current_thread().name)
        yield
        inside.pop()

    def let_go() -> None:
        seen.append([*inside])
        lifetime.close()

    monkeypatch.setattr(pl, "thread_pool_size", let_go)
    monkeypatch.setattr(Lifetime, "wait", lambda *_: waits.append(threading.current_thread().name))
    lifetime = Lifetime()
    rows = lifetime.of(pl.DataFrame() for _ in range(2))
    lifetime.then(ended.set, within)
    assert ended.wait(30)
    assert seen == [["piot-watch"]]
    assert waits == []
    rows.close()


def test_a_finally_that_is_interrupted() -> None:
    life = Life(close=False)
    next(life.rows)
    with pytest.raises(KeyboardInterrupt):
        life.rows.throw(KeyboardInterrupt())
    assert life.ended.wait(30)
    assert life.ends == ["piot-watch"]


def test_when_the_process_ends_rows_are_asked_to() -> None:
    life = Life()
    next(life.rows)
    reader = threading.Thread(
        target=lambda: [None for _ in iter(lambda: next(life.rows, None), None)]
    )
    stop = threading.Thread(target=_lifetime._stop_all)
    stop.start()
    while not life.lifetime.exiting:
        life.ended.wait(0.01)
    reader.start()
    for thread in (reader, stop):
        thread.join(30)
    assert life.ends == ["piot-watch"]
