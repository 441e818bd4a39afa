"""The rows of the table: what each asks, what its answer looks like, and the goal for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

__all__ = ["CASES", "Case", "Goal"]

_PER_DAY = {
    "date": pl.Date(),
    "symbol": pl.String(),
    "volume": pl.Int64(),
    "notional": pl.Float64(),
    "trades": pl.Int64(),
}
_PER_BOOK = {"book": pl.Int32(), "volume": pl.Int64(), "notional": pl.Float64()}
_TRADES = {
    "date": pl.Date(),
    "trade": pl.Int64(),
    "symbol": pl.String(),
    "price": pl.Float64(),
    "volume": pl.Int64(),
}
_QUOTES = {
    "date": pl.Date(),
    "trade": pl.Int64(),
    "symbol": pl.String(),
    "venue": pl.String(),
    "price": pl.Float64(),
    "bid": pl.Float64(),
    "volume": pl.Int64(),
}
_PER_HOUR = {"time": pl.Datetime("us"), "load": pl.Int64()}


@dataclass(frozen=True)
class Goal:
    """What this package is to reach in a case; a bound that is None does not count.

    Attributes:
        times_polars: at most so many times plain Polars' time.
        times_faster: at least so many times faster than the published polars-io-tools.
        seconds: at most so long.
        times_rival_cpu: at most so many times the processor time of the suite's main rival.
        extra_mb: at most so many megabytes of memory above those after its imports.
        period_ms: at most so many milliseconds a period, by the clock.
        period_kb: at most so many kilobytes of the driver's memory a period.
    """

    times_polars: float | None = None
    times_faster: float | None = None
    seconds: float | None = None
    times_rival_cpu: float | None = None
    extra_mb: float | None = None
    period_ms: float | None = None
    period_kb: float | None = None


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        name: how options and the contenders' functions call it.
        title: how the table calls it.
        schema: columns and types of the answer; answers are compared as these.
        goal: what this package is to reach.
        cold: each run has a process and a cluster of its own.
        fresh: its runs have a process that has done nothing else but `warm_up`, since what a query
            adds to a process that has grown before cannot be seen.
        warm_up: the case to run first, some times, its own once if empty.
        any_rows: a library without an order of rows may answer with other rows, as many.
        by_column: answers are compared column by column as well: the table says which ones came in
            other types, and which with other values from a library that is known to lose some.
        periods: into how many periods the query is split, where time and memory are per period.
    """

    name: str
    title: str
    schema: Mapping[str, pl.DataType]
    goal: Goal
    cold: bool = False
    fresh: bool = False
    warm_up: str = ""
    any_rows: bool = False
    by_column: bool = False
    periods: int | None = None


def _hourly(count: int) -> Case:
    return Case(
        f"hourly_{count}",
        f"{count:,} hourly periods with tiny results",
        _PER_HOUR,
        Goal(period_ms=3, period_kb=2),
        fresh=True,
        warm_up="hourly_100",
        periods=count,
    )


CASES = {
    case.name: case
    for case in (
        Case(
            "fanout",
            "fan-out: a group-by over each day, one file a day",
            _PER_DAY,
            Goal(times_polars=4, times_faster=15),
        ),
        Case(
            "big",
            "big: all rows of two years by month, 7 columns, two of them strings",
            _QUOTES,
            Goal(times_polars=2),
        ),
        Case(
            "memory",
            "in memory: a frame of the driver by month, then a group-by",
            _PER_BOOK,
            Goal(seconds=45),
        ),
        Case(
            "memory_put",
            "in memory, through `piot.put` (putting included)",
            _PER_BOOK,
            Goal(seconds=1),
        ),
        Case(
            "head",
            "head(1000) of daily periods of files",
            _TRADES,
            Goal(seconds=0.2),
            any_rows=True,
        ),
        Case(
            "cold",
            "cold: the first answer of one period on a fresh cluster",
            _PER_DAY,
            Goal(seconds=2),
            cold=True,
        ),
        _hourly(100),
        _hourly(1_000),
        _hourly(10_000),
    )
}
