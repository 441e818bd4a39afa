"""Periods to the tick: every unit of time, before 1970, far years, the limits, literals, nulls.

Each row of the table has a column type, a filter, and the values that the filter is true for at
the edges. No such value may be lost, and at most one period may be empty.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

from polars_io_tools import (
    PiotNamespace,
    RayPlan,
    TooManyPeriodsError,
    UnboundedPredicateError,
)
from polars_io_tools._period import NULL_LABEL, Period, filter_of

C = pl.col("date")
LEAST, GREATEST = -(2**63), 2**63 - 1

PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}
MS, US, NS = pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns")
BERLIN = pl.Datetime("us", "Europe/Berlin")


def ticks(dtype: pl.DataType, text: str, plus: int = 0) -> int:
    """Return the physical value of a time in UTC, such as "2024-02-29 23:59:59.5"."""
    moment = dt.datetime.fromisoformat(text)
    since = moment - dt.datetime(1970, 1, 1)
    if not isinstance(dtype, pl.Datetime):
        return since.days + plus
    return since // dt.timedelta(microseconds=1) * PER_SECOND[dtype.time_unit] // 10**6 + plus


@dataclass(frozen=True)
class Edges:
    """A filter, and what lies at its edges.

    Attributes:
        dtype: the type of the column.
        predicate: the filter.
        inside: physical values that the filter is true for, the outermost and the null included.
        outside: the values next to them, which it is false for.
        unit: how to split.
        periods: how many periods there are.
    """

    dtype: Any
    predicate: pl.Expr
    inside: tuple[int | None, ...]
    outside: tuple[int | None, ...]
    unit: str = "yearly"
    periods: int = 1


def at(dtype: Any, physical: int | None) -> pl.Expr:
    """Return a constant of the column's own type, to the tick."""
    return pl.lit(physical, dtype=pl.Int64).cast(dtype)


def whole_day(dtype: Any, day: str, after: str, **more: Any) -> Edges:
    """Return a filter from one midnight up to another one, given as Python datetimes."""
    first, last = ticks(dtype, day), ticks(dtype, after)
    low, high = dt.datetime.fromisoformat(day), dt.datetime.fromisoformat(after)
    predicate = (low <= C) & (high > C)
    return Edges(dtype, predicate, (first, last - 1), (first - 1, last), **more)


def literal(dtype: Any, comparison: str, inside: int, outside: int) -> Edges:
    """Return a comparison with a microsecond, bounded on the other side by a day."""
    moment, day = dt.datetime(2024, 2, 29, 12, 0, 0, 7), dt.datetime(2024, 2, 29)
    low, high = day <= C, day + dt.timedelta(days=1) > C
    predicates: dict[str, pl.Expr] = {
        "<": low & (moment > C),
        "<=": low & (moment >= C),
        ">": high & (moment < C),
        ">=": high & (moment <= C),
        "==": C.eq(moment),
    }
    value = ticks(dtype, "2024-02-29 12:00:00.000007")
    return Edges(dtype, predicates[comparison], (value + inside,), (value + outside,))


EDGES: dict[str, Edges] = {
    # A day in every unit of time.
    **{
        f"a day in {t}": whole_day(t, "2024-02-29", "2024-03-01", unit="daily")
        for t in (pl.Date(), MS, US)
    },
    # Before 1970, physical values are negative, and rounding goes the other way.
    **{
        f"before 1970 in {t}": whole_day(t, "1969-12-31", "1970-01-01", unit="monthly")
        for t in (pl.Date(), MS, US)
    },
    **{
        f"over 1970 in {t}": whole_day(t, "1969-12-31", "1970-01-02", unit="daily", periods=2)
        for t in (pl.Date(), MS, US)
    },
    # A constant of nanoseconds is known to the microsecond, so that there may be one more period.
    "a day in ns": whole_day(NS, "2024-02-29", "2024-03-01", unit="daily", periods=2),
    "before 1970 in ns": whole_day(NS, "1969-12-31", "1970-01-01", unit="monthly", periods=2),
    "over 1970 in ns": whole_day(NS, "1969-12-31", "1970-01-02", unit="daily", periods=3),
    "before 1900": whole_day(NS, "1899-12-31", "1900-01-02", unit="yearly", periods=2),
    "an hour before 1970": Edges(
        US,
        C.is_between(dt.datetime(1969, 12, 31, 22), dt.datetime(1969, 12, 31, 23), closed="left"),
        (ticks(US, "1969-12-31 22:00"), ticks(US, "1969-12-31 23:00", -1)),
        (ticks(US, "1969-12-31 22:00", -1), ticks(US, "1969-12-31 23:00")),
        unit="hourly",
    ),
    # The first and last days that Python has, and years that it has not.
    **{
        f"year 1 in {t}": whole_day(t, "0001-01-01", "0001-01-02", unit="daily")
        for t in (pl.Date(), MS, US)
    },
    **{
        f"year 9999 in {t}": whole_day(t, "9999-12-30", "9999-12-31", unit="weekly")
        for t in (pl.Date(), MS, US)
    },
    "year -50000": Edges(
        US,
        C.dt.timestamp("us").is_between(-(10**18), -(10**18) + 10**12),
        (-(10**18), -(10**18) + 10**12),
        (-(10**18) - 1, -(10**18) + 10**12 + 1),
        unit="monthly",
    ),
    "day 10 million": Edges(
        pl.Date(),
        C.cast(pl.Int32).is_between(10**7, 10**7 + 3),
        (10**7, 10**7 + 3),
        (10**7 - 1, 10**7 + 4),
        unit="daily",
        periods=4,
    ),
    # Bounds at the limits of the type, where the value after the last does not exist.
    **{
        f"nearly the greatest {t}": Edges(
            t,
            C.cast(pl.Int64).is_between(GREATEST - 5, GREATEST - 1),
            (GREATEST - 5, GREATEST - 1),
            (GREATEST - 6, GREATEST),
        )
        for t in (MS, US, NS)
    },
    **{
        f"nearly the least {t}": Edges(
            t,
            C.cast(pl.Int64).is_between(LEAST + 1, LEAST + 5),
            (LEAST + 1, LEAST + 5),
            (LEAST, LEAST + 6),
        )
        for t in (MS, US, NS)
    },
    "nearly the greatest Date": Edges(
        pl.Date(),
        C.cast(pl.Int32).is_between(2**31 - 3, 2**31 - 2),
        (2**31 - 3, 2**31 - 2),
        (2**31 - 4, 2**31 - 1),
    ),
    "nearly the least Date": Edges(
        pl.Date(),
        C.cast(pl.Int32).is_between(-(2**31) + 1, -(2**31) + 2),
        (-(2**31) + 1, -(2**31) + 2),
        (-(2**31), -(2**31) + 3),
    ),
    # Constants of nanoseconds lose up to 999 of them on the way: wider, never narrower.
    "ns of the column's own type": Edges(
        NS,
        C.is_between(at(NS, 1_700_000_000_123_456_789), at(NS, 1_700_000_000_123_456_791)),
        (1_700_000_000_123_456_789, 1_700_000_000_123_456_791),
        (1_700_000_000_123_456_788, 1_700_000_000_123_456_792),
    ),
    "one nanosecond": Edges(
        NS, at(NS, 1_700_000_000_123_456_789) == C, (1_700_000_000_123_456_789,), (0,)
    ),
    "ns up to the last of a day": Edges(
        NS,
        (dt.datetime(2024, 2, 29) <= C) & (at(NS, ticks(NS, "2024-03-01", -1)) >= C),
        (ticks(NS, "2024-02-29"), ticks(NS, "2024-03-01", -1)),
        (ticks(NS, "2024-02-29", -1), ticks(NS, "2024-03-01")),
        unit="daily",
    ),
    **{
        f"microseconds {op} nanoseconds": literal(NS, op, inside, outside)
        for op, inside, outside in (
            ("<", -1, 1_000_000),
            ("<=", 0, 1_000_000),
            (">", 1_000_000, -1),
            (">=", 0, -1),
            ("==", 0, 1_000_000),
        )
    },
    **{
        f"microseconds {op} microseconds": literal(US, op, inside, outside)
        for op, inside, outside in (("<", -1, 0), ("<=", 0, 1), (">", 1, 0), (">=", 0, -1))
    },
    # Polars rounds a constant that lies between two milliseconds down.
    **{
        f"microseconds {op} milliseconds": literal(MS, op, inside, outside)
        for op, inside, outside in (("<", -1, 0), ("<=", 0, 1), (">", 1, 0), (">=", 0, -1))
    },
    # Where null dates may remain there is one more task.
    "null or a day": Edges(
        pl.Date(),
        (dt.date(2024, 2, 29) == C) | C.is_null(),
        (19782, None),
        (19781, 19783),
        periods=2,
    ),
    "null alone": Edges(NS, C.is_null(), (None,), (0, LEAST + 1, GREATEST)),
    "null in a list": Edges(
        pl.Date(),
        C.is_in(pl.Series([dt.date(2024, 2, 29), None]).implode(), nulls_equal=True),
        (19782, None),
        (19781, 0),
        periods=2,
    ),
    "null in a list, not equal": Edges(
        pl.Date(),
        C.is_in(pl.Series([dt.date(2024, 2, 29), None]).implode()),
        (19782,),
        (None, 0),
    ),
    "null by remove": Edges(
        US,
        ((dt.datetime(2024, 1, 1) > C) | (dt.datetime(2024, 2, 1) <= C)).ne_missing(
            pl.lit(value=True)
        ),
        (ticks(US, "2024-01-01"), ticks(US, "2024-02-01", -1), None),
        (ticks(US, "2024-01-01", -1), ticks(US, "2024-02-01")),
        periods=2,
    ),
    "null in a zone": Edges(
        BERLIN,
        (C.dt.date() == dt.date(2024, 3, 31)) | C.is_null(),
        (ticks(BERLIN, "2024-03-30 23:00"), ticks(BERLIN, "2024-03-31 22:00", -1), None),
        (ticks(BERLIN, "2024-03-30 23:00", -1), ticks(BERLIN, "2024-03-31 22:00")),
        unit="monthly",
        periods=3,
    ),
}


def frame(dtype: Any, values: tuple[int | None, ...]) -> pl.LazyFrame:
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    return pl.LazyFrame([pl.Series("date", values, dtype=physical).cast(dtype)])


def explain(lf: pl.LazyFrame, unit: Any) -> RayPlan:
    return PiotNamespace(lf).explain_on_ray(date_column="date", time_unit=unit)


def holds(period: Period, value: int | None) -> bool:
    if period.start is None or period.end is None:
        return value is None
    return value is not None and period.start <= value < period.end


@pytest.mark.parametrize("name", EDGES)
def test_no_value_is_lost(name: str) -> None:
    edges = EDGES[name]
    lf = frame(edges.dtype, (*edges.inside, *edges.outside)).filter(edges.predicate)
    kept = lf.select(pl.col("date").to_physical()).collect()["date"].to_list()
    assert kept == list(edges.inside), "the table is wrong about what the filter is true for"
    plan = explain(lf, edges.unit)
    for value in edges.inside:
        assert sum(holds(p, value) for p in plan.periods) == 1, (value, plan)
    parts = [lf.filter(filter_of(p, plan.dtype, "date")).collect() for p in plan.periods]
    rows = [v for part in parts for v in part["date"].to_physical()]
    assert sorted(map(str, rows)) == sorted(map(str, kept))
    assert len(plan.periods) == edges.periods, plan
    nulls = [p.label == NULL_LABEL for p in plan.periods]
    assert nulls == [False] * nulls.index(True) + [True] if None in edges.inside else not any(nulls)


def test_a_literal_of_nanoseconds_costs_at_most_one_empty_period() -> None:
    """The constant is the last nanosecond of February, which is known to the microsecond."""
    last = at(NS, ticks(NS, "2024-03-01", -1))
    lf = frame(NS, (ticks(NS, "2024-02-29"),)).filter((dt.datetime(2024, 2, 1) <= C) & (last > C))
    assert len(explain(lf, "monthly").periods) in (1, 2)
    lf = frame(NS, (0,)).filter(
        at(NS, ticks(NS, "2024-03-01", 1)) > C, dt.datetime(2024, 2, 1) <= C
    )
    assert [p.label for p in explain(lf, "monthly").periods] == ["2024-02", "2024-03"]


# The end of a type bounds nothing: every value is there already.
LIMITS: dict[str, tuple[Any, pl.Expr, str]] = {
    "up to the greatest": (NS, C.cast(pl.Int64).is_between(0, GREATEST), "upper"),
    "from the least": (US, C.cast(pl.Int64).is_between(LEAST, 0), "lower"),
    "a Date up to the greatest": (pl.Date(), C.cast(pl.Int32).is_between(0, 2**31 - 1), "upper"),
    "everything": (MS, C.cast(pl.Int64).is_between(LEAST, GREATEST), "lower and no upper"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_limits_of_a_type_are_no_bounds(name: str) -> None:
    dtype, predicate, sides = LIMITS[name]
    problem = explain(frame(dtype, (0,)).filter(predicate), "yearly").problem
    assert isinstance(problem, UnboundedPredicateError)
    assert f"has no {sides} bound" in str(problem)


def test_nearly_all_values_of_a_type() -> None:
    nearly_all = C.cast(pl.Int64).is_between(LEAST + 1, GREATEST - 1)
    lf = frame(NS, (0,)).filter(nearly_all)
    assert len(explain(lf, "yearly").periods) == 2262 - 1677 + 1
    with pytest.raises(TooManyPeriodsError):
        explain(lf, "daily").to_polars()
