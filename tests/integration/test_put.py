"""Frames in the object store: read where they lie, by id, freed when nobody needs them."""

from __future__ import annotations

import datetime as dt
import gc
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot
from tests.dtypes import SERIES
from tests.integration.cases import QUARTER, assert_same, day, in_period_order, on_ray
from tests.integration.conftest import Submissions

pytestmark = pytest.mark.ray

Step = Callable[[pl.LazyFrame], pl.LazyFrame]
price = pl.col("price")


@pytest.fixture(params=["as it is", "sorted", "in chunks"])
def frame(request: pytest.FixtureRequest, trades: Path) -> pl.DataFrame:
    files = [pl.read_parquet(path) for path in sorted(trades.iterdir())]
    if request.param == "in chunks":
        return pl.concat(files, rechunk=False)
    whole = pl.concat(files)
    return whole.drop_nulls().sort("date") if request.param == "sorted" else whole


@pytest.fixture
def stored(frame: pl.DataFrame) -> pl.LazyFrame:
    return piot.put(frame)


STEPS: dict[str, Step] = {
    "all": lambda lf: lf,
    "columns": lambda lf: lf.select("symbol", "price"),
    "rows": lambda lf: lf.filter(price > 100),
    "dates": lambda lf: lf.filter(day == dt.date(2024, 2, 3)),
    "rows without a date": lambda lf: lf.filter(day.is_null()),
    "first rows": lambda lf: lf.head(7),
    "last rows": lambda lf: lf.tail(7),
    "first rows, filtered": lambda lf: lf.head(60).filter(price > 100).select("row"),
    "filtered, first rows": lambda lf: lf.filter(price > 100).head(9).select("row"),
    "a group_by": lambda lf: lf.group_by("symbol", maintain_order=True).agg(pl.col("row").sum()),
    "length": lambda lf: lf.select(pl.len()),
}


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("name", STEPS)
def test_here_it_is_the_frame(
    frame: pl.DataFrame, stored: pl.LazyFrame, name: str, engine: pl._typing.EngineType
) -> None:
    assert stored.collect_schema() == frame.schema
    assert_same(
        STEPS[name](stored).collect(engine=engine), STEPS[name](frame.lazy()).collect(engine=engine)
    )


def test_distributed_it_is_the_frame(frame: pl.DataFrame, stored: pl.LazyFrame) -> None:
    expected = in_period_order(frame.filter(QUARTER))
    assert_same(on_ray(stored.filter(QUARTER)).collect(), expected)
    assert_same(on_ray(stored).filter(QUARTER).collect(), expected)
    few = on_ray(stored.filter(QUARTER)).filter(price > 100).select("symbol")
    assert_same(few.collect(), expected.filter(price > 100).select("symbol"))


def test_tasks_get_references_and_a_small_plan(trades: Path, submitted: Submissions) -> None:
    whole = pl.concat(pl.read_parquet(path) for path in sorted(trades.iterdir()))
    stored = piot.put(whole)
    joined = stored.filter(QUARTER).join(stored.select("row", "symbol"), on=["row", "symbol"])
    on_ray(joined).collect()
    for task, _, _, _, *items in submitted.arguments:
        (attached,) = task["attached"]
        assert attached[1] == len(items) == 1


def test_beside_files_and_frames(scan: pl.LazyFrame, stored: pl.LazyFrame) -> None:
    sectors = piot.put(pl.DataFrame({"symbol": ["A", "B"], "sector": ["energy", "banks"]}))
    query = scan.filter(QUARTER).join(sectors, on="symbol", how="left")
    plain = pl.DataFrame({"symbol": ["A", "B"], "sector": ["energy", "banks"]}).lazy()
    expected = scan.filter(QUARTER).join(plain, on="symbol", how="left").collect()
    columns = expected.columns
    assert_same(on_ray(query).collect().sort(columns), expected.sort(columns))
    both = pl.concat([stored, stored]).filter(QUARTER)
    assert on_ray(both).collect().height == 2 * stored.filter(QUARTER).collect().height


def test_a_distributed_query_inside_of_another(frame: pl.DataFrame, stored: pl.LazyFrame) -> None:
    inner = on_ray(stored.filter(QUARTER))
    expected = in_period_order(frame.filter(QUARTER, price > 100))
    assert_same(on_ray(inner.filter(price > 100)).collect(), expected)


@pytest.mark.parametrize("empty", [pl.DataFrame(schema={"date": pl.Date, "x": pl.Int8})])
def test_empty_frames(empty: pl.DataFrame) -> None:
    assert_same(piot.put(empty).collect(), empty)
    assert_same(on_ray(piot.put(empty).filter(QUARTER)).collect(), empty)


@pytest.mark.parametrize("name", [n for n in SERIES if "width 0" in n or "without fields" in n])
def test_types_that_polars_alone_knows(name: str) -> None:
    values = SERIES[name].alias("x")
    days = pl.Series("date", [dt.date(2024, m, 29) for m in range(1, 6)])
    frame = pl.DataFrame([days, values.gather([0, *[len(values) - 1] * (len(days) - 1)])])
    assert_same(piot.put(frame).collect(), frame)
    assert_same(on_ray(piot.put(frame).filter(QUARTER)).collect(), frame.filter(QUARTER))


def test_lazy_frames_are_collected(scan: pl.LazyFrame) -> None:
    assert_same(piot.put(scan.head(5)).collect(), scan.head(5).collect())


def test_what_cannot_be_stored() -> None:
    with pytest.raises(TypeError, match="put takes a DataFrame or a LazyFrame, not list"):
        piot.put([1, 2])  # type: ignore[arg-type]  # the wrong type is the point
    with pytest.raises(ValueError, match="'thing': Object"):
        piot.put(pl.DataFrame({"thing": [object()]}))


def test_a_reference_cannot_be_saved(stored: pl.LazyFrame) -> None:
    for save in (pickle.dumps, lambda lf: lf.serialize()):
        with pytest.raises(Exception, match="can only travel inside of a distributed query"):
            save(stored.filter(QUARTER))


@pytest.fixture
def idle() -> Callable[[], float]:
    """Give the bytes in use in the object store, and begin when there are none."""
    import ray as untyped

    ray: Any = untyped

    def used() -> float:
        whole = ray.cluster_resources()["object_store_memory"]
        free = ray.available_resources().get("object_store_memory", 0)
        return float(whole - free)

    gc.collect()
    end = time.monotonic() + 30
    while used() > 1e5 and time.monotonic() < end:
        time.sleep(0.2)
    return used


def test_a_frame_is_kept_while_needed_and_freed_after(idle: Callable[[], float]) -> None:
    days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True).alias("date")
    frame = days.to_frame().join(pl.DataFrame({"x": range(20_000)}), how="cross")
    before = idle()
    query = piot.put(frame).filter(day >= dt.date(2024, 1, 10), day < dt.date(2024, 3, 10))
    lazy = on_ray(query, "daily").select(pl.col("x").sum())
    del query
    gc.collect()
    for _ in range(2):
        assert lazy.collect().item() == 60 * sum(range(20_000))
        assert idle() > before + 1e7
        time.sleep(0.5)
    del lazy
    gc.collect()
    end = time.monotonic() + 60
    while idle() > before + 1e6 and time.monotonic() < end:
        time.sleep(0.2)
    assert idle() <= before + 1e6
