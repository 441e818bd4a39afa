"""The query of the README, with its filter on either side of the call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source

from tests.integration.cases import DATES, QUARTER, assert_same, day, in_period_order, on_ray
from tests.integration.conftest import Journal, Submissions

pytestmark = pytest.mark.ray

MONTHS = ["piot:2024-01", "piot:2024-02", "piot:2024-03"]
FROM_JANUARY = day >= pl.date(2024, 1, 1)
TO_MARCH = day <= pl.date(2024, 3, 31)

PLACES: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "before": lambda lf: on_ray(lf.filter(QUARTER)),
    "after": lambda lf: on_ray(lf).filter(QUARTER),
    "half and half": lambda lf: on_ray(lf.filter(FROM_JANUARY)).filter(TO_MARCH),
    "both halves after": lambda lf: on_ray(lf).filter(FROM_JANUARY).filter(TO_MARCH),
    "wider before": lambda lf: on_ray(lf.filter(day.dt.year() >= 2023, FROM_JANUARY)).filter(
        QUARTER
    ),
}


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("place", PLACES)
def test_three_months_are_three_tasks(
    scan: pl.LazyFrame, submitted: Submissions, place: str, engine: pl._typing.EngineType
) -> None:
    result = PLACES[place](scan).collect(engine=engine)
    assert_same(result, in_period_order(scan.filter(QUARTER).collect()))
    assert submitted.names == MONTHS


def test_ray_knows_tasks_by_their_period_only(journal: Journal) -> None:
    path = journal.path

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, batch: int | None
    ) -> Iterator[pl.DataFrame]:
        # Ray shows the name of the running task as the title of the process.
        from ray import _raylet

        title: Any = getattr(_raylet, "getproctitle")  # noqa: B009  (types do not show it)
        with path.open("a") as file:
            file.write(f"{title()}\n")
        frame = pl.DataFrame({"date": [dt.date(2024, 1, 5), dt.date(2024, 3, 31)]})
        yield frame if predicate is None else frame.filter(predicate)

    lf = register_io_source(source, schema={"date": pl.Date})
    result = on_ray(lf.filter(QUARTER), description="secret strategy").collect()
    assert result["date"].to_list() == [dt.date(2024, 1, 5), dt.date(2024, 3, 31)]
    assert sorted(journal.lines()) == [f"ray::{name}" for name in MONTHS]


# Of 91 days four lie between the dates of two files, which their statistics tell.
@pytest.mark.parametrize(("time_unit", "count"), [("daily", 87), ("monthly", 3), ("yearly", 1)])
def test_time_units(scan: pl.LazyFrame, submitted: Submissions, time_unit: str, count: int) -> None:
    result = on_ray(scan.filter(QUARTER), time_unit).collect()
    assert_same(result, in_period_order(scan.filter(QUARTER).collect(), time_unit))
    assert len(submitted.periods) == count


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_datetimes_are_split_at_their_own_precision(
    submitted: Submissions, unit: pl._typing.TimeUnit
) -> None:
    midnights = DATES.dt.truncate("1mo").unique(maintain_order=True).cast(pl.Datetime(unit))
    at = midnights.to_physical()
    ticks = pl.concat([at - 1, at, at + 1, at + 86_400_000]).cast(midnights.dtype)
    lf = pl.LazyFrame({"date": ticks, "row": range(len(ticks))})
    january_on = lf.filter(day >= dt.datetime(2024, 1, 1), day < dt.datetime(2024, 3, 1))
    result = on_ray(january_on).collect()
    assert_same(result, in_period_order(january_on.collect()))
    assert result.schema["date"] == pl.Datetime(unit)
    assert result.height == 8
    # Polars shows nanosecond literals to the microsecond: the last bound may reach into March.
    assert submitted.names == (MONTHS if unit == "ns" else MONTHS[:2])


def test_a_bound_in_the_middle_of_a_tick_loses_no_row() -> None:
    base = 1_704_067_200_000_000_000
    ticks = pl.Series("date", [base + i for i in (0, 499, 500, 999, 1000)]).cast(pl.Datetime("ns"))
    lf = pl.LazyFrame([ticks]).filter(
        day >= pl.lit(base + 500).cast(pl.Datetime("ns")),
        day <= pl.lit(base + 999).cast(pl.Datetime("ns")),
    )
    assert_same(on_ray(lf, "daily").collect(), lf.collect())
    assert lf.collect().height == 2


def test_relative_paths_mean_the_folder_of_the_driver(
    trades: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.chdir(trades.parent)
    folder = ray.get(ray.remote(lambda: str(Path.cwd())).remote())
    assert folder != str(Path.cwd())
    lf = pl.scan_parquet(f"{trades.name}/*.parquet").filter(QUARTER)
    assert_same(on_ray(lf).collect(), in_period_order(lf.collect()))


def test_all_tasks_see_the_files_of_the_first_moment(tmp_path: Path) -> None:
    january = pl.DataFrame({"date": [dt.date(2024, 1, 1)]})
    january.write_parquet(tmp_path / "1.parquet")
    later = str(tmp_path / "2.parquet")

    def add(frame: pl.DataFrame) -> pl.DataFrame:
        pl.DataFrame({"date": [dt.date(2024, 2, 1)]}).write_parquet(later)
        return frame

    lf = pl.scan_parquet(tmp_path / "*.parquet").filter(QUARTER).map_batches(add).filter(QUARTER)
    assert on_ray(lf, max_concurrency=1).collect().equals(january)
    assert Path(later).exists()


def test_collecting_twice_runs_twice(scan: pl.LazyFrame, submitted: Submissions) -> None:
    lazy = on_ray(scan.filter(QUARTER))
    expected = in_period_order(scan.filter(QUARTER).collect())
    assert_same(lazy.collect(), expected)
    assert_same(lazy.collect(), expected)
    assert submitted.names == MONTHS * 2
    plans = {task["plan_id"] for task, *_ in submitted.arguments}
    assert len(plans) == 2


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_an_empty_intersection_is_an_empty_frame_and_no_task(
    scan: pl.LazyFrame, submitted: Submissions, engine: pl._typing.EngineType
) -> None:
    never = day >= pl.date(2025, 1, 1)
    result = on_ray(scan.filter(QUARTER)).filter(never).collect(engine=engine)
    assert_same(result, scan.filter(QUARTER, never).collect())
    assert on_ray(scan.filter(QUARTER, never)).select("price").collect().schema == {
        "price": pl.Float64
    }
    assert submitted.names == []


def test_nothing_runs_before_the_result_is_collected(
    scan: pl.LazyFrame, submitted: Submissions
) -> None:
    lazy = on_ray(scan.filter(QUARTER)).select("price").head(3)
    assert lazy.collect_schema() == {"price": pl.Float64}
    assert "execute_on_ray" in lazy.explain()
    assert submitted.names == []


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_null_dates_come_last_in_a_period_of_their_own(
    scan: pl.LazyFrame, submitted: Submissions, engine: pl._typing.EngineType
) -> None:
    wanted = scan.filter(QUARTER | day.is_null())
    result = on_ray(wanted).collect(engine=engine)
    assert_same(result, in_period_order(wanted.collect()))
    assert result["date"].null_count() == 5
    assert submitted.names == [*MONTHS, "piot:null"]


def test_only_null_dates(scan: pl.LazyFrame, submitted: Submissions) -> None:
    wanted = scan.filter(day.is_null())
    assert_same(on_ray(wanted).collect(), wanted.collect())
    assert submitted.names == ["piot:null"]


def test_columns_with_names_like_patterns() -> None:
    dates = [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]
    lf = pl.LazyFrame({"^a.*$": dates, "ab": dates, "*": [1, 2]})
    wanted = lf.filter(pl.nth(0).is_between(dates[0], dates[1]))
    lazy = on_ray(wanted, date_column="^a.*$")
    assert_same(lazy.collect(), wanted.collect())
    assert_same(lazy.select(pl.nth(2)).collect(), wanted.select(pl.nth(2)).collect())
