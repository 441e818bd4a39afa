"""The promise of the project: the answer of a split query is that of plain Polars.

Random frames, plans and predicates are split, shipped and run by the worker's own function in
another process, and compared with `lf.collect()`. A mismatch found here belongs into the golden
files of `gocore/bounds` or `gocore/splittable` before it is fixed.

The fast run repeats the same examples every time; the long one (`./build.sh test --long`) looks
for new ones.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from polars_io_tools import (
    TooManyPeriodsError,
    UnboundedPredicateError,
    UnsplittablePlanError,
)
from polars_io_tools._plan import Split
from polars_io_tools._source import IoSource
from polars_io_tools._transport import ReturnAs
from tests.property.process_runner import ProcessRunner
from tests.property.queries import TYPES, Query, predicates, queries, windows

# CI asks for fewer on the oldest Polars.
EXAMPLES = int(os.environ.get("PIOT_EXAMPLES", "2000"))
LONG_EXAMPLES = 100_000
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

# What became of the examples, over the whole run.
outcomes: Counter[str] = Counter()


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


def rows(df: pl.DataFrame) -> list[str]:
    """Return the rows as a sorted list of texts, which compares as a multiset."""
    return sorted(map(repr, df.rows()))


def in_period_order(df: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Return the rows of a plain answer in the order that a split promises."""
    key = C("date").cast(pl.Datetime("us")).dt.truncate(TRUNCATION[unit])
    return df.sort(key, nulls_last=True, maintain_order=True)


def split(
    query: pl.LazyFrame, unit: str, runner: ProcessRunner, return_as: ReturnAs
) -> pl.LazyFrame:
    dtype = query.collect_schema()["date"]
    return IoSource(query, Split("date", dtype, unit, 5_000), runner, return_as).lazy("test", None)


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


FAST = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(FAST, max_examples=LONG_EXAMPLES, derandomize=False)


@FAST
@given(data=st.data())
def test_split_equals_plain(data: st.DataObject, runner: ProcessRunner) -> None:
    draw_and_check(data, runner)


@pytest.mark.long
@LONG
@given(data=st.data())
def test_split_equals_plain_long(data: st.DataObject, runner: ProcessRunner) -> None:
    draw_and_check(data, runner)


def draw_and_check(data: st.DataObject, runner: ProcessRunner) -> None:
    dtype = data.draw(st.sampled_from(TYPES))
    query = data.draw(queries(dtype, pl.DataFrame.lazy))
    unit = data.draw(st.sampled_from(UNITS))
    window, extra = data.draw(windows()), data.draw(predicates())
    place = data.draw(st.sampled_from(["before", "after", "both", "none"]))
    name = data.draw(st.sampled_from(sorted(AFTER)))
    if place in ("before", "both"):
        query = query.then(lambda lf: lf.filter(window))
    pushed = {"after": [window], "both": [extra]}.get(place, [])
    check(query, unit, pushed, name, runner)


def check(
    query: Query,
    unit: str,
    pushed: list[pl.Expr],
    name: str,
    runner: ProcessRunner,
) -> None:
    needs_order, step = AFTER[name]
    try:
        plain = query.lf.collect()
        expected = step(in_period_order(plain, unit).lazy().filter(*pushed)).collect()
    except pl.exceptions.PolarsError:
        outcomes["invalid"] += 1
        return
    lazy = step(split(query.lf, unit, runner, "arrow").filter(*pushed))
    try:
        result = lazy.collect()
    except (UnboundedPredicateError, TooManyPeriodsError, UnsplittablePlanError) as error:
        event(type(error).__name__)
        outcomes[type(error).__name__] += 1
        return
    event("compared")
    assert result.schema == expected.schema
    if not query.settled or (needs_order and not query.ordered):
        outcomes["schema"] += 1
    elif query.ordered and name not in ("group_by", "join"):
        outcomes["order"] += 1
        assert result.rows() == expected.rows(), (result, expected)
    else:
        outcomes["rows"] += 1
        assert rows(result) == rows(expected), (result, expected)


def test_most_examples_were_compared() -> None:
    """A generator that only makes plans to refuse would prove nothing."""
    total = sum(outcomes.values())
    assert total >= EXAMPLES, "run this test together with the others of the file"
    assert outcomes["order"] + outcomes["rows"] > total * 0.35, outcomes
    assert outcomes["UnsplittablePlanError"] > total * 0.02, outcomes


@settings(FAST, max_examples=EXAMPLES // 20)
@given(data=st.data())
def test_split_of_files_equals_plain(
    data: st.DataObject, runner: ProcessRunner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same over Parquet files, named by a relative glob, in every format of results."""
    folder = tmp_path_factory.mktemp("files")

    def scan(df: pl.DataFrame) -> pl.LazyFrame:
        third = df.height // 3
        for i, part in enumerate((df.head(third), df.slice(third, third), df.slice(2 * third))):
            part.write_parquet(folder / f"{i}.parquet")
        return pl.scan_parquet("*.parquet")

    here = Path.cwd()
    os.chdir(folder)
    try:
        query = data.draw(queries(data.draw(st.sampled_from(TYPES)), scan))
        window = data.draw(windows())
        name = data.draw(st.sampled_from(sorted(AFTER)))
        unit = data.draw(st.sampled_from(UNITS))
        check(query.then(lambda lf: lf.filter(window)), unit, [], name, runner)
    finally:
        os.chdir(here)
