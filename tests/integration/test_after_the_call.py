"""What is written after the call works on rows in period order, as on any LazyFrame."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from polars_io_tools import _transport
from polars_io_tools.ray import _executor
from tests.integration.cases import QUARTER, assert_same, day, in_period_order, on_ray
from tests.integration.conftest import Submissions

pytestmark = pytest.mark.ray

Step = Callable[[pl.LazyFrame], pl.LazyFrame]
price = pl.col("price")
SECTORS = pl.LazyFrame({"symbol": ["A", "B"], "sector": ["energy", "banks"]})

STEPS: dict[str, Step] = {
    "select": lambda lf: lf.select("price"),
    "select in another order": lambda lf: lf.select("row", "date"),
    "select computed": lambda lf: lf.select(double=price * 2),
    "drop the date": lambda lf: lf.drop("date"),
    "length": lambda lf: lf.select(pl.len()),
    "length of a filter": lambda lf: lf.filter(price > 100).select(pl.len()),
    "a literal only": lambda lf: lf.select(pl.lit(1).alias("one")),
    "head": lambda lf: lf.head(5),
    "head past the first period": lambda lf: lf.head(60),
    "head of none": lambda lf: lf.head(0),
    "head of more than all": lambda lf: lf.head(10_000),
    "slice": lambda lf: lf.slice(40, 20),
    "tail": lambda lf: lf.tail(5),
    "head, then filter": lambda lf: lf.head(60).filter(price > 100),
    "head, then filter by date": lambda lf: lf.head(60).filter(day > pl.date(2024, 2, 3)),
    "head, filter, select": lambda lf: lf.head(60).filter(price > 100).select("symbol"),
    "filter, then head": lambda lf: lf.filter(price > 100).head(30),
    "filter by date, then head": lambda lf: lf.filter(day > pl.date(2024, 2, 3)).head(30),
    "filter, head, filter": lambda lf: lf.filter(price > 90).head(50).filter(price < 110),
    "filter on a column not selected": lambda lf: lf.filter(price > 100).select("symbol"),
    "filter on an aggregate": lambda lf: lf.filter(price > price.mean()),
    "filter with a Python function": lambda lf: lf.filter(
        price.map_elements(lambda price: hash(price) % 2 == 0, return_dtype=pl.Boolean)
    ),
    "row index": lambda lf: lf.with_row_index(),
    "running sum": lambda lf: lf.with_columns(price.cum_sum()),
    "sort, then head": lambda lf: lf.sort("row", "date", descending=True).head(10),
    "group_by": lambda lf: lf.group_by("symbol").agg(pl.col("row").sum(), pl.len()).sort("symbol"),
    "group_by, in order": lambda lf: lf.group_by("symbol", maintain_order=True).agg(
        price.first(), pl.col("row").max()
    ),
    "join": lambda lf: lf.join(SECTORS, on="symbol", maintain_order="left_right"),
    "join as the right side": lambda lf: SECTORS.join(lf, on="symbol", maintain_order="left_right"),
    "join with itself": lambda lf: lf.join(
        lf.select("row", "date", other="price"), on=["row", "date"], maintain_order="left_right"
    ),
    "concat with itself": lambda lf: pl.concat([lf, lf.filter(price > 100)]),
    "unique": lambda lf: lf.unique("symbol", keep="first", maintain_order=True),
}


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("name", STEPS)
def test_same_as_on_plain_rows_in_period_order(
    scan: pl.LazyFrame, name: str, engine: pl._typing.EngineType
) -> None:
    plain = in_period_order(scan.filter(QUARTER).collect())
    expected = STEPS[name](plain.lazy()).collect(engine="in-memory")
    assert_same(STEPS[name](on_ray(scan.filter(QUARTER))).collect(engine=engine), expected)


def test_only_columns_that_are_needed_come_back(scan: pl.LazyFrame, submitted: Submissions) -> None:
    on_ray(scan.filter(QUARTER)).filter(price > 100).select("symbol").collect()
    tasks = [task for task, *_ in submitted.arguments]
    assert [task["columns"] for task in tasks] == [["symbol", "price"]] * 3


def test_head_before_the_call_is_part_of_the_query(scan: pl.LazyFrame) -> None:
    first = scan.filter(QUARTER).head(50)
    assert_same(on_ray(first).collect(), in_period_order(first.collect()))
    twice = on_ray(first).head(20)
    assert_same(twice.collect(), in_period_order(first.collect()).head(20))
    filtered = scan.head(120).filter(QUARTER)
    assert_same(on_ray(filtered).collect(), in_period_order(filtered.collect()))


def test_a_filter_after_head_does_not_bound_the_periods(scan: pl.LazyFrame) -> None:
    lazy = on_ray(scan.filter(QUARTER)).head(60).filter(day < pl.date(2024, 2, 1))
    expected = in_period_order(scan.filter(QUARTER).collect())
    assert_same(lazy.collect(), expected.head(60).filter(day < pl.date(2024, 2, 1)))


def test_a_task_returns_no_more_rows_than_are_asked_for(
    scan: pl.LazyFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights: list[int] = []

    def noted(parts: Any) -> pl.DataFrame:
        heights.extend(_transport.decode([part]).height for part in parts)
        return _transport.decode(parts)

    monkeypatch.setattr(_executor, "decode", noted)
    assert on_ray(scan.filter(QUARTER)).head(3).collect().height == 3
    assert heights
    assert max(heights) == 3


def test_head_stops_submitting(scan: pl.LazyFrame, submitted: Submissions) -> None:
    lazy = on_ray(scan.filter(QUARTER), "daily", max_concurrency=2)
    plain = in_period_order(scan.filter(QUARTER).collect(), "daily")
    assert_same(lazy.head(3).collect(), plain.head(3))
    assert len(submitted.periods) < 20


def test_batches_in_order(scan: pl.LazyFrame) -> None:
    lazy = on_ray(scan.filter(QUARTER))
    expected = in_period_order(scan.filter(QUARTER).collect())
    batches = list(lazy.collect_batches(chunk_size=10, maintain_order=True))
    assert len(batches) > 3
    assert_same(pl.concat(batches, rechunk=True), expected)


@pytest.mark.parametrize("suffix", ["parquet", "ipc", "csv"])
def test_sinks(scan: pl.LazyFrame, tmp_path: Path, suffix: str) -> None:
    sink = tmp_path / f"sink.{suffix}"
    getattr(on_ray(scan.filter(QUARTER)), f"sink_{suffix}")(sink)
    expected = in_period_order(scan.filter(QUARTER).collect())
    read = {"parquet": pl.read_parquet, "ipc": pl.read_ipc}.get(suffix)
    written = read(sink) if read else pl.read_csv(sink, schema=expected.schema)
    assert_same(written, expected)


def test_two_queries_at_once(scan: pl.LazyFrame) -> None:
    first = on_ray(scan.filter(QUARTER))
    second = on_ray(scan.filter(QUARTER), "daily").filter(price > 100)
    plain = scan.filter(QUARTER).collect()
    one, two = pl.collect_all([first, second])
    assert_same(one, in_period_order(plain))
    assert_same(two, in_period_order(plain.filter(price > 100), "daily"))


def test_collect_async(scan: pl.LazyFrame) -> None:
    lazy = on_ray(scan.filter(QUARTER))

    async def both() -> list[pl.DataFrame]:
        return list(await asyncio.gather(lazy.collect_async(), lazy.collect_async()))

    expected = in_period_order(scan.filter(QUARTER).collect())
    for result in asyncio.run(both()):
        assert_same(result, expected)


def test_in_the_background(scan: pl.LazyFrame) -> None:
    query = on_ray(scan.filter(QUARTER)).collect(background=True)
    assert_same(query.fetch_blocking(), in_period_order(scan.filter(QUARTER).collect()))


@pytest.mark.parametrize("max_concurrency", [1, 2, None])
@pytest.mark.parametrize("ordered", [True, False])
def test_windows(scan: pl.LazyFrame, max_concurrency: int | None, ordered: bool) -> None:
    lazy = on_ray(
        scan.filter(QUARTER),
        "daily",
        max_concurrency=max_concurrency,
        preserve_partition_order=ordered,
    )
    expected = in_period_order(scan.filter(QUARTER).collect(), "daily")
    result = lazy.collect()
    if not ordered:
        result, expected = (frame.sort(frame.columns) for frame in (result, expected))
    assert_same(result, expected)


def test_without_order_a_row_limit_still_takes_rows_of_the_query(scan: pl.LazyFrame) -> None:
    lazy = on_ray(scan.filter(QUARTER), "daily", preserve_partition_order=False)
    plain = scan.filter(QUARTER).collect()
    some = lazy.head(30).collect()
    assert some.height == 30
    assert some.join(plain, on=plain.columns, how="semi").height == 30
    assert some.n_unique() == 30


def test_a_slow_first_period_still_comes_first(tmp_path: Path) -> None:
    done = str(tmp_path / "second is done")

    def slow(frame: pl.DataFrame) -> pl.DataFrame:
        import time

        if frame["date"].dt.month().to_list() == [1]:
            while not Path(done).exists():
                time.sleep(0.01)
        else:
            Path(done).touch()
        return frame

    days = pl.LazyFrame({"date": [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]})
    query = days.filter(QUARTER).map_batches(slow, streamable=True).filter(QUARTER)
    assert_same(on_ray(query).collect(), days.collect())
