"""Queries of many shapes are answered as without the call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.io.plugins import register_io_source

import polars_io_tools as piot
from tests.integration.cases import DATES, QUARTER, assert_same, day, in_period_order, on_ray
from tests.integration.conftest import Submissions

pytestmark = pytest.mark.ray

Step = Callable[[pl.DataFrame], pl.DataFrame]
Query = Callable[[pl.LazyFrame], pl.LazyFrame]
price = pl.col("price")
MONTHS = ["piot:2024-01", "piot:2024-02", "piot:2024-03"]

SECTORS = pl.LazyFrame({"symbol": ["A", "B"], "sector": ["energy", "banks"]})
HOLIDAYS = pl.LazyFrame({"date": [dt.date(2024, 1, 2), dt.date(2024, 2, 14)], "feast": ["x", "y"]})


def _doubled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(price * 2)


# Rows in the order of the query.
ORDERED: dict[str, Query] = {
    "rename": lambda lf: (
        lf.rename({"date": "d", "price": "date"}).select(date="d", price="date").filter(QUARTER)
    ),
    "with_columns": lambda lf: lf.filter(QUARTER).with_columns(up=price > price.mean()),
    "computed date": lambda lf: lf.with_columns(day.dt.offset_by("1d")).filter(QUARTER),
    "sort by date": lambda lf: lf.filter(QUARTER).sort("date", "row"),
    "sort by another column": lambda lf: lf.filter(QUARTER).sort("price"),
    "stable sort": lambda lf: lf.filter(QUARTER).sort("symbol", maintain_order=True),
    "top of a sort": lambda lf: lf.filter(QUARTER).sort("price", maintain_order=True).head(40),
    "head": lambda lf: lf.filter(QUARTER).head(40),
    "row index": lambda lf: lf.filter(QUARTER).with_row_index(),
    "running sum": lambda lf: lf.filter(QUARTER).with_columns(price.cum_sum()),
    "running sum in a partition": lambda lf: lf.filter(QUARTER).with_columns(
        price.cum_sum().over("symbol")
    ),
    "unique on all": lambda lf: lf.filter(QUARTER).unique(maintain_order=True),
    "unique on a subset": lambda lf: lf.filter(QUARTER).unique(
        "symbol", keep="last", maintain_order=True
    ),
    "ordered join": lambda lf: lf.filter(QUARTER).join(
        SECTORS, on="symbol", how="left", maintain_order="left_right"
    ),
    "join on the date": lambda lf: HOLIDAYS.filter(QUARTER).join(
        lf, on="date", maintain_order="left_right"
    ),
    "semi join": lambda lf: lf.join(HOLIDAYS.filter(QUARTER), on="date", how="semi"),
    "as-of join": lambda lf: (
        lf.filter(QUARTER).sort("date", "row").join_asof(HOLIDAYS.set_sorted("date"), on="date")
    ),
    "ordered group_by": lambda lf: (
        lf.filter(QUARTER)
        .group_by("date", "symbol", maintain_order=True)
        .agg(price.max(), pl.col("row").sum(), pl.len())
    ),
    "dynamic group_by": lambda lf: (
        lf.filter(QUARTER)
        .sort("date", "row")
        .group_by_dynamic("date", every="1w")
        .agg(price.max(), pl.col("row").sum())
        .filter(QUARTER)
    ),
    "rolling": lambda lf: (
        lf.filter(QUARTER)
        .sort("date", "row")
        .rolling("date", period="8d")
        .agg(price.max())
        .filter(QUARTER)
    ),
    "concat": lambda lf: pl.concat(
        [lf.filter(QUARTER), lf.filter(day == pl.date(2024, 1, 1)), HOLIDAYS.filter(QUARTER)],
        how="diagonal",
    ),
    "explode": lambda lf: (
        lf.filter(QUARTER).with_columns(pl.concat_list("row", "row")).explode("row")
    ),
    "unpivot": lambda lf: lf.filter(QUARTER).unpivot(["row"], index="date").filter(QUARTER),
    "cache": lambda lf: lf.filter(QUARTER).cache(),
    "map_batches": lambda lf: lf.map_batches(lambda f: f.with_columns(price * 2)).filter(QUARTER),
    "function of a module": lambda lf: lf.map_batches(_local(_doubled)).filter(QUARTER),
    "map_elements": lambda lf: lf.filter(QUARTER).with_columns(
        price.map_elements(lambda price: hash(price) % 1000, return_dtype=pl.Int64)
    ),
}

# Rows in any order.
UNORDERED: dict[str, Query] = {
    "join": lambda lf: lf.filter(QUARTER).join(SECTORS, on="symbol"),
    "full join": lambda lf: lf.filter(QUARTER).join(
        HOLIDAYS.filter(QUARTER), on="date", how="full", coalesce=True
    ),
    "group_by": lambda lf: lf.filter(QUARTER).group_by("date", "symbol").agg(price.max()),
    "unique": lambda lf: lf.filter(QUARTER).select("date", "symbol").unique(),
    "unique with the date": lambda lf: (
        lf.filter(QUARTER).select("date", "symbol").unique(["date", "symbol"])
    ),
    "union": lambda lf: pl.union([lf.filter(QUARTER), lf.filter(day == pl.date(2024, 1, 1))]),
}


def _local(function: Step) -> Step:
    """Return a function that travels by value: workers do not have the module of the tests."""
    function.__module__ = "__main__"
    return function


@pytest.mark.parametrize("time_unit", ["daily", "monthly"])
@pytest.mark.parametrize("name", ORDERED)
def test_rows_in_period_order(scan: pl.LazyFrame, name: str, time_unit: str) -> None:
    query = ORDERED[name](scan)
    expected = in_period_order(query.collect(), time_unit)
    assert expected.height > 1
    assert_same(on_ray(query, time_unit).collect(), expected)


@pytest.mark.parametrize("name", UNORDERED)
def test_same_rows(scan: pl.LazyFrame, name: str) -> None:
    query = UNORDERED[name](scan)
    result, expected = on_ray(query).collect(), query.collect()
    assert_same(result.sort(result.columns), expected.sort(expected.columns))
    months = result["date"].dt.truncate("1mo")
    assert months.is_sorted()


@pytest.mark.parametrize("pushed", [True, False])
def test_io_sources(pushed: bool, submitted: Submissions) -> None:
    rows = pl.DataFrame({"date": DATES, "row": range(len(DATES))})

    def read(
        columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        frame = rows if limit is None else rows.head(limit)
        frame = frame if predicate is None else frame.filter(predicate)
        yield frame if columns is None else frame.select(columns)

    source = register_io_source(read, schema=rows.schema)
    lazy = on_ray(source).filter(QUARTER) if pushed else on_ray(source.filter(QUARTER))
    assert_same(lazy.select("row").head(30).collect(), rows.filter(QUARTER).select("row").head(30))
    assert submitted.names == MONTHS


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_a_distributed_query_in_a_distributed_query(
    scan: pl.LazyFrame, submitted: Submissions, engine: pl._typing.EngineType
) -> None:
    inner = on_ray(scan.filter(QUARTER), "daily")
    outer = on_ray(inner.filter(price > 100))
    expected = in_period_order(scan.filter(QUARTER, price > 100).collect())
    assert_same(outer.head(20).collect(engine=engine), expected.head(20))
    assert_same(outer.collect(engine=engine), expected)
    assert set(submitted.names) == set(MONTHS)  # the inner one runs in the tasks of the outer


def test_three_levels_and_a_join_of_two(scan: pl.LazyFrame, submitted: Submissions) -> None:
    inner = on_ray(on_ray(scan.filter(QUARTER), "yearly"))
    other = on_ray(scan.filter(QUARTER), "daily").select("row", "date", twin="price")
    query = inner.join(other, on=["row", "date"], maintain_order="left_right")
    expected = in_period_order(scan.filter(QUARTER).with_columns(twin="price").collect())
    assert_same(on_ray(query).collect(), expected)
    assert submitted.names == MONTHS


def test_a_query_made_inside_a_task(scan: pl.LazyFrame) -> None:
    wanted = scan.filter(QUARTER)

    def nested(frame: pl.DataFrame) -> pl.DataFrame:
        from polars_io_tools import PiotNamespace

        days = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2025, 1, 1))
        inner = PiotNamespace(frame.lazy().filter(days))
        return inner.execute_on_ray(date_column="date", time_unit="daily").collect()

    result = on_ray(wanted.map_batches(nested).filter(QUARTER), "yearly").collect()
    assert_same(result, in_period_order(wanted.collect(), "yearly"))


def test_partitions_of_folders(tmp_path: Path, submitted: Submissions) -> None:
    frame = pl.DataFrame({"date": DATES, "row": range(len(DATES))})
    for (date,), part in frame.group_by("date"):
        folder = tmp_path / f"date={date}"
        folder.mkdir()
        part.drop("date").write_parquet(folder / "0.parquet")
    lf = pl.scan_parquet(tmp_path, hive_partitioning=True).filter(QUARTER)
    assert_same(on_ray(lf).collect(), in_period_order(lf.collect()))
    assert submitted.names == MONTHS


def test_other_formats(tmp_path: Path) -> None:
    frame = pl.DataFrame({"date": DATES, "row": range(len(DATES))})
    frame.write_ipc(tmp_path / "a.ipc")
    frame.write_csv(tmp_path / "a.csv")
    frame.write_ndjson(tmp_path / "a.ndjson")
    for lf in (
        pl.scan_ipc(tmp_path / "a.ipc"),
        pl.scan_csv(tmp_path / "a.csv", try_parse_dates=True),
        pl.scan_ndjson(tmp_path / "a.ndjson", schema_overrides={"date": pl.Date}),
        frame.lazy(),
    ):
        assert_same(on_ray(lf.filter(QUARTER)).collect(), frame.filter(QUARTER))


def test_what_cannot_be_split_is_refused_when_it_is_collected(
    scan: pl.LazyFrame, submitted: Submissions
) -> None:
    lazy = on_ray(scan.filter(QUARTER).unique("symbol"))
    with pytest.raises(piot.UnsplittablePlanError, match=r'unique\("symbol"\) cannot be split'):
        lazy.collect()
    with pytest.raises(piot.UnboundedPredicateError, match='"date" has no lower and no upper'):
        on_ray(scan).collect()
    with pytest.raises(piot.TooManyPeriodsError, match="91 daily periods"):
        on_ray(scan.filter(QUARTER), "daily", max_periods=90).collect()
    assert submitted.names == []


def test_an_error_of_polars_stays_one(scan: pl.LazyFrame, tmp_path: Path) -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        on_ray(scan.filter(QUARTER)).select("nothing").collect()
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        on_ray(scan.filter(QUARTER).select("nothing"))
    with pytest.raises(FileNotFoundError):
        on_ray(pl.scan_parquet(tmp_path / "none.parquet"))
