"""Shares of `by_quantile`: about equal, ties whole, from a sample of what is large."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools import _quantiles
from polars_io_tools._quantiles import quantile_cuts


def sizes(lf: pl.LazyFrame, column: str, n: int) -> list[int]:
    plan = piot.PiotNamespace(lf).explain_on_ray(piot.by_quantile(column, n))
    parts = [p for p in plan.partitions if isinstance(p, piot.Partition)]
    return [lf.filter(p.predicate).collect().height for p in parts]


SKEWED: dict[str, pl.Series] = {
    "integers": pl.Series([i**3 for i in range(1000)]),
    "floats": pl.Series([1.5**i for i in range(1000)]),
    "strings": pl.Series([f"{i:04}" for i in range(1000)]),
    "times": pl.Series([dt.datetime(2024, 1, 1) + dt.timedelta(seconds=i**2) for i in range(1000)]),
    "zoned": pl.Series(
        [dt.datetime(2024, 3, 30) + dt.timedelta(minutes=7 * i) for i in range(1000)]
    ).dt.replace_time_zone("Europe/Berlin", ambiguous="earliest", non_existent="null"),
}


@pytest.mark.parametrize("name", SKEWED)
def test_shares_are_equal(name: str) -> None:
    values = SKEWED[name].rename("v")
    nulls = values.null_count()
    *shares, last = sizes(values.to_frame().lazy(), "v", 8)
    assert (len(shares), last) == (8, nulls)
    assert max(shares) - min(shares) <= 1
    assert sum(shares) == 1000 - nulls


def test_ties_are_not_split() -> None:
    values = [0] * 700 + list(range(1, 301))
    shares = sizes(pl.LazyFrame({"v": values}), "v", 10)
    assert shares[0] == 700
    assert sum(shares) == 1000
    assert len(shares) == 5  # the cuts of the seven lower tenths begin no share; last are nulls
    assert sizes(pl.LazyFrame({"v": [5] * 9}), "v", 3) == [9, 0]


@pytest.mark.parametrize("values", [[], [None, None], [float("nan")] * 3])
def test_nothing_to_cut(values: list[Any]) -> None:
    lf = pl.LazyFrame({"v": pl.Series(values, dtype=pl.Float64)})
    assert sum(sizes(lf, "v", 4)) == len(values)


def test_filters_before_and_after_count() -> None:
    lf = pl.LazyFrame({"v": range(1000)}).filter(pl.col("v") >= 500)
    plan = piot.PiotNamespace(lf).explain_on_ray(
        piot.by_quantile("v", 4), predicate=pl.col("v") < 600
    )
    assert [p.label for p in plan.partitions] == [
        "[500, 524]",
        "[525, 549]",
        "[550, 574]",
        "[575, 599]",
    ]


def test_many_rows_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_quantiles, "_SAMPLE", 1000)
    seen: list[int] = []
    sample = _quantiles._sample

    def noting(lf: pl.LazyFrame) -> pl.Series:
        values = sample(lf)
        seen.append(values.len())
        return values

    monkeypatch.setattr(_quantiles, "_sample", noting)
    # Rows that repeat with a period that a sample of every second one would fall in with.
    lf = pl.concat([pl.LazyFrame({"v": list(range(1024)) * 20}) for _ in range(8)])
    cuts = quantile_cuts(lf, "v", 4)
    assert 1000 <= seen[0] <= 2000
    for cut, exact in zip(cuts, (256, 512, 768), strict=True):
        assert abs(cut - exact) < 60  # some four standard deviations
