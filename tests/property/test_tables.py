"""Tables whose files are chosen by their log answer like their rows in memory."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests import lake
from tests.property.test_pruning import EXAMPLES, column, predicate
from tests.shipping import selected, shipped

# Types that each kind of table has.
BOTH = ["Int32", "Int64", "f32", "f64", "string", "binary", "bool", "date", "decimal", "us", "utc"]
KINDS = {"delta": [*BOTH, "Int8", "Int16", "wide decimal"], "iceberg": [*BOTH, "wide decimal"]}

TURNS = 6


@pytest.fixture(autouse=True)
def _without_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in lake.without_warnings.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("kind", KINDS)
def test_tables_equal_their_rows(kind: str) -> None:
    rng = random.Random(20240102)
    seen: Counter[str] = Counter()
    for _ in range(max(EXAMPLES // 4, 1)):
        names = rng.sample(sorted(KINDS[kind]), 3)
        with tempfile.TemporaryDirectory() as folder:
            lf = table(rng, Path(folder), kind, names)
            whole = lf.collect()
            for _ in range(TURNS):
                check(lf, whole, predicate(rng, names), seen)
    assert seen["fewer files"] > seen["all files"] / 10
    assert seen["rows"] > 0


def table(rng: random.Random, folder: Path, kind: str, names: list[str]) -> pl.LazyFrame:
    """Write a table of a few commits; some Delta tables have keys, or columns that come later."""
    rows = [rng.choice([1, 2, 7]) for _ in range(rng.choice([1, 2, 5]))]
    commits = [pl.DataFrame([column(rng, n, count) for n in names]) for count in rows]
    numbered = [
        frame.with_columns(file=pl.lit(i), row=pl.int_range(pl.len()))
        for i, frame in enumerate(commits)
    ]
    if kind == "iceberg":
        return pl.scan_iceberg(lake.iceberg(folder, numbered))
    options: dict[str, Any] = {}
    # delta-rs cannot read the keys that it writes for -0.01.
    keys = [n for n in names if n not in ("binary", "f32", "f64", "decimal", "wide decimal")]
    if keys and rng.random() < 0.3:
        options["partition_by"] = [rng.choice(keys)]
    elif rng.random() < 0.3:
        numbered[0] = numbered[0].drop(names[0])
    path = lake.delta(folder, numbered, **options)
    if not options and rng.random() < 0.2:
        lake.delete_rows(path, 0, [0])
    return pl.scan_delta(path)


def check(lf: pl.LazyFrame, whole: pl.DataFrame, where: pl.Expr, seen: Counter[str]) -> None:
    try:
        want = whole.filter(where)
    except pl.exceptions.PolarsError:
        return
    with shipped(lf, lf.filter(where)) as (worker, note, _):
        got, chosen = selected(worker.filter(where))
        _, every = selected(worker)
    if isinstance(got, Exception):
        try:  # a cast of the filter that Polars cannot push into a scan
            lf.filter(where).collect()
        except pl.exceptions.PolarsError:
            return
        pytest.fail(f"{where}: {got}")
    if not got.equals(want, null_equal=True):
        # Polars' own skipping of row groups lets `x + 1` wrap around.
        want = lf.filter(where).collect()
    assert_frame_equal(got, want, check_exact=True)
    if "pruned by" in note:
        seen["fewer files" if chosen < every else "all files"] += 1
        seen["rows"] += got.height
