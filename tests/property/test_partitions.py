"""Partitions that follow from bounds hold every row once; of others the plan tells the truth."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import polars_io_tools as piot
from polars_io_tools._partitions import membership
from polars_io_tools._source import IoSource
from polars_io_tools._split import check_split
from tests.property.frames import TYPES
from tests.property.process_runner import ProcessRunner
from tests.property.queries import queries
from tests.property.tally import Tally
from tests.property.values import POOLS, filters, frames, is_numeric

EXAMPLES = int(os.environ.get("PIOT_EXAMPLES", "2000"))
LONG_EXAMPLES = 30_000

TALLY = Tally()

REFUSALS = (
    piot.UnboundedPredicateError,
    piot.TooManyPeriodsError,
    piot.UnsplittablePlanError,
)
INVALID = (pl.exceptions.PolarsError, pl.exceptions.PanicException)

DERIVED = ("value", "range", "quantile")
LISTED = ("values", "groups", "predicates", "key", "grid")


DRAWN = max(300, EXAMPLES * 2 // 5)
RUNS = EXAMPLES // 10


def fast(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def specifications(draw: st.DrawFn, how: str, kinds: list[str]) -> Any:
    """Draw a specification over the columns c0 and c1."""
    dtype, pool = POOLS[kinds[0]]
    values = st.one_of(st.none(), st.sampled_from(pool))

    def groups() -> piot.Partitions:
        cut = draw(st.integers(0, len(pool)))
        return piot.by_value("c0", [pool[:cut], pool[cut:], *draw(st.lists(values, max_size=1))])

    def members() -> piot.Partitions:
        some = st.one_of(values, st.lists(values, min_size=1, max_size=3))
        return piot.by_value("c0", draw(st.lists(some, max_size=5)))

    def keys() -> piot.Partitions:
        drawn = draw(
            st.lists(
                values, max_size=5, unique_by=lambda v: repr(v + 0.0 if isinstance(v, float) else v)
            )
        )
        return piot.by_key(pl.Series("c0", drawn, dtype=dtype), "c0")

    def predicates() -> piot.Partitions:
        drawn: list[pl.Expr] = draw(st.lists(filters("c0", kinds[0]), max_size=4))
        thorough: bool = draw(st.booleans())
        if drawn and thorough:
            drawn = [drawn[0], ~drawn[0], drawn[0].is_null()]
        return [piot.ReadPartition(p) for p in drawn]

    def grid() -> piot.Partitions:
        second = st.one_of(st.none(), st.sampled_from(POOLS[kinds[1]][1]))
        left = draw(st.lists(filters("c0", kinds[0]), min_size=1, max_size=3))
        right = [
            membership(pl.col("c1"), v, POOLS[kinds[1]][0])
            for v in draw(st.lists(second, min_size=1, max_size=3))
        ]
        return [piot.ReadPartition(a & b) for a in left for b in right]

    makers: dict[str, Callable[[], piot.Partitions]] = {
        "value": lambda: piot.by_value("c0"),
        "range": lambda: piot.by_range("c0", draw(st.sampled_from([1, 2, 0.3, 10**29, 50]))),
        "quantile": lambda: piot.by_quantile("c0", draw(st.integers(1, 6))),
        "values": members,
        "groups": groups,
        "key": keys,
        "grid": grid,
        "predicates": predicates,
    }
    return makers[how]()


def counted(frame: pl.DataFrame, predicates: list[pl.Expr]) -> pl.Series:
    """Return for each row in how many partitions it is."""
    rows = frame.with_row_index("row")
    inside = [rows.lazy().filter(e).select("row") for e in predicates]
    found = pl.concat([rows.lazy().select("row"), *inside]).collect()
    return found.group_by("row").len().sort("row")["len"] - 1


def draw_partitions(data: st.DataObject, folder: Path, tally: Tally) -> None:
    """Check the partitions of one query against its rows."""
    how = data.draw(st.sampled_from([*DERIVED, *LISTED]))
    able = [k for k in POOLS if how != "range" or is_numeric(k)]
    kinds = [data.draw(st.sampled_from(able)), data.draw(st.sampled_from(sorted(POOLS)))]
    frame = data.draw(frames(kinds))
    lf = frame.lazy()
    if data.draw(st.booleans()):
        lf = files_of(frame, folder)
    for _ in range(data.draw(st.integers(0, 2))):
        lf = lf.filter(data.draw(filters("c0", kinds[0])))
    spec = data.draw(specifications(how, kinds))
    try:
        rows = lf.collect()
        plan = piot.PiotNamespace(lf).explain_on_ray(spec, max_periods=300)
        parts = plan.partitions
    except REFUSALS:
        tally.add(f"refused {how}")
        if how in LISTED:
            raise
        return
    except INVALID:
        tally.add("invalid")
        return
    tally.add(how)
    counts = counted(rows, [p.predicate for p in parts if isinstance(p, piot.Partition)])
    if how in LISTED:
        check_listed(rows, counts, plan, listed(lf, spec), tally)
        return
    assert (plan.overlap.answer, plan.gap.answer) == ("none", "none")
    assert counts.eq(1).all(), (rows, str(plan), plan.to_polars().rows())


def listed(lf: pl.LazyFrame, spec: Any) -> list[pl.Expr]:
    """Return the predicates of all partitions that a specification lists."""
    split = check_split(lf, spec, date_column=None, time_unit=None, max_periods=300)
    assert split.listing is not None
    return [p.predicate for p in split.listing(None) or ()]


def check_listed(
    rows: pl.DataFrame, counts: pl.Series, plan: piot.RayPlan, every: list[pl.Expr], tally: Tally
) -> None:
    tally.add(f"overlap {plan.overlap.answer}")
    tally.add(f"gap {plan.gap.answer}")
    assert counts.equals(counted(rows, every)), "a partition that was left out had rows"
    if plan.overlap.answer == "none":
        assert counts.le(1).all(), (rows, str(plan))
    if plan.gap.answer == "none":
        assert counts.ge(1).all(), (rows, str(plan))


def files_of(frame: pl.DataFrame, folder: Path) -> pl.LazyFrame:
    """Return a scan of the frame in three files, sorted so that they differ."""
    by_first = frame.sort("c0") if frame.schema["c0"] != pl.Categorical else frame
    third = -(-by_first.height // 3)
    for i in range(3):
        by_first.slice(i * third, third).write_parquet(folder / f"{i}.parquet", row_group_size=4)
    return pl.scan_parquet(folder / "*.parquet")


@fast(DRAWN)
@given(data=st.data())
def test_partitions_hold_every_row_once(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    draw_partitions(data, tmp_path_factory.getbasetemp(), TALLY)


@pytest.mark.long
def test_partitions_long(tmp_path: Path) -> None:
    @settings(fast(LONG_EXAMPLES), derandomize=False)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        draw_partitions(data, tmp_path, TALLY)

    check()


def test_most_examples_were_checked() -> None:
    """Of every kind of split enough were not refused, and every verdict came up."""
    for how in (*DERIVED, *LISTED):
        assert TALLY[how] > DRAWN / 60, TALLY.counts
    for verdict in ("none", "found", "unknown"):
        assert TALLY[f"overlap {verdict}"] > DRAWN / 300, TALLY.counts
        assert TALLY[f"gap {verdict}"] > DRAWN / 300, TALLY.counts


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


SPLITS: dict[str, Any] = {
    "by value": piot.by_value("x"),
    "by values": piot.by_value("k", ["a", ["b", "c"], None]),
    "by more values": piot.by_value("k", ["a", "b", "c", "A", "B", "C", None]),
    "by range": piot.by_range("n", 7),
    "by quantile": piot.by_quantile("n", 3),
    "by quantile of texts": piot.by_quantile("k", 2),
    "by time": piot.by_time("date", "2w"),
    "by key": piot.by_key(range(3), by=pl.col("n") % 3),
    "listed": [piot.ReadPartition(pl.col("x") > 1), piot.ReadPartition(pl.col("x") <= 1)],
    "two columns": [
        piot.ReadPartition((pl.col("x") > 1) & (pl.col("k") == "a")),
        piot.ReadPartition((pl.col("x") > 1) & (pl.col("k") != "a")),
    ],
}


@fast(RUNS)
@given(data=st.data())
def test_split_equals_plain(data: st.DataObject, runner: ProcessRunner) -> None:
    """Whole plans, run in another process: the rows of the partitions are those of plain Polars."""
    dtype = data.draw(st.sampled_from(TYPES))
    query = data.draw(queries(dtype, pl.DataFrame.lazy))
    lf = query.lf.filter(pl.col("n").is_between(0, 40))
    if data.draw(st.booleans()):
        lf = lf.filter(pl.col("x").is_in([1, 2, 3]))
    name = data.draw(st.sampled_from(sorted(SPLITS)))
    try:
        plain = lf.collect()
    except INVALID:
        return
    split = check_split(lf, SPLITS[name], date_column=None, time_unit=None, max_periods=100)
    try:
        result = IoSource(lf, split, runner, "arrow").lazy("test", None).collect()
    except REFUSALS as error:
        TALLY.add(f"run refused, {type(error).__name__}")
        return
    TALLY.add("runs")
    assert result.schema == plain.schema
    if not query.settled:
        return
    expected = plain
    if split.listing is not None:
        expected = pl.concat([plain.filter(p) for p in listed(lf, SPLITS[name])])
    assert sorted(map(repr, result.rows())) == sorted(map(repr, expected.rows())), name


def test_most_runs_were_compared() -> None:
    assert TALLY["runs"] > RUNS / 4, TALLY.counts
