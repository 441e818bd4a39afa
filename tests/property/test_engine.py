"""The engine's promise: whatever a query does above its dated rows, the answer is plain Polars'.

The plans of the property suite get a step on top that crosses periods, drops the date or sets an
order; they are cut, what is below runs by the worker's own function in another process, and what is
above by Polars here.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polars_io_tools import TooManyPeriodsError, UnboundedPredicateError, UnsplittablePlanError
from polars_io_tools._cut import Branch, Cut, cut
from polars_io_tools._source import IoSource, Role
from polars_io_tools._split import Split, check_split
from tests.property.checks import UNITS, rows
from tests.property.frames import SOURCES, TYPES
from tests.property.predicates import windows
from tests.property.process_runner import ProcessRunner
from tests.property.queries import KEPT, queries

# A plan that is cut is planned several times.
EXAMPLES = int(os.environ.get("PIOT_EXAMPLES", "2000")) // 10

FAST = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

C = pl.col
Step = Callable[[pl.LazyFrame], pl.LazyFrame]

NAMES = pl.LazyFrame({"k": ["a", "b", None], "name": ["A", "B", "none"]})

# Steps whose rows follow from the rows below them, whatever their order.
SETS: dict[str, Step] = {
    "nothing": lambda lf: lf,
    "select": lambda lf: lf.select("x", "k"),
    "len": lambda lf: lf.select(pl.len()),
    "aggregates": lambda lf: lf.select(C("x").sum(), C("n").min(), last=C("date").max()),
    "mean": lambda lf: lf.select(C("x").mean(), C("x").n_unique().alias("u"), C("k").count()),
    "group_by": lambda lf: lf.group_by("k").agg(C("x").sum(), pl.len(), C("n").max()),
    "steps, group_by": lambda lf: (
        lf.select("k", "x", d="date", y=C("n") * 2)
        .with_columns(z=C("y") + C("x"))
        .filter(C("z") > 3)
        .group_by("k", C("x").is_null().alias("none"))
        .agg(
            C("z").sum(),
            C("y").cast(pl.Int8).sum(),
            C("d").max(),
            pl.len(),
            C("d").count().alias("c"),
        )
    ),
    "decimals": lambda lf: lf.group_by("k").agg(
        C("n").cast(pl.Decimal(10, 2)).sum(), m=C("x").cast(pl.Decimal(5, 1)).min()
    ),
    "wrapping": lambda lf: lf.group_by("k").agg(
        (C("n").cast(pl.Int32) + 2**31 - 30).sum(),
        b=(C("x") == 1).sum(),
        u=C("x").cast(pl.UInt8).sum(),
    ),
    "all rows": lambda lf: lf.select(
        C("n").sum(),
        C("x").min(),
        C("k").max(),
        C("k").count().alias("c"),
        l=pl.len(),
        d=C("date").min(),
    ),
    "filtered aggregates": lambda lf: lf.group_by("k").agg(
        C("x").filter(C("n") > 5).sum(), m=C("n").filter(C("x") == 2).max()
    ),
    "constants": lambda lf: lf.select(pl.lit(2).sum(), C("x").sum()),
    "floats": lambda lf: lf.group_by("k").agg(C("x").cast(pl.Float64).max()),
    "two levels": lambda lf: (
        lf.group_by("k", "x").agg(C("n").sum()).group_by("x").agg(C("n").max())
    ),
    "group_by, filter": lambda lf: lf.group_by("k").agg(C("x").sum()).filter(C("k") != "a"),
    "group_by date": lambda lf: lf.group_by("date", "k").agg(C("x").sum()),
    "group_by made": lambda lf: lf.group_by(C("x") % 2).agg(C("n").median()),
    "group_by in order": lambda lf: lf.group_by("k", maintain_order=True).agg(C("x").min()),
    "group_by month": lambda lf: lf.group_by(C("date").dt.truncate("1mo")).agg(C("x").max()),
    "no date, group_by": lambda lf: lf.select("k", "x").group_by("k").agg(C("x").count()),
    "unique": lambda lf: lf.select("k", "x").unique(),
    "unique keys": lambda lf: lf.unique("k").select("k"),
    "window": lambda lf: lf.with_columns(t=C("x").sum().over("k")),
    "window, filter": lambda lf: lf.with_columns(t=pl.len().over("k")).filter(C("t") > 1),
    "window of a date": lambda lf: lf.with_columns(t=C("n").rank().over("date")),
    "join": lambda lf: lf.join(NAMES, on="k", how="left", nulls_equal=True),
    "join, group_by": lambda lf: lf.join(NAMES, on="k").group_by("name").agg(C("x").sum()),
    "join itself": lambda lf: lf.join(lf.select("n").unique(), on="n"),
    "join aggregate": lambda lf: lf.join(lf.group_by("k").agg(m=C("x").max()), on="k"),
    "concat": lambda lf: pl.concat([lf.select("k", "x"), lf.select("k", C("x") + 1)]),
    "pivot": lambda lf: lf.pivot(
        "k", on_columns=["a", "b"], values="x", index="n", aggregate_function="sum"
    ),
    "sort": lambda lf: lf.sort("x"),
    "unpivot": lambda lf: lf.unpivot(["x", "n"], index="k"),
    "sql": lambda lf: pl.SQLContext(t=lf).execute("SELECT k, SUM(x) AS s FROM t GROUP BY k"),
    "map_batches": lambda lf: lf.select(C("x").map_batches(lambda s: s * 2)),
}

# Steps after which the order is known as well.
SORTED: dict[str, Step] = {
    "sort": lambda lf: lf.select(KEPT).sort(KEPT),
    "sort, head": lambda lf: lf.select(KEPT).sort(KEPT).head(5),
    "sort, row index": lambda lf: lf.select(KEPT).sort(KEPT).with_row_index().filter(C("x") == 2),
    "sort, group_by": lambda lf: (
        lf.select(KEPT).sort(KEPT).group_by("k", maintain_order=True).agg(C("n").first())
    ),
    "sort by two": lambda lf: lf.sort("n", "date", "x", "k").select("n", "x"),
    "group_by, sort": lambda lf: lf.group_by("k").agg(C("x").sum()).sort("k"),
    "group_by, sort, tail": lambda lf: lf.group_by("k").agg(C("x").sum()).sort("k").tail(2),
    "sort, cumulate": lambda lf: lf.sort(KEPT).select(C("x").cum_sum(), "n"),
}

# Steps that show the order of the rows below them.
PLACED: dict[str, Step] = {
    "head": lambda lf: lf.head(7),
    "slice": lambda lf: lf.slice(3, 5).select("k", "n"),
    "row index": lambda lf: lf.with_row_index("i").filter(C("x") == 2),
    "cumulate": lambda lf: lf.with_columns(c=C("x").cum_sum()),
    "cumulate by date": lambda lf: lf.with_columns(c=C("x").cum_sum().over("date")),
    "first": lambda lf: lf.group_by("k").agg(C("n").first()),
    "first by date": lambda lf: lf.group_by("date").agg(C("n").first()),
    "window, cumulate by date": lambda lf: lf.with_columns(
        t=pl.len().over("k"), c=C("x").cum_sum().over("date")
    ),
    "window, head": lambda lf: lf.with_columns(t=pl.len().over("k")).head(4),
    "first kept": lambda lf: lf.unique("k", keep="first", maintain_order=True),
    "stable sort, head": lambda lf: lf.sort("x", maintain_order=True).head(4),
    "ordered group_by, head": lambda lf: lf.group_by("k", maintain_order=True).len().head(2),
}

TALLY: Counter[str] = Counter()


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


def cut_up(lf: pl.LazyFrame, unit: str, runner: ProcessRunner) -> Cut:
    def split_of(query: pl.LazyFrame) -> Split:
        return check_split(query, None, date_column="date", time_unit=unit, max_periods=5_000)

    def source_of(branch: Branch) -> pl.LazyFrame:
        role: Role = "branch" if branch.alone else "one of several branches"
        source = IoSource(branch.query, branch.split, runner, "arrow", role, branch.steps)
        return source.lazy("test", None)

    return cut(lf, split_of, source_of)


@FAST
@given(data=st.data())
def test_engine_equals_plain(data: st.DataObject, runner: ProcessRunner) -> None:
    dtype = data.draw(st.sampled_from(TYPES))
    source = data.draw(st.sampled_from(["memory", "memory", "memory", *SOURCES]))
    query = data.draw(queries(dtype, SOURCES[source]))
    unit = data.draw(st.sampled_from(UNITS))
    window = data.draw(windows(dtype))
    kind = data.draw(st.sampled_from(["sets", "sorted", "placed"]))
    steps = {"sets": SETS, "sorted": SORTED, "placed": PLACED}[kind]
    name = data.draw(st.sampled_from(sorted(steps)))
    lf = steps[name](query.lf.filter(window))
    settled = query.settled and (kind != "placed" or query.ordered)
    try:
        expected = lf.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        TALLY["invalid"] += 1
        return
    try:
        found = cut_up(lf, unit, runner)
        result = found.lazy.collect()
    except (UnsplittablePlanError, TooManyPeriodsError, UnboundedPredicateError) as error:
        TALLY[f"{kind}: {type(error).__name__}"] += 1
        return
    TALLY[f"{kind}: {'whole' if found.whole else 'cut'}"] += 1
    TALLY["branches"] += len(found.branches)
    TALLY["aggregated in parts"] += found.branches[0].steps is not None
    assert result.schema == expected.schema, name
    if settled and kind == "sorted":
        assert result.rows() == expected.rows(), name
    elif settled:
        assert rows(result) == rows(expected), name


def test_most_examples_were_cut() -> None:
    """An engine that refuses everything, or runs all as it is, would prove nothing."""
    cuts, aggregated = TALLY["sets: cut"] + TALLY["sorted: cut"], TALLY["aggregated in parts"]
    all_ = TALLY.total() - TALLY["branches"] - aggregated
    assert aggregated > all_ * 0.05, TALLY
    assert all_ >= EXAMPLES, "run this test together with the others of the file"
    assert cuts > all_ * 0.3, TALLY
    if all_ >= 100:  # fewer say nothing of what is rare
        assert TALLY["sets: UnsplittablePlanError"] < all_ * 0.1, TALLY
        assert TALLY["placed: UnsplittablePlanError"] > 0, TALLY
