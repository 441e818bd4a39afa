"""Functions of the date against Polars itself, where calendars are awkward.

What `date.f() OP value` keeps of every day, or every half hour, around an awkward date is computed
by Polars. The bound must hold all of it, and, where it claims to be exact, nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal

import polars as pl
import pytest

import polars_io_tools as piot

D, T = dt.date, dt.datetime
DAY = dt.timedelta(days=1)
date = pl.col("date")

# Ends of months and years, leap years and years that only look like one, ISO years, 1970.
DATES = [
    D(1899, 12, 31),
    D(1900, 2, 28),
    D(1969, 12, 29),
    D(1970, 1, 1),
    D(2000, 2, 29),
    D(2023, 1, 31),
    D(2024, 2, 29),
    D(2024, 12, 30),
    D(2100, 2, 28),
]
# The same by the clock, at times of day before and after noon.
TIMES = [
    T.combine(d, dt.time(hour, 30)) for d, hour in zip(DATES, [0, 23, 11, 12] * 3, strict=False)
]
UNITS_OF_TIMES = [*zip(TIMES, ["us", "ms", "ns"] * 3, strict=True)]
# Clocks go forward, back, to another day; in summer.
ZONED = [
    ("Europe/Berlin", T(2024, 3, 31, 3, 30)),
    ("Europe/Berlin", T(2024, 10, 27, 2, 30)),
    ("America/New_York", T(1969, 10, 26, 1, 0)),
    ("Pacific/Apia", T(2011, 12, 31, 0, 0)),
    ("Asia/Kathmandu", T(1986, 1, 1, 0, 15)),
    ("America/St_Johns", T(2006, 10, 29, 0, 0)),
]

TimeUnit = Literal["ms", "us", "ns"]
Function = Callable[[pl.Expr], pl.Expr]


def truncate(every: str) -> Function:
    return lambda e: e.dt.truncate(every)


def offset(by: str) -> Function:
    return lambda e: e.dt.offset_by(by)


OF_DAYS: dict[str, Function] = {
    **{f"truncate {u}": truncate(u) for u in ("1d", "3d", "1w", "2w", "1mo", "5mo", "1q", "1y")},
    **{
        f"offset_by {u}": offset(u)
        for u in ("1d", "-10d", "1w", "1mo", "-1mo", "1q", "-1q", "1y", "-4y", "1mo1d", "-1mo12h")
    },
    "month_start": lambda e: e.dt.month_start(),
    "month_end": lambda e: e.dt.month_end(),
    "year": lambda e: e.dt.year(),
    "iso_year": lambda e: e.dt.iso_year(),
    "epoch": lambda e: e.dt.epoch("d"),
    "date": lambda e: e.dt.date(),
    "sum": lambda e: e + pl.duration(days=3, hours=5),
    "difference": lambda e: (pl.lit(D(2000, 2, 29)) - e).dt.total_days(),
}
OF_TIMES: dict[str, Function] = {
    **{
        f"truncate {u}": truncate(u)
        for u in ("30m", "1h", "6h", "1d", "36h", "1w", "1mo", "1q", "1y")
    },
    **{f"offset_by {u}": offset(u) for u in ("90m", "-1h", "1d", "-1d12h", "1w")},
    "year": lambda e: e.dt.year(),
    "iso_year": lambda e: e.dt.iso_year(),
    "epoch": lambda e: e.dt.epoch("s"),
    "timestamp": lambda e: e.dt.timestamp("ms"),
    "date": lambda e: e.dt.date(),
    "cast": lambda e: e.cast(pl.Date),
    "cast_time_unit": lambda e: e.dt.cast_time_unit("ms"),
    "sum": lambda e: e - pl.duration(hours=5),
    "difference": lambda e: (pl.lit(T(2000, 2, 29, 12)) - e).dt.total_hours(),
}
# Months of a time keep the time of day, so that they are known to within some days.
OF_TIMES_ABOUT: dict[str, Function] = {
    **{f"offset_by {u}": offset(u) for u in ("1mo", "-1mo", "1y", "1mo1d12h")},
    "month_start": lambda e: e.dt.month_start(),
    "month_end": lambda e: e.dt.month_end(),
}
ROUNDS = ("1d", "1w", "1mo", "1q", "1y")
BY_THE_CLOCK: dict[str, Function] = {
    **{f"truncate {u}": truncate(u) for u in ("1h", "1d", "1w", "1mo")},
    **{f"offset_by {u}": offset(u) for u in ("90m", "-2h", "1d", "1w", "1mo", "1d6h")},
    "date": lambda e: e.dt.date(),
    "year": lambda e: e.dt.year(),
    "cast": lambda e: e.cast(pl.Date),
    "without a zone": lambda e: e.dt.replace_time_zone(None),
    "cast away": lambda e: e.cast(pl.Datetime("us")),
    "in another zone": lambda e: e.dt.convert_time_zone("Asia/Tokyo").dt.date(),
    "sum": lambda e: e + pl.duration(hours=25),
}


def parts(
    frame: pl.DataFrame, predicate: pl.Expr, part: int, unit: str
) -> tuple[set[int], set[int]]:
    """Return the parts of time that a filter keeps rows of, and those that its bound has."""
    dates = frame["date"]
    inside = date.is_between(dates.min(), dates.max()) & predicate
    plan = piot.PiotNamespace(frame.lazy().filter(inside)).explain_on_ray(
        date_column="date", time_unit=unit
    )
    kept = frame.filter(predicate)["date"].to_physical().to_list()
    planned = [
        range(p.start // part, -(-p.end // part))
        for p in plan.periods
        if p.start is not None and p.end is not None
    ]
    return {tick // part for tick in kept}, {i for periods in planned for i in periods}


def questions(frame: pl.DataFrame, function: Function) -> list[pl.Expr]:
    """Return comparisons with what the function makes of the middle, and their negations."""
    of = function(date)
    here = frame.slice(frame.height // 2, 1).select(of.alias("value"))["value"]
    value = pl.lit(here[0], dtype=here.dtype)
    return [of >= value, ~(of >= value), of == value, ~(of == value)]


def days_around(d: dt.date) -> pl.DataFrame:
    return pl.DataFrame({"date": pl.date_range(d - 500 * DAY, d + 500 * DAY, eager=True)})


def half_hours_around(t: dt.datetime, unit: TimeUnit, zone: str | None = None) -> pl.DataFrame:
    span = 35 * DAY
    clock = pl.datetime_range(t - span, t + span, dt.timedelta(minutes=30), eager=True)
    ticks = clock.dt.cast_time_unit(unit).to_physical()
    both = pl.concat([ticks, ticks - 1]).sort()
    return both.cast(pl.Datetime(unit, zone)).alias("date").to_frame()


@pytest.mark.parametrize("name", OF_DAYS)
@pytest.mark.parametrize("at", DATES, ids=str)
def test_days(name: str, at: dt.date) -> None:
    frame = days_around(at)
    for predicate in questions(frame, OF_DAYS[name]):
        kept, planned = parts(frame, predicate, 1, "daily")
        assert planned == kept, predicate


HOUR = {"ms": 3600 * 10**3, "us": 3600 * 10**6, "ns": 3600 * 10**9}


def near(kept: set[int], distance: int) -> set[int]:
    return {i + d for i in kept for d in range(-distance, distance + 1)}


@pytest.mark.parametrize("name", OF_TIMES)
@pytest.mark.parametrize(("at", "unit"), UNITS_OF_TIMES, ids=str)
def test_times(name: str, at: dt.datetime, unit: TimeUnit) -> None:
    frame = half_hours_around(at, unit)
    for predicate in questions(frame, OF_TIMES[name]):
        kept, planned = parts(frame, predicate, HOUR[unit], "hourly")
        assert kept <= planned, predicate
        # A literal of nanoseconds is seen to the microsecond: it may be one more unit.
        assert planned == kept or unit == "ns", predicate


@pytest.mark.parametrize("name", OF_TIMES_ABOUT)
@pytest.mark.parametrize("at", TIMES[::2], ids=str)
def test_months_of_times(name: str, at: dt.datetime) -> None:
    frame = half_hours_around(at, "us")
    for predicate in questions(frame, OF_TIMES_ABOUT[name])[:2]:
        kept, planned = parts(frame, predicate, HOUR["us"], "hourly")
        assert kept <= planned <= near(kept, 24 * 31), predicate


@pytest.mark.parametrize("every", ROUNDS)
@pytest.mark.parametrize("at", DATES[::2], ids=str)
def test_rounded_days(every: str, at: dt.date) -> None:
    frame = days_around(at)
    for predicate in questions(frame, lambda e: e.dt.round(every)):
        kept, planned = parts(frame, predicate, 1, "daily")
        assert kept <= planned <= near(kept, 366), predicate


# Polars ends a query that reaches a time which the clock leaves out.
LEFT_OUT = {
    "Pacific/Apia": ("offset_by 1d", "offset_by 1w", "offset_by 1mo", "offset_by 1d6h"),
    "Asia/Kathmandu": (
        *("truncate 1h", "truncate 1d", "truncate 1mo"),
        *("offset_by 1d", "offset_by 1w", "offset_by 1mo", "offset_by 1d6h"),
    ),
}
ZONED_CASES = [
    (name, zone, local)
    for name in BY_THE_CLOCK
    for zone, local in ZONED
    if name not in LEFT_OUT.get(zone, ())
]


@pytest.mark.parametrize(("name", "zone", "local"), ZONED_CASES, ids=str)
def test_zoned_times(name: str, zone: str, local: dt.datetime) -> None:
    instant = pl.select(
        pl.lit(local).dt.replace_time_zone(zone, ambiguous="latest").dt.convert_time_zone("UTC")
    ).item()
    frame = half_hours_around(instant.replace(tzinfo=None), "us", zone)
    # Within a day on either side, and of weeks and months one more.
    days = 3 + 7 * ("1w" in name) + 31 * ("1mo" in name)
    for predicate in questions(frame, BY_THE_CLOCK[name])[:3]:
        kept, planned = parts(frame, predicate, HOUR["us"], "hourly")
        assert kept <= planned <= near(kept, 24 * days), predicate
