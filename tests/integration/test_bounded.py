"""What a run may start, keep and hold: tasks, bytes in the object store, memory of the driver."""

from __future__ import annotations

import datetime as dt
import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import polars as pl
import psutil
import pytest
from polars.io.plugins import register_io_source

from polars_io_tools.ray._held import held_bytes
from tests.integration.cases import day, on_ray
from tests.integration.conftest import Journal, Submissions

pytestmark = pytest.mark.ray

DAYS = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 7, 18), eager=True).alias("date")
SLOTS = 2  # of the cluster of the tests


def slow_days(
    seconds: Callable[[dt.date], float], journal: Path, row_bytes: int = 0, rows: int = 20
) -> pl.LazyFrame:
    """Return 200 days of some rows, of which each notes when it is read and takes its time."""
    schema = pl.Schema({"date": pl.Date(), "x": pl.Binary() if row_bytes else pl.Int64()})

    def read(
        _: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        assert predicate is not None
        (date,) = DAYS.to_frame().filter(predicate)["date"].to_list()
        with journal.open("a") as file:
            file.write(f"{date}\n")
        time.sleep(seconds(date))
        value = b"x" * row_bytes if row_bytes else date.toordinal()
        yield pl.DataFrame({"date": [date] * rows, "x": [value] * rows}, schema=schema)

    return register_io_source(read, schema=schema).filter(day >= DAYS[0], day <= DAYS[-1])


@pytest.mark.parametrize("stop", ["head", "head of a filter"])
def test_head_starts_few_slow_periods(journal: Journal, stop: str) -> None:
    lazy = on_ray(slow_days(lambda _: 0.4, journal.path), "daily", max_concurrency=None)
    if stop == "head":
        rows = lazy.head(10).collect()
    else:
        rows = lazy.with_row_index().filter(pl.col("index") % 2 == 0).head(10).collect()
    assert rows["date"].to_list() == [DAYS[0]] * 10
    time.sleep(1)
    assert 1 <= len(journal.lines()) <= 2 * SLOTS + 4


def used_bytes() -> float:
    import ray as untyped

    ray: Any = untyped
    whole = ray.cluster_resources()["object_store_memory"]
    return float(whole - ray.available_resources().get("object_store_memory", 0))


class Watch:
    """The most of a figure while a block runs."""

    def __init__(self, figure: Callable[[], float]) -> None:
        self._figure = figure
        self._end = threading.Event()
        self.start = figure()
        self.most = self.start

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.05):
            self.most = max(self.most, self._figure())

    @property
    def growth(self) -> float:
        return self.most - self.start


def test_a_slow_first_period_keeps_the_others_in_the_store_and_within_bounds(
    journal: Journal,
) -> None:
    # 200 days of 2 MB; the first takes as long as all the others.
    first = DAYS[0]
    data = slow_days(lambda d: 4.0 if d == first else 0.0, journal.path, 100_000)
    lazy = on_ray(data, "daily", max_concurrency=None, max_unread_bytes=30_000_000)
    process = psutil.Process()
    with Watch(used_bytes) as store, Watch(lambda: process.memory_info().rss) as driver:
        batches = lazy.collect_batches(maintain_order=True)
        head = next(b for b in batches if b.height)
        assert head["date"][0] == first
        in_time = len(journal.lines())
    assert 3 <= in_time <= 25
    assert store.growth <= 60_000_000
    # Ray maps the store into the process, so what was read counts as well.
    assert driver.growth <= 150_000_000
    rows = head.height + sum(b.height for b in batches)
    assert rows == 200 * 20


def test_a_slow_consumer_does_not_make_the_store_spill(journal: Journal) -> None:
    data = slow_days(lambda _: 0.0, journal.path, 250_000).filter(day < dt.date(2024, 3, 1))
    lazy = on_ray(data, "daily", max_concurrency=None)
    with Watch(used_bytes) as store:
        rows = 0
        for batch in lazy.collect_batches(maintain_order=True):
            rows += batch.height
            time.sleep(0.02)
    assert rows == 60 * 20
    # A quarter of 300 MiB may wait; what Polars has taken and not passed on comes on top.
    assert store.growth <= 150 * 2**20


def test_a_result_larger_than_the_store_is_copied_out(tmp_path: Path) -> None:
    frame = DAYS.to_frame().join(pl.select(x=pl.int_range(100_000)), how="cross")
    frame.write_parquet(tmp_path / "days.parquet")
    assert frame.estimated_size() < 250 * 2**20
    query = pl.scan_parquet(tmp_path / "days.parquet").filter(day >= DAYS[0], day <= DAYS[-1])
    with Watch(used_bytes) as store:
        results = [on_ray(query).collect() for _ in range(3)]
    assert all(result.equals(frame) for result in results)
    assert 0 < held_bytes() <= 150 * 2**20
    assert store.growth <= 290 * 2**20
    results.clear()
    gc.collect()
    end = time.monotonic() + 10
    while held_bytes() and time.monotonic() < end:
        pl.thread_pool_size()
        time.sleep(0.1)
    assert held_bytes() == 0


def test_neighbours_of_small_periods_share_tasks(journal: Journal, submitted: Submissions) -> None:
    frame = DAYS.to_frame().with_columns(x=pl.int_range(200))
    lazy = on_ray(frame.lazy().filter(day >= DAYS[0], day <= DAYS[-1]), "daily")
    assert lazy.collect().equals(frame)
    assert submitted.periods == [str(d) for d in DAYS]
    assert len(submitted.names) < 150  # how many depends on how quick they are
    submitted.arguments.clear()
    one = on_ray(frame.lazy().filter(day >= DAYS[0]), "daily", max_periods_per_task=1)
    assert one.filter(day <= DAYS[20]).collect().height == 21
    assert [len(periods) for _, _, _, periods, *_ in submitted.arguments] == [1] * 21
