"""Runs that are made up: records of periods, and a driver and workers on a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any, cast

import pytest

from polars_io_tools import _recording
from polars_io_tools._period import Period
from polars_io_tools._recording import PeriodRecord, Recording
from polars_io_tools._report import Report

__all__ = ["EPOCH", "SECOND", "Clock", "period", "record", "recording", "report", "simulated"]

SECOND = 1_000_000_000
EPOCH = 1_700_000_000 * SECOND


def period(number: int) -> Period:
    return Period(f"p{number}", number, number + 1)


def record(first: float, last: float, *, ahead: float = 0.0, **given: Any) -> PeriodRecord:
    """Return the record of a period that ran at these seconds, on a clock that is ahead."""

    def at(second: float) -> int:
        return EPOCH + round(second * SECOND)

    known: dict[str, Any] = {
        "queued": at(first - 0.1),
        "attempts": 1,
        "started": at(first + ahead),
        "finished": at(last + ahead),
        "received": at(last + 0.1),
        "read": at(last + 0.2),
        "node": "one (abc)",
        "worker": 7,
        "rows": 10,
        "bytes": 100,
        "threads": 2,
    }
    return PeriodRecord(**known | given)


def recording(*records: PeriodRecord, total: int | None = None, **given: Any) -> Recording:
    made = Recording()
    made.began, made.planned, made.ended = EPOCH - SECOND, EPOCH - SECOND // 2, EPOCH + 20 * SECOND
    made.total = len(records) if total is None else total
    made.slots = 4
    for number, each in enumerate(records):
        each.task = each.task or number + 1
        made.records[period(number)] = each
    for name, value in given.items():
        setattr(made, name, value)
    return made


def report(rows: int, counts: list[int] | None = None, **given: Any) -> Report:
    said: dict[str, Any] = {
        "periods": 1,
        "last": True,
        "rows": rows,
        "bytes": rows * 8,
        "seconds": 1.0,
        "started": EPOCH,
        "finished": EPOCH + SECOND,
        "node": "one",
        "worker": 1,
        "files": 3,
        "counts": counts,
        "threads": 2,
        "repeats": 0,
        "wrote": None,
        "part": None,
    }
    made: Any = said | given
    return cast("Report", made)


class Clock:
    """What a recording takes for the time of day."""

    def __init__(self) -> None:
        self.now = EPOCH

    def time_ns(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


def simulated(  # noqa: PLR0913  (what a run is made of)
    monkeypatch: pytest.MonkeyPatch,
    seconds: Sequence[float],
    *,
    workers: int = 4,
    overhead: float = 0.005,
    reading: float = 0.0,
    room: int | None = None,
    planning: float = 0.05,
) -> Recording:
    """Return the recording of a run, in which a driver submits, listens and reads by turns.

    Rows are read in the order of the periods.

    Args:
        monkeypatch: for the clock.
        seconds: how long each period takes.
        workers: how many periods run at once.
        overhead: how long a period is on its way to a worker.
        reading: how long the query above works on the rows of a period.
        room: how many periods may run or wait to be read.
        planning: how long it takes until the first period is submitted.
    """
    clock = Clock()
    monkeypatch.setattr(_recording, "time", clock)
    made = Recording()
    clock.pass_by(planning)
    made.starts(len(seconds), workers, sends=True)
    with made.guarded():
        for _ in _steps(made, clock, seconds, workers, overhead, room):
            with made.reading():
                clock.pass_by(reading)
    return made


def _steps(
    made: Recording,
    clock: Clock,
    seconds: Sequence[float],
    workers: int,
    overhead: float,
    room: int | None,
) -> Iterator[None]:
    """Yield when it is the turn of a period that is there."""
    waiting = list(range(len(seconds)))
    running: dict[int, tuple[int, int]] = {}  # by worker: when it ends, and the period
    unread: set[int] = set()
    for turn in range(len(seconds)):
        while True:
            idle = [worker for worker in range(workers) if worker not in running]
            while waiting and idle and not (unread and _fill(room, running, unread)):
                number = waiting.pop(0)
                made.submitted([period(number)], 0)
                end = clock.now + round((overhead + seconds[number]) * SECOND)
                running[idle.pop()] = (end, number)
            if waiting and idle:
                made.held_back()
            if turn in unread:
                break
            clock.now = max(clock.now, min(running.values())[0])
            unread |= set(_ended(made, clock, seconds, running))
        yield
        unread |= set(_ended(made, clock, seconds, running))
        made.read([period(turn)])
        unread.remove(turn)


def _fill(room: int | None, running: Sized, unread: Sized) -> bool:
    return room is not None and len(unread) + len(running) >= room


def _ended(
    made: Recording, clock: Clock, seconds: Sequence[float], running: dict[int, tuple[int, int]]
) -> Iterator[int]:
    """Tell the recording of the periods that have ended by now, and yield them."""
    for worker, (end, number) in sorted(running.items()):
        if end <= clock.now:
            start = end - round(seconds[number] * SECOND)
            said = report(100, started=start, finished=end, worker=worker)
            made.arrived([period(number)], said)
            del running[worker]
            yield number
