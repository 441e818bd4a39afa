"""Filters and aggregations of a kept result, drawn by a generator with a seed: as plain Polars."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot
from tests.integration.cases import QUARTER, assert_same, day, in_period_order
from tests.integration.test_results import SINGLY, executed

pytestmark = pytest.mark.ray

C = pl.col
Step = Callable[[pl.LazyFrame], pl.LazyFrame]

SEEDS = range(40)

# Of each step, whether the order of its rows is that of the rows below it.
STEPS: dict[str, tuple[Step, bool]] = {
    "rows": (lambda lf: lf, True),
    "columns": (lambda lf: lf.select("row", d="date", r=C("row") * 2), True),
    "window": (lambda lf: lf.with_columns(m=C("row").max().over("symbol")), True),
    "head": (lambda lf: lf.head(7), True),
    "tail": (lambda lf: lf.tail(4).select("symbol", "row"), True),
    "cumulated": (lambda lf: lf.with_columns(c=C("row").cum_sum().over("symbol")), True),
    "index": (lambda lf: lf.with_row_index().filter(C("row") % 3 == 1), True),
    "sum": (lambda lf: lf.group_by("symbol").agg(C("row").sum(), pl.len()), False),
    "months": (lambda lf: lf.group_by(day.dt.month()).agg(C("price").max(), C("row").min()), False),
    "all": (lambda lf: lf.select(C("row").sum(), n=pl.len(), d=day.max(), u=day.n_unique()), False),
    "lists": (lambda lf: lf.group_by("symbol").agg("row"), False),
    "distinct": (lambda lf: lf.select("symbol", day.dt.month().alias("m")).unique(), False),
    "joined": (lambda lf: lf.join(lf.group_by("date").agg(n=pl.len()), on="date"), False),
}

# Steps that are the same whatever the order of rows: those that an engine may cut.
SETS = ["rows", "columns", "window", "sum", "months", "all", "distinct", "joined"]


def drawn(rng: random.Random, depth: int = 2) -> pl.Expr:
    """Return a condition on rows of trades."""
    if depth and rng.random() < 0.6:
        left, right = drawn(rng, depth - 1), drawn(rng, depth - 1)
        return rng.choice([left & right, left | right, ~left])
    low = dt.date(2023, 12, 20) + dt.timedelta(rng.randrange(120))
    high = low + dt.timedelta(rng.randrange(60))
    return rng.choice(
        [
            day.is_between(low, high),
            day >= low,
            day.is_null(),
            day.dt.month() == rng.randrange(1, 5),
            C("stamp") < dt.datetime(high.year, high.month, high.day, 12),
            C("symbol").is_in(rng.sample("ABCD", 2)),
            C("row") > rng.randrange(50),
            C("price") < rng.gauss(100, 10),
        ]
    )


def same_rows(actual: pl.DataFrame, expected: pl.DataFrame) -> None:
    assert actual.schema == expected.schema
    assert sorted(map(repr, actual.rows())) == sorted(map(repr, expected.rows()))


@pytest.fixture(scope="module")
def kept(trades: Path, ray_cluster: None) -> tuple[piot.RayResult, pl.DataFrame]:
    scan = pl.scan_parquet(trades / "*.parquet")
    query = scan.filter(QUARTER | day.is_null()).with_columns(stamp=day.cast(pl.Datetime("us")))
    return executed(query), in_period_order(query.collect())


@pytest.mark.parametrize("seed", SEEDS)
def test_here(kept: tuple[piot.RayResult, pl.DataFrame], seed: int) -> None:
    rng = random.Random(seed)
    result, plain = kept
    condition, later = drawn(rng), C("row") != rng.randrange(60)
    name = rng.choice(sorted(STEPS))
    step, ordered = STEPS[name]
    lazy, expected = (step(lf.filter(condition)) for lf in (result.lazy(), plain.lazy()))
    if name in {"rows", "columns", "window", "head"}:
        lazy, expected = lazy.filter(later), expected.filter(later)
    engine: Any = rng.choice(["in-memory", "streaming"])
    check = assert_same if ordered else same_rows
    check(lazy.collect(engine=engine), expected.collect())


@pytest.mark.parametrize("seed", SEEDS[:12])
def test_split_again(kept: tuple[piot.RayResult, pl.DataFrame], seed: int) -> None:
    rng = random.Random(seed)
    result, plain = kept
    condition = drawn(rng)
    step, _ = STEPS[rng.choice(SETS)]
    lazy, expected = (step(lf.filter(condition)) for lf in (result.lazy(), plain.lazy()))
    same_rows(lazy.collect(engine=SINGLY), expected.collect())
