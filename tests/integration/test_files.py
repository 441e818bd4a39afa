"""Tasks read the files that they need, as they were when the query was planned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools import _ship, _source
from tests.integration.cases import on_ray

pytestmark = pytest.mark.ray

DAYS = 40
MARCH = pl.col("date").is_between(dt.date(2024, 3, 1), dt.date(2024, 3, DAYS - 9))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file a day."""
    for i in range(DAYS):
        date = dt.date(2024, 2, 25) + dt.timedelta(days=i)
        frame = pl.DataFrame({"date": [date] * 3, "v": range(i, i + 3)})
        frame.write_parquet(tmp_path / f"{date}.parquet")
        frame.write_csv(tmp_path / f"{date}.csv")
    return tmp_path


SCANS: dict[str, Callable[[Path], pl.LazyFrame]] = {
    "pl.scan_parquet": lambda f: pl.scan_parquet(f / "*.parquet"),
    "piot.scan_parquet": lambda f: piot.scan_parquet(f / "*.parquet"),
    "pl.scan_csv": lambda f: pl.scan_csv(f / "*.csv", try_parse_dates=True),
}


@pytest.mark.parametrize("name", SCANS)
def test_days_of_files(folder: Path, name: str) -> None:
    lf = SCANS[name](folder).filter(MARCH).with_columns(w=pl.col("v") * 2)
    assert_frame_equal(on_ray(lf, "daily").collect(), lf.collect())


def test_tasks_open_their_own_files_only(folder: Path) -> None:
    """Files are replaced by others without rows once their day is done with: nobody notices."""
    lf = pl.scan_parquet(folder / "*.parquet").filter(MARCH)
    want = lf.collect()
    got = on_ray(lf, "daily", max_concurrency=1, max_periods_per_task=1)
    frames = []
    for frame in got.collect_batches(maintain_order=True):
        frames.append(frame)
        for date in frame["date"].unique():
            (folder / f"{date}.parquet").unlink(missing_ok=True)
    assert_frame_equal(pl.concat(frames), want)


@pytest.mark.parametrize("name", SCANS)
@pytest.mark.parametrize("change", ["gone", "rewritten"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_file_that_changed_is_named(
    folder: Path, name: str, change: str, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / f"2024-03-05.{name.rpartition('_')[2]}"
    ship = _ship.ship

    def then_change(*arguments: Any) -> _ship.ShippedPlan:
        shipped = ship(*arguments)
        if change == "gone":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes() + b"\n")
        return shipped

    monkeypatch.setattr(_source, "ship", then_change)
    lf = SCANS[name](folder).filter(MARCH)
    query = on_ray(on_ray(lf, "weekly") if inside else lf, "daily")
    with pytest.raises(piot.WorkerError, match=f"SourceChangedError: {path}"):
        query.collect()


@pytest.mark.parametrize("name", SCANS)
def test_a_query_inside_of_another(folder: Path, name: str) -> None:
    lf = SCANS[name](folder).filter(MARCH)
    query = on_ray(on_ray(lf, "weekly").with_columns(w=pl.col("v") * 2), "daily")
    assert_frame_equal(query.collect(), lf.with_columns(w=pl.col("v") * 2).collect())


def test_a_query_inside_of_another_opens_its_own_files_only(folder: Path) -> None:
    lf = on_ray(pl.scan_parquet(folder / "*.parquet").filter(MARCH), "weekly")
    got = on_ray(lf, "daily", max_concurrency=1, max_periods_per_task=1)
    days = 0
    for frame in got.collect_batches(maintain_order=True):
        for date in frame["date"].unique():
            (folder / f"{date}.parquet").unlink()
            days += 1
    assert days == 31
