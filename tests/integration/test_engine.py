"""Queries through `piot.RayEngine`, against plain Polars."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import ray

import polars_io_tools as piot
from polars_io_tools._delivery import Delivered, Place
from polars_io_tools._transport import decode
from polars_io_tools.ray._distributed import Distributed, distributed
from polars_io_tools.ray._progress import Progress
from polars_io_tools.ray._runs import deliveries, kept
from tests.integration.cases import QUARTER, assert_same, in_period_order
from tests.integration.conftest import Submissions

pytestmark = pytest.mark.ray

C = pl.col
ENGINE = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)
MONTHS = ["2024-01", "2024-02", "2024-03"]


@pytest.fixture
def query(scan: pl.LazyFrame) -> pl.LazyFrame:
    return scan.filter(QUARTER).with_columns(double=C("price") * 2)


@pytest.fixture
def plain(query: pl.LazyFrame) -> pl.DataFrame:
    return in_period_order(query.collect())


def test_collect(query: pl.LazyFrame, plain: pl.DataFrame, submitted: Submissions) -> None:
    assert_same(query.collect(engine=ENGINE), plain)
    assert submitted.periods == MONTHS


def test_background(query: pl.LazyFrame, plain: pl.DataFrame) -> None:
    running: Any = query.collect(engine=ENGINE, background=True)
    assert_same(running.fetch_blocking(), plain)


def test_collect_async(query: pl.LazyFrame, plain: pl.DataFrame) -> None:
    async def wait() -> pl.DataFrame:
        return await query.collect_async(engine=ENGINE)

    assert_same(asyncio.run(wait()), plain)


def test_collect_batches(query: pl.LazyFrame, plain: pl.DataFrame) -> None:
    batches = list(query.collect_batches(engine=ENGINE, chunk_size=10))
    assert len(batches) > 1
    assert_same(pl.concat(batches), plain)


def test_collect_all(query: pl.LazyFrame, plain: pl.DataFrame) -> None:
    both = pl.collect_all([query, query.filter(C("symbol") == "A")], engine=ENGINE)
    assert_same(both[0], plain)
    assert_same(both[1], plain.filter(C("symbol") == "A"))


def test_collect_all_async(query: pl.LazyFrame, plain: pl.DataFrame) -> None:
    async def wait() -> list[pl.DataFrame]:
        some = query.filter(C("symbol") == "A")
        found: list[pl.DataFrame] = await pl.collect_all_async([query, some], engine=ENGINE)
        return found

    both = asyncio.run(wait())
    assert_same(both[0], plain)
    assert_same(both[1], plain.filter(C("symbol") == "A"))


def test_a_pickled_engine(query: pl.LazyFrame, plain: pl.DataFrame) -> None:
    assert_same(query.collect(engine=pickle.loads(pickle.dumps(ENGINE))), plain)


def test_partitions(scan: pl.LazyFrame, submitted: Submissions) -> None:
    query = scan.filter(C("symbol").is_in(["A", "C"]))
    engine = piot.RayEngine(piot.by_value("symbol"), progress=False)
    assert_same(query.collect(engine=engine).sort(pl.all()), query.collect().sort(pl.all()))
    assert sorted(submitted.periods) == ["A", "C"]


def test_configured_as_the_engine_of_all_queries(
    query: pl.LazyFrame, plain: pl.DataFrame, submitted: Submissions
) -> None:
    """What the engine itself collects must not come back to it."""
    with pl.Config() as config:
        config.set_engine_affinity(ENGINE)
        assert_same(query.collect(), plain)
    assert submitted.periods == MONTHS


CUTS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "group_by": lambda lf: (
        lf.group_by("symbol").agg(C("row").sum(), C("price").max()).sort("symbol")
    ),
    "no date": lambda lf: lf.select("symbol", "row").unique().sort("symbol", "row"),
    "sort, head": lambda lf: lf.sort("date", "symbol", "row").head(10),
    "window": lambda lf: lf.with_columns(n=pl.len().over("symbol")).sort("date", "row", "symbol"),
    "len": lambda lf: lf.select(pl.len()),
    "two branches": lambda lf: lf.join(lf.filter(C("row") < 3), on="symbol").select(
        C("row").sum(), n=pl.len()
    ),
}


@pytest.mark.parametrize("name", CUTS)
def test_cut_queries(scan: pl.LazyFrame, submitted: Submissions, name: str) -> None:
    query = CUTS[name](scan.filter(QUARTER))
    assert_same(query.collect(engine=ENGINE), query.collect())
    assert set(submitted.periods) == set(MONTHS)


def test_functions_of_a_script_run_below_the_cut_and_above(
    scan: pl.LazyFrame, submitted: Submissions
) -> None:
    """Polars asks for a function of an expression when it runs, after the plan was put together."""
    met = []
    lock = threading.Lock()  # does not travel, and need not above the cut

    def noted(value: int) -> int:
        with lock:
            met.append(value)
        return value * 2

    double = C("row").map_elements(lambda row: divmod(row * 2, 9)[0], return_dtype=pl.Int64)
    below = scan.filter(QUARTER).select("date", "symbol", twice=double)
    rows = (
        below.group_by("symbol")
        .agg(C("twice").sum())
        .sort("symbol")
        .with_columns(C("twice").map_elements(noted, return_dtype=pl.Int64))
    )
    found = rows.collect(engine=ENGINE)
    assert len(met) == found.height
    assert_same(found, rows.collect())
    assert set(submitted.periods) == set(MONTHS)


def test_filters_and_columns_above_the_cut_arrive_below(
    scan: pl.LazyFrame, submitted: Submissions
) -> None:
    """February alone is asked for, without the column that nobody needs."""
    february = C("date").dt.month() == 2
    query = scan.sort("row", "symbol").filter(QUARTER, february).select(C("row").sum())
    assert_same(query.collect(engine=ENGINE), query.collect())
    assert submitted.periods == ["2024-02"]
    task = submitted.arguments[0][0]
    assert "price" not in task["columns"]


def test_a_branch_without_bounds_runs_on_the_driver(
    scan: pl.LazyFrame, submitted: Submissions, caplog: pytest.LogCaptureFixture
) -> None:
    names = pl.LazyFrame({"date": [None], "symbol": ["A"]}, schema={"date": pl.Date, "symbol": str})
    query = scan.filter(QUARTER).join(names, on="symbol").select(C("row").sum(), n=pl.len())
    assert_same(query.collect(engine=ENGINE), query.collect())
    assert submitted.periods == MONTHS
    assert "a branch of the query runs on the driver" in caplog.text


def test_a_query_that_nothing_bounds(scan: pl.LazyFrame) -> None:
    with pytest.raises(piot.UnboundedPredicateError, match="date"):
        scan.group_by("symbol").len().collect(engine=ENGINE)


def test_a_column_that_is_renamed_above_the_cut(scan: pl.LazyFrame, submitted: Submissions) -> None:
    query = scan.sort("row", "symbol").rename({"date": "day"})
    query = query.filter(C("day") == pl.date(2024, 1, 2)).group_by("day").len()
    assert_same(query.collect(engine=ENGINE), query.collect())
    assert submitted.periods == ["2024-01"]


def test_a_query_without_the_column() -> None:
    query = pl.LazyFrame({"day": [1], "x": [2]}).group_by("x").len()
    with pytest.raises(ValueError, match=r"'date' is not a column of the query;.* 'day', 'x'"):
        query.collect(engine=ENGINE)


def test_parts_aggregate_their_rows(scan: pl.LazyFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches the driver is a row for each group of a period, not the rows."""
    arrived: list[int] = []

    def note(_: Progress, rows: int, size: int) -> None:
        arrived.append(rows)

    monkeypatch.setattr(Progress, "arrived", note)
    query = scan.filter(QUARTER).group_by("symbol").agg(C("row").sum(), pl.len()).sort("symbol")
    assert ENGINE.explain(query).aggregates == ("row by sum, len by sum of each symbol",)
    assert_same(query.collect(engine=ENGINE), query.collect())
    assert sum(arrived) <= 3 * 3


def test_explained(scan: pl.LazyFrame) -> None:
    query = scan.filter(QUARTER)
    whole = ENGINE.explain(query)
    assert whole.driver is None
    assert [p.label for p in whole.branches[0].periods] == MONTHS
    assert str(whole).startswith("all of it on Ray:\n  split by 'date' (Date), monthly")
    ordered = scan.sort("row").filter(QUARTER)
    cut = ENGINE.explain(ordered.filter(C("date").dt.month() == 2))
    assert [p.label for p in cut.branches[0].periods] == ["2024-02"]
    text = str(cut)
    assert text.startswith("on the driver:\n  SORT BY")
    assert "PYTHON[RayEngine] SCAN" in text
    two = ENGINE.explain(query.join(query.filter(C("row") > 3).sort("row"), on="symbol").head(3))
    assert len(two.branches) == 2
    assert "branch 2 on Ray:" in str(two)


def test_a_sink_of_a_cut_query(scan: pl.LazyFrame, tmp_path: Path) -> None:
    """As a method, and as a plan that ends in a sink."""
    query = scan.filter(QUARTER).group_by("symbol").agg(C("row").sum()).sort("symbol")
    query.sink_parquet(tmp_path / "a.parquet", engine=ENGINE)
    query.sink_parquet(tmp_path / "b.parquet", lazy=True).collect(engine=ENGINE)
    for name in "ab":
        assert_same(pl.read_parquet(tmp_path / f"{name}.parquet"), query.collect())


def test_stored_frames_and_sources_stay_what_they_are() -> None:
    """What cannot leave the process travels through a cut all the same."""
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 31), eager=True)
    stored = piot.put(pl.DataFrame({"date": days, "x": range(91)}))
    query = stored.filter(QUARTER).select(C("x").sum())
    assert query.collect(engine=ENGINE).item() == sum(range(91))


def run_of(query: pl.LazyFrame) -> Distributed:
    return distributed(query, **ENGINE._arguments)


def test_deliveries_answer_in_the_place_of_rows(
    query: pl.LazyFrame, plain: pl.DataFrame, tmp_path: Path
) -> None:
    """Rows go where the delivery puts them; the driver gets an answer a period, in order."""

    def write(rows: pl.LazyFrame, place: Place) -> dict[str, Any]:
        path = tmp_path / f"{place.position}.parquet"
        rows.sink_parquet(path)
        return {"label": place.label, "pid": os.getpid(), "bytes": path.stat().st_size}

    run = run_of(query)
    answers = [a for a in deliveries(run.source, run.runner, write) if a is not None]
    assert [a.place for a in answers] == [Place(i, m) for i, m in enumerate(MONTHS)]
    assert [a.answer["label"] for a in answers] == [a.part.label for a in answers] == MONTHS
    assert os.getpid() not in {a.answer["pid"] for a in answers}
    assert_same(pl.read_parquet(tmp_path / "*.parquet"), plain)


def test_a_delivery_that_fails_names_its_period(query: pl.LazyFrame) -> None:
    def fail(_: pl.LazyFrame, place: Place) -> None:
        if place.position == 1:
            raise OSError("disk on fire")

    run = run_of(query)
    with pytest.raises(piot.WorkerError, match=r"period 2024-02 failed.*disk on fire"):
        list(deliveries(run.source, run.runner, fail))


def test_a_delivery_is_called_again_after_its_worker_died(
    query: pl.LazyFrame, tmp_path: Path
) -> None:
    def die_once(rows: pl.LazyFrame, place: Place) -> int:
        with (tmp_path / f"{place.position}.attempts").open("a") as file:
            file.write("x")
        if place.position == 1 and (tmp_path / "1.attempts").stat().st_size == 1:
            os._exit(1)
        return rows.collect().height

    run = run_of(query)
    answers = [a for a in deliveries(run.source, run.runner, die_once) if a is not None]
    assert sum(a.answer for a in answers) == query.collect().height
    assert (tmp_path / "1.attempts").stat().st_size == 2


def test_deliveries_stop_when_nobody_asks(scan: pl.LazyFrame, tmp_path: Path) -> None:
    def note(_: pl.LazyFrame, place: Place) -> None:
        (tmp_path / str(place.position)).touch()

    arguments = {**ENGINE._arguments, "time_unit": "daily", "max_concurrency": 1}
    run = distributed(scan.filter(QUARTER), **arguments)
    answers = deliveries(run.source, run.runner, note)
    first = next(a for a in answers if a is not None)
    answers.close()
    assert isinstance(first, Delivered)
    assert len(list(tmp_path.iterdir())) < 60


def test_kept_rows_stay_in_the_store() -> None:
    """Each part says of which periods it is, and is a reference."""
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 31), eager=True)
    rows = pl.DataFrame({"date": days}).join(pl.DataFrame({"x": range(2_000)}), how="cross")
    query = piot.put(rows).filter(QUARTER)
    run = run_of(query)
    parts = [p for p in kept(run.source, run.runner) if p is not None]
    assert [p.label for part in parts for p in part.parts] == MONTHS
    frames = [decode(ray.get(p.data)) for p in parts]
    assert [f.height for f in frames] == [p.report["rows"] for p in parts]
    assert_same(pl.concat(frames), query.collect())
    assert all(a.parts[-1].label < b.parts[0].label for a, b in pairwise(parts))


@pytest.fixture(autouse=True)
def _no_affinity() -> Iterator[None]:
    yield
    pl.Config.set_engine_affinity("auto")
