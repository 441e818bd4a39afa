"""Tasks on Ray read a table as the driver saw it, and only the files that they need."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools import _ship, _source
from polars_io_tools._polars import grafts
from tests import lake
from tests.integration.cases import on_ray

pytestmark = pytest.mark.ray

DAYS = 12
JANUARY = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, DAYS))


@pytest.fixture(autouse=True)
def _without_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in lake.without_warnings.items():
        monkeypatch.setenv(name, value)


def day(i: int) -> pl.DataFrame:
    return pl.DataFrame({"date": [dt.date(2024, 1, 1 + i)] * 3, "v": range(i, i + 3)})


class Made(NamedTuple):
    """A scan of a table with one file a day, and what changes the table."""

    scan: Callable[[], pl.LazyFrame]
    commit: Callable[[], object]
    log: Path
    files: Path


def delta(folder: Path) -> Made:
    path = lake.delta(folder, [day(i) for i in range(DAYS)])
    log = path / "_delta_log"
    return Made(
        lambda: pl.scan_delta(path), lambda: day(1).write_delta(path, mode="append"), log, path
    )


def iceberg(folder: Path) -> Made:
    table = lake.iceberg(folder, [day(i) for i in range(DAYS)])
    location = Path(table.location().removeprefix("file://"))
    return Made(
        lambda: pl.scan_iceberg(table.metadata_location),
        lambda: table.append(day(1).to_arrow()),
        location / "metadata",
        location / "data",
    )


TABLES = {"delta": delta, "iceberg": iceberg}


def after_shipping(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    ship = _ship.ship

    def then_change(*arguments: Any) -> _ship.ShippedPlan:
        shipped = ship(*arguments)
        change()
        return shipped

    monkeypatch.setattr(_source, "ship", then_change)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("known", [True, False])
def test_a_commit_while_a_query_runs_is_not_seen(
    tmp_path: Path, kind: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor by the later tasks of a query that was planned before."""
    made = TABLES[kind](tmp_path)
    if not known:
        monkeypatch.setattr(grafts, "_KNOWN", set())
    lf = made.scan().filter(JANUARY).with_columns(w=pl.col("v") * 2)
    want = lf.collect().sort("date", "v")
    got = on_ray(lf, "daily", max_concurrency=1, max_periods_per_task=1)
    frames = []
    for frame in got.collect_batches(maintain_order=True):
        frames.append(frame)
        made.commit()
    assert_frame_equal(pl.concat(frames), want)


@pytest.mark.parametrize("kind", TABLES)
def test_tasks_read_no_log(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = TABLES[kind](tmp_path)
    lf = made.scan().filter(JANUARY)
    want = lf.collect().sort("date", "v")
    after_shipping(monkeypatch, lambda: shutil.rmtree(made.log))
    assert_frame_equal(on_ray(lf, "daily").collect(), want)


@pytest.mark.parametrize("kind", TABLES)
def test_a_vacuumed_file_is_named(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = TABLES[kind](tmp_path)
    lf = made.scan().filter(JANUARY)
    [file] = [
        f
        for f in made.files.rglob("*.parquet")
        if dt.date(2024, 1, 5) in pl.read_parquet(f)["date"]
    ]
    after_shipping(monkeypatch, file.unlink)
    with pytest.raises(piot.WorkerError, match=f"SourceChangedError: {file} has vanished"):
        on_ray(lf, "daily").collect()


@pytest.mark.parametrize("kind", TABLES)
def test_a_query_inside_of_another(tmp_path: Path, kind: str) -> None:
    lf = TABLES[kind](tmp_path).scan().filter(JANUARY)
    query = on_ray(on_ray(lf, "weekly").with_columns(w=pl.col("v") * 2), "daily")
    want = lf.with_columns(w=pl.col("v") * 2).collect().sort("date", "v")
    assert_frame_equal(query.collect(), want)
