"""Reports of queries that ran on Ray."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import ray

import polars_io_tools as piot
from polars_io_tools import RunReport
from tests.integration.cases import QUARTER, on_ray

pytestmark = pytest.mark.ray


def last() -> RunReport:
    got = piot.last_run()
    assert got is not None
    return got


def check(report: RunReport, height: int, labels: list[str]) -> None:
    table = report.to_polars()
    assert report.state == "done"
    assert table["period"].to_list() == labels
    assert table["rows"].sum() == height
    for first, then in [("queued", "started"), ("started", "finished"), ("finished", "received")]:
        assert (table[first] <= table[then]).all(), (first, then)
    assert table["node"].null_count() == 0
    assert (table["threads"] >= 1).all()


MONTHS = ["2024-01", "2024-02", "2024-03"]


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_a_query_has_a_report(scan: pl.LazyFrame, engine: Any) -> None:
    rows = on_ray(scan.filter(QUARTER)).collect(engine=engine)
    check(last(), rows.height, MONTHS)
    assert last().to_polars()["files"].null_count() == 0


def test_threads_and_tasks_have_reports_of_their_own(scan: pl.LazyFrame) -> None:
    months = [scan.filter(QUARTER, pl.col("date").dt.month() == m) for m in (1, 2, 3)]
    seen: dict[str, list[str]] = {}

    def run(name: str, lf: pl.LazyFrame) -> None:
        on_ray(lf).collect()
        seen[name] = last().to_polars()["period"].to_list()

    threads = [
        threading.Thread(target=run, args=(label, lf))
        for label, lf in zip(MONTHS, months, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {label: [label] for label in MONTHS}

    async def query(lf: pl.LazyFrame) -> list[str]:
        await on_ray(lf).collect_async()
        return last().to_polars()["period"].to_list()

    async def all_of_them() -> list[list[str]]:
        return await asyncio.gather(*map(query, months))

    assert asyncio.run(all_of_them()) == [[label] for label in MONTHS]


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_one_lazy_frame_may_be_collected_by_many(scan: pl.LazyFrame, engine: Any) -> None:
    lazy = on_ray(scan.filter(QUARTER))
    seen: dict[int, list[str]] = {}

    def run(month: int) -> None:
        lazy.filter(pl.col("date").dt.month() == month).collect(engine=engine)
        seen[month] = last().to_polars()["period"].to_list()

    threads = [threading.Thread(target=run, args=(month,)) for month in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {month: [label] for month, label in enumerate(MONTHS, 1)}


def test_ends_that_run_elsewhere_have_reports(scan: pl.LazyFrame) -> None:
    on_ray(scan.filter(QUARTER)).collect()
    before = last()
    query = on_ray(scan.filter(QUARTER, pl.col("date").dt.month() == 2))
    query.collect(background=True).fetch_blocking()
    assert last().to_polars()["period"].to_list() == ["2024-02"]
    months = [scan.filter(QUARTER, pl.col("date").dt.month() == m) for m in (1, 3)]
    frames = pl.collect_all([on_ray(lf) for lf in months])
    assert last().to_polars()["period"].to_list() in (["2024-01"], ["2024-03"])
    assert last().to_polars()["rows"].sum() in [frame.height for frame in frames]
    assert list(query.collect_batches())
    assert last().to_polars()["period"].to_list() == ["2024-02"]
    assert before.to_polars()["period"].to_list() == MONTHS


def test_what_ray_repeats_is_in_the_report(scan: pl.LazyFrame, tmp_path: Path) -> None:
    flag = tmp_path / "died"

    def dies_once(frame: pl.DataFrame) -> pl.DataFrame:
        if not flag.exists():
            flag.touch()
            os._exit(1)
        return frame

    engine = piot.RayEngine(
        date_column="date", time_unit="monthly", progress=False, max_concurrency=1
    )
    query = scan.filter(QUARTER).map_batches(dies_once, predicate_pushdown=True).filter(QUARTER)
    assert query.execute(engine=engine).n_rows_total == scan.filter(QUARTER).collect().height
    attempts = last().to_polars()["attempts"].to_list()
    assert sorted(attempts) == [1, 1, 2]
    assert "repeated by Ray" in str(last())


CANARY = "cAnArY-5f3a"


def shown(report: RunReport) -> str:
    """Return all that a report shows."""
    table = str(report.to_polars().to_dicts())
    return "\n".join([str(report), report._repr_html_(), table, report.timeline().to_json()])


def test_a_report_shows_no_secrets(scan: pl.LazyFrame) -> None:
    secret = {"runtime_env": {"env_vars": {"TOKEN": CANARY}}, "max_retries": 1}
    on_ray(scan.filter(QUARTER, pl.col("symbol") != CANARY)).collect()
    assert CANARY not in shown(last())
    uri = f"postgresql://me:{CANARY}@127.0.0.1:1/db"
    away = piot.scan_db("SELECT * FROM t", uri, schema={"date": pl.Date})
    with pytest.raises(piot.DatabaseConnectionError):
        on_ray(away.filter(QUARTER), remote_options=secret).collect()
    assert last().state == "failed"
    assert CANARY not in shown(last())


def test_ray_shows_periods_as_names_of_tasks(scan: pl.LazyFrame) -> None:
    on_ray(scan.filter(QUARTER), max_periods_per_task=1).collect()
    wanted = {f"piot:{label}" for label in MONTHS}
    end = time.monotonic() + 60  # Ray's workers report now and then
    names: set[str] = set()
    while not wanted <= names and time.monotonic() < end:
        names = {event["cat"].removeprefix("task::") for event in ray.timeline()}
        time.sleep(0.2)
    assert wanted <= names


def test_a_failed_query_has_a_report(scan: pl.LazyFrame) -> None:
    def fails(_: pl.DataFrame) -> pl.DataFrame:
        raise ValueError("<no>")

    query = scan.filter(QUARTER).map_batches(fails, predicate_pushdown=True)
    filtered = on_ray(query).filter(QUARTER)
    with pytest.raises(Exception, match="no"):
        filtered.collect()
    report = last()
    assert report.state == "failed"
    assert "<no>" in report.error
    assert "<no>" not in report._repr_html_()


def test_a_query_that_stops_early_has_a_report(scan: pl.LazyFrame) -> None:
    on_ray(scan.filter(QUARTER)).head(1).collect()
    assert last().state in ("stopped", "done")
    assert "failed" not in str(last())


def test_each_end_of_an_engine_has_a_report(scan: pl.LazyFrame, tmp_path: Path) -> None:
    engine = piot.RayEngine(date_column="date", time_unit="monthly")
    query = scan.filter(QUARTER)
    height = query.collect(engine=engine).height
    check(last(), height, MONTHS)
    assert query.execute(engine=engine).n_rows_total == height
    check(last(), height, MONTHS)
    query.sink_parquet(tmp_path / "one.parquet", engine=engine)
    check(last(), height, MONTHS)
    target = tmp_path / "many"
    query.sink_parquet(pl.PartitionBy(target, max_rows_per_file=10**6), engine=engine)
    check(last(), height, MONTHS)
    files = [path.stat().st_size for path in target.iterdir()]
    assert last().to_polars()["bytes"].sum() == sum(files)
    query.sink_csv(f"{tmp_path}/texts/", mkdir=True, engine=engine)
    assert last().state == "done"
    assert last().to_polars()["rows"].null_count() == 3
    both = pl.concat([query.sort("date").head(3), query.sort("date").tail(3)])
    assert both.collect(engine=engine).height == 6
    assert last().state == "done"
    assert set(last().to_polars()["branch"]) == {0, 1}
