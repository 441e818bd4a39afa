"""One example of the property suite, drawn and checked, for runs of any length.

Two properties: a split query gives the answer of plain Polars, and the periods of a predicate hold
every date for which it is true. Both count into a `Tally`; what breaks them raises.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from hypothesis import strategies as st

from polars_io_tools import (
    TooManyPeriodsError,
    UnboundedPredicateError,
    UnsplittablePlanError,
)
from polars_io_tools._period import Period
from polars_io_tools._planner import plan_split
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from polars_io_tools._transport import ReturnAs
from tests.property.frames import SOURCES, TYPES, dense_frame
from tests.property.predicates import predicates, windows
from tests.property.process_runner import ProcessRunner
from tests.property.queries import Query, queries
from tests.property.tally import Tally

__all__ = ["AFTER", "UNITS", "check", "draw_plan", "draw_predicate"]

TRUNCATION = {
    "daily": "1d",
    "weekly": "1w",
    "monthly": "1mo",
    "quarterly": "1q",
    "yearly": "1y",
    "2w": "2w",
    "10d": "10d",
    "2mo": "2mo",
}
UNITS = tuple(TRUNCATION)

C = pl.col

AFTER: dict[str, tuple[bool, Callable[[pl.LazyFrame], pl.LazyFrame]]] = {
    # Whether the step needs to know the order of rows, and the step.
    "nothing": (False, lambda lf: lf),
    "select": (False, lambda lf: lf.select("x", "k")),
    "len": (False, lambda lf: lf.select(pl.len())),
    "head": (True, lambda lf: lf.head(7)),
    "head, filter": (True, lambda lf: lf.head(9).filter(C("x") > 1)),
    "filter, head": (True, lambda lf: lf.filter(C("x") > 1).head(3)),
    "head, select": (True, lambda lf: lf.head(6).select("n")),
    "tail": (True, lambda lf: lf.tail(4)),
    "slice": (True, lambda lf: lf.slice(3, 5).select("date", "n")),
    "group_by": (False, lambda lf: lf.group_by("k").agg(C("x").sum(), pl.len())),
    "join": (False, lambda lf: lf.join(lf.select("n").unique(), on="n")),
    "with_columns": (True, lambda lf: lf.with_columns(c=C("x").cum_sum())),
    "row_index": (True, lambda lf: lf.with_row_index("i").filter(C("x") == 2)),
}


def rows(df: pl.DataFrame) -> list[str]:
    """Return the rows as a sorted list of texts, which compares as a multiset."""
    return sorted(map(repr, df.rows()))


def in_period_order(df: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Return the rows of a plain answer in the order that a split promises.

    Where local time runs back, a period begins where the truncated value reaches a new maximum.
    """
    local = df["date"].cast(pl.Datetime("us")) if df["date"].dtype == pl.Date else df["date"]
    begin = pl.DataFrame({"at": local, "i": range(df.height)}).with_columns(
        begin=C("at").dt.replace_time_zone(None).dt.truncate(TRUNCATION[unit])
    )
    reached = begin.sort("at", nulls_last=False).with_columns(C("begin").cum_max()).sort("i")
    return (
        df.with_columns(reached["begin"].alias("_begin"))
        .sort("_begin", nulls_last=True, maintain_order=True)
        .drop("_begin")
    )


def draw_plan(data: st.DataObject, runner: ProcessRunner, tally: Tally) -> None:
    """Check one plan with what is written after the call."""
    dtype = data.draw(st.sampled_from(TYPES))
    source = data.draw(st.sampled_from(["memory", "memory", "memory", *SOURCES]))
    query = data.draw(queries(dtype, SOURCES[source]))
    unit = data.draw(st.sampled_from(UNITS))
    window, extra = data.draw(windows(dtype)), data.draw(predicates(dtype))
    place = data.draw(st.sampled_from(["before", "after", "both", "none"]))
    name = data.draw(st.sampled_from(sorted(AFTER)))
    if place in ("before", "both"):
        query = query.then(lambda lf: lf.filter(window), bounded=True)
    pushed = {"after": [window], "both": [extra]}.get(place, [])
    # Polars pushes what may fail, such as a cast, down to the call, but not past another filter.
    bounded = query.bounded or (place == "after" and name != "filter, head")
    check(query, unit, (pushed, name), runner, tally, bounded=bounded)


def split(
    query: pl.LazyFrame, unit: str, runner: ProcessRunner, return_as: ReturnAs
) -> pl.LazyFrame:
    dtype = query.collect_schema()["date"]
    return IoSource(query, Split("calendar", "date", dtype, 5_000, unit), runner, return_as).lazy(
        "test", None
    )


def check(
    query: Query,
    unit: str,
    after: tuple[list[pl.Expr], str],
    runner: ProcessRunner,
    tally: Tally,
    *,
    bounded: bool = False,
) -> None:
    """Compare a split query with the plain one, with filters and a step after the call."""
    pushed, name = after
    needs_order, step = AFTER[name]
    try:
        plain = query.lf.collect()
        expected = step(in_period_order(plain, unit).lazy().filter(*pushed)).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        tally.add("invalid")
        return
    runner.labels, runner.heights = [], []
    lazy = step(split(query.lf, unit, runner, "arrow").filter(*pushed))
    try:
        result = lazy.collect()
    except UnsplittablePlanError:
        tally.add("unsplittable")
        return
    except TooManyPeriodsError:
        tally.add("too many")
        return
    except UnboundedPredicateError:
        tally.add("unbounded by mistake" if bounded else "unbounded")
        assert not bounded, "a filter of a listed form bounds the query"
        return
    if needs_order and not query.ordered:
        query = Query(query.lf, settled=False)
    ordered = query.ordered and name not in ("group_by", "join")
    try:
        _compare(query, result, expected, ordered=ordered)
    except AssertionError:
        tally.add("unsound")
        raise
    tally.add("schema" if not query.settled else "order" if ordered else "rows")
    tally.add("tasks", len(runner.heights))
    tally.add("tasks without rows", runner.heights.count(0))


def _compare(query: Query, result: pl.DataFrame, expected: pl.DataFrame, *, ordered: bool) -> None:
    assert result.schema == expected.schema
    if not query.settled:
        return
    if ordered:
        assert result.rows() == expected.rows(), (result, expected)
    else:
        assert rows(result) == rows(expected), (result, expected)


def draw_predicate(data: st.DataObject, tally: Tally) -> None:
    """Check where a predicate holds against the periods that it gives.

    Every form holds for a row by itself here, so a period in which it holds for no row of a dense
    frame is a needless one.
    """
    dtype = data.draw(st.sampled_from(TYPES))
    window, other = data.draw(windows(dtype)), data.draw(predicates(dtype))
    bounded = data.draw(st.booleans())
    predicate = (window & other) if bounded else other
    unit = data.draw(st.sampled_from(UNITS))
    try:
        true = _dense(dtype).filter(predicate)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        tally.add("invalid predicate")
        return
    tally.add("predicates")
    # Windows and other aggregates may be anything, so nothing is missed and no period needless.
    listed = not any(name in str(predicate) for name in (".over(", ".filter("))
    plan = plan_split(
        _dense(dtype).lazy().filter(predicate), None, Split("calendar", "date", dtype, 5_000, unit)
    )
    try:
        periods = plan.periods
    except UnboundedPredicateError:
        tally.add("unbounded by mistake" if bounded else "unbounded predicate")
        assert not bounded, f"{predicate} bounds the date"
        tally.add("missed", listed and _all_near(true["date"], _dense(dtype)["date"]))
        return
    except (TooManyPeriodsError, UnsplittablePlanError):
        tally.add("refused predicate")
        return
    counts = [_rows_in(true["date"], p) for p in periods]
    if sum(counts) != true.height:
        tally.add("rows lost")
    assert sum(counts) == true.height, (predicate, periods)
    if listed:
        tally.add("periods", len(counts))
        tally.add("needless", counts.count(0))


def _all_near(dates: pl.Series, dense: pl.Series) -> bool:
    """Report whether no date is one of the far away ones."""
    at, all_ = dates.drop_nulls().to_physical(), dense.to_physical()
    return not at.is_in([all_.min(), all_.max()]).any()


def _rows_in(dates: pl.Series, period: Period) -> int:
    if period.start is None or period.end is None:
        return dates.null_count()
    at = dates.to_physical()
    return int(((at >= period.start) & (at < period.end)).sum())


_frames: dict[pl.DataType, pl.DataFrame] = {}


def _dense(dtype: pl.DataType) -> pl.DataFrame:
    if dtype not in _frames:
        _frames[dtype] = dense_frame(dtype)
    return _frames[dtype]
