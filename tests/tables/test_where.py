"""Filters of tables: those of single rows are kept, others mean other rows in each shard."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot

x, y, s, ts = pl.col("x"), pl.col("y"), pl.col("s"), pl.col("ts")

ROWS = pl.DataFrame(
    {
        "x": [*range(40)],
        "y": [i % 7 if i % 5 else None for i in range(40)],
        "s": [f"{i % 3},{i}" for i in range(40)],
        "ts": [dt.datetime(2020, 1, 1) + dt.timedelta(days=i) for i in range(40)],
    }
)


@pytest.fixture
def t(uri: str) -> piot.Table:
    """Files that overlap, so that shards share them."""
    t = piot.create_table(uri, ROWS.schema, key="x")
    for i in range(3):
        with t.txn() as txn:
            txn.write(ROWS.gather_every(3, i))
    return t


def _is_odd(value: int) -> bool:
    return math.fmod(value, 2) == 1


OF_ROWS = {
    "compared": x > 3,
    "two": (x > 3) & (y + x < 30) | y.is_null(),
    "listed": x.is_in([1, 2, 30]),
    "listed as a Series": x.is_in(pl.Series([1, 2, 30])),
    "filled": y.fill_null(0) == 0,
    "chosen": pl.when(y > 3).then(x > 20).otherwise(x < 20),
    "a function": y.map_elements(_is_odd, return_dtype=pl.Boolean),
    "a function of batches, said to be of rows": x.map_batches(
        lambda v: v % 2 == 1, return_dtype=pl.Boolean, is_elementwise=True
    ),
    "parts": s.str.split(",").list.eval(pl.element().cast(pl.Int64) > 20).list.any(),
    "times": (ts.dt.truncate("1mo") > dt.datetime(2020, 1, 15)) & (ts.dt.weekday() < 6),
    "in a given format": s.str.to_date("%d,%j", strict=False).is_null(),
    "across columns": pl.any_horizontal(x > 30, y > 5),
    "whole": pl.struct("x", "y") == pl.struct(x, pl.col("y")),
    "all": pl.lit(True),
    "none": pl.lit(False),
}

OF_MORE = {
    "sum": y.sum() > 3,
    "beside one of rows": (x > 3) & (y.sum() > 3),
    "mean": y > y.mean(),
    "before": x.shift(1) > 3,
    "difference": y.diff() > 0,
    "so far": y.cum_sum() > 30,
    "window": x > x.mean().over("y"),
    "rolling": y.rolling_mean(3) > 3,
    "rank": y.rank() > 3,
    "first": y.is_first_distinct(),
    "duplicated": y.is_duplicated(),
    "count": x < pl.len() - 3,
    "row numbers": pl.int_range(pl.len()) > 3,
    "filled from before": y.forward_fill() > 3,
    "filled with the mean": y.fill_null(strategy="mean") > 3,
    "sorted": x.sort(descending=True) > 3,
    "reversed": x.reverse() > 3,
    "shuffled": x.shuffle() > 3,
    "in all": x.is_in(y.implode()),
    "another row": x > x.get(0),
    "fewer rows": x.filter(x > 3) > 3,
    "more rows": pl.concat_list("x", "y").explode() > 3,
    "any": (x > 3).any(),
    "a quantile": x > x.quantile(0.5),
    "a format that is guessed": s.str.to_date(strict=False).is_null(),
    "a function of batches": x.map_batches(lambda v: v > v.mean(), return_dtype=pl.Boolean),
    "inside a function": y.sum().map_elements(_is_odd, return_dtype=pl.Boolean),
}


@pytest.mark.parametrize("name", OF_ROWS)
def test_filters_of_single_rows_mean_the_same_in_shards(t: piot.Table, name: str) -> None:
    where = OF_ROWS[name]
    scan = t.scan(where=where)
    want = ROWS.filter(where)
    for shards in (scan.shards(), scan.compute_shards(n=4)):
        parts = pl.concat([scan.to_polars(shard=shard) for shard in shards])
        assert_frame_equal(parts, want, check_row_order=False)


@pytest.mark.parametrize("name", OF_MORE)
def test_filters_of_more_than_a_row_are_refused(t: piot.Table, name: str) -> None:
    with pytest.raises(piot.TableError, match=r"is not of single rows.*scan\.lazy\(\)\.filter"):
        t.scan(where=OF_MORE[name])


def test_refused_filters_can_be_written_after_the_scan(t: piot.Table) -> None:
    where = x > x.mean()
    found = t.scan().lazy().filter(where).collect()
    assert_frame_equal(found, ROWS.filter(where), check_row_order=False)


def test_functions_are_not_called_to_find_out(t: piot.Table, tmp_path: Path) -> None:
    called = tmp_path / "called"

    def note(value: pl.Series) -> pl.Series:
        called.touch()
        return value > 3

    where = x.map_batches(note, return_dtype=pl.Boolean, is_elementwise=True)
    scan = t.scan(where=where)
    assert not called.exists()
    assert scan.to_polars().height == 36
    assert called.exists()


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (pl.struct("x").struct.field("z") > 1, "where, .*, does not fit the table: z"),
        (x + 1, r"where, .*, does not fit the table: .*[Bb]oolean"),
    ],
)
def test_filters_that_do_not_fit_are_refused(t: piot.Table, where: pl.Expr, message: str) -> None:
    with pytest.raises(piot.TableSchemaError, match=message):
        t.scan(where=where)


def test_a_scan_with_a_filter_travels(t: piot.Table) -> None:
    scan = pickle.loads(pickle.dumps(t.scan("x", where=(x > 30) & s.str.ends_with("1"))))
    assert scan.to_polars()["x"].to_list() == [31]
