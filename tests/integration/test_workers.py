"""What happens in and to workers: failures, stops, missing packages, options."""

from __future__ import annotations

import datetime as dt
import gc
import os
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source

import polars_io_tools as piot
from polars_io_tools import _ship, _skew
from tests.integration.cases import DATES, QUARTER, assert_same, day, in_period_order, on_ray
from tests.integration.conftest import Journal, Submissions

pytestmark = pytest.mark.ray


def source(hook: Callable[[pl.DataFrame], object]) -> pl.LazyFrame:
    """Return a quarter of which each task passes its own rows to a function."""
    rows = pl.DataFrame({"date": DATES})

    def read(
        _: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        assert (limit, size) == (None, None) or predicate is not None
        frame = rows if predicate is None else rows.filter(predicate)
        hook(frame)
        yield frame

    return register_io_source(read, schema=rows.schema).filter(QUARTER)


QUARTER_ROWS = pl.DataFrame({"date": DATES}).filter(QUARTER)


def test_a_plan_is_decoded_once_in_each_process(journal: Journal, scan: pl.LazyFrame) -> None:
    path = journal.path

    class Noted:
        """Notes in which process it is unpickled."""

        def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
            return frame

        def __getstate__(self) -> dict[str, int]:
            return {"driver": os.getpid()}

        def __setstate__(self, state: dict[str, int]) -> None:
            if os.getpid() != state["driver"]:
                with path.open("a") as file:
                    file.write(f"{os.getpid()}\n")

    lazy = on_ray(scan.filter(QUARTER).map_batches(Noted()).filter(QUARTER), "daily")
    for count in (1, 2):
        lazy.collect()
        pids = journal.lines()
        assert 1 <= len(set(pids)) <= 3
        assert len(pids) <= count * len(set(pids))


class TestFailingTask:
    @pytest.fixture
    def error(self) -> piot.WorkerError:
        def fails_in_february(frame: pl.DataFrame) -> None:
            if frame["date"].dt.month().unique().to_list() == [2]:
                raise LookupError("no price for 2024-02")

        with pytest.raises(piot.WorkerError) as info:
            on_ray(source(fails_in_february)).collect()
        return info.value

    def test_names_the_period_and_the_cause(self, error: piot.WorkerError) -> None:
        assert error.period == "2024-02"
        assert "period 2024-02 failed" in str(error)
        assert "no price for 2024-02" in str(error)

    def test_chains_the_remote_exception(self, error: piot.WorkerError) -> None:
        import ray

        assert isinstance(error.__cause__, ray.exceptions.RayTaskError)
        assert "fails_in_february" in str(error.__cause__)  # the remote traceback
        assert isinstance(error, RuntimeError)
        assert isinstance(error, piot.PiotError)

    def test_pickles(self, error: piot.WorkerError) -> None:
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), copy.period) == (type(error), str(error), "2024-02")

    def test_the_next_query_works(self, error: piot.WorkerError, scan: pl.LazyFrame) -> None:
        expected = in_period_order(scan.filter(QUARTER).collect())
        assert_same(on_ray(scan.filter(QUARTER)).collect(), expected)


@pytest.mark.parametrize("ordered", [True, False])
def test_a_failure_is_reported_before_what_is_slower(tmp_path: Path, ordered: bool) -> None:
    release = tmp_path / "release"

    def january_waits(frame: pl.DataFrame) -> None:
        if frame["date"].dt.month().unique().to_list() != [1]:
            raise ConnectionError("the database is away")
        while not release.exists():
            time.sleep(0.01)

    try:
        with pytest.raises(piot.WorkerError, match="the database is away") as info:
            on_ray(source(january_waits), preserve_partition_order=ordered).collect()
    finally:
        release.touch()
    assert info.value.period in {"2024-02", "2024-03"}


def test_after_a_failure_queued_tasks_never_start(journal: Journal) -> None:
    path = journal.path

    def fails(frame: pl.DataFrame) -> None:
        with path.open("a") as file:
            file.write("started\n")
        time.sleep(0.2)
        raise ValueError("no prices")

    with pytest.raises(piot.WorkerError):
        on_ray(source(fails), "daily", max_concurrency=None).collect()
    time.sleep(1)
    # Two run at once, and two more may start while the first failure is on its way.
    assert 1 <= len(journal.lines()) <= 4


def test_a_task_that_does_not_end_when_interrupted_is_stopped(journal: Journal) -> None:
    path = journal.path

    def stubborn(frame: pl.DataFrame) -> None:
        if frame["date"].dt.month().first() != 1:
            while not path.exists():
                time.sleep(0.01)
            raise ValueError("no prices")
        while True:
            try:
                with path.open("a") as file:
                    file.write("beat\n")
                time.sleep(0.1)
            except KeyboardInterrupt:
                pass

    with pytest.raises(piot.WorkerError, match="no prices"):
        on_ray(source(stubborn)).collect()
    time.sleep(5)
    beats = len(journal.lines())
    assert beats >= 10  # it did go on for the two seconds of grace
    time.sleep(1)
    assert len(journal.lines()) == beats


def test_other_failures_are_not_logged_on_top(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    path = journal.path

    def fails(frame: pl.DataFrame) -> None:
        month = frame["date"].dt.month().first()
        while month == 1 and (not path.exists() or len(path.read_text().splitlines()) < 2):
            time.sleep(0.01)
        if month == 1:
            time.sleep(0.3)  # so that the driver has heard of the others
        with path.open("a") as file:
            file.write("failed\n")
        raise ValueError("no prices")

    with pytest.raises(piot.WorkerError) as info:
        on_ray(source(fails)).head(100).collect()  # waits for January
    assert info.value.period == "2024-01"
    del info
    gc.collect()
    assert "Unhandled error" not in caplog.text


def test_a_killed_worker_is_replaced(journal: Journal) -> None:
    path = journal.path

    def dies_once(_: pl.DataFrame) -> None:
        if not path.exists():
            path.touch()
            os._exit(1)

    assert_same(on_ray(source(dies_once)).collect(), QUARTER_ROWS)


def test_a_killed_worker_without_retries_is_a_worker_error() -> None:
    lazy = on_ray(
        source(lambda _: os._exit(1)), remote_options={"max_retries": 0}, max_concurrency=1
    )
    with pytest.raises(piot.WorkerError, match="WorkerCrashedError") as info:
        lazy.collect()
    assert info.value.period == "2024-01"


def test_options_reach_ray(submitted: Submissions, journal: Journal) -> None:
    path = journal.path

    def fails_twice(_: pl.DataFrame) -> None:
        with path.open("a") as file:
            file.write("started\n")
        if len(path.read_text().splitlines()) < 3:
            raise ConnectionError("try again")

    options = {"num_cpus": 2, "max_retries": 2, "retry_exceptions": [ConnectionError]}
    lazy = on_ray(source(fails_twice), "yearly", remote_options=options)
    options["num_cpus"] = 100  # too late
    assert_same(lazy.collect(), QUARTER_ROWS)
    assert journal.lines() == ["started"] * 3
    # What is tried again is for us to say, and a task of each attempt is one that Ray runs once.
    ours = {"num_cpus": 2, "max_retries": 0, "retry_exceptions": False, "name": "piot:2024"}
    assert submitted.options == [ours] * 3


@pytest.mark.parametrize(
    ("error", "options", "attempts"),
    [
        (ConnectionError("away"), {}, 3),
        (TimeoutError("slow"), {}, 3),
        (ValueError("wrong"), {}, 1),
        (ConnectionError("away"), {"max_retries": 1}, 2),
        (ConnectionError("away"), {"retry_exceptions": False}, 1),
        (ValueError("wrong"), {"retry_exceptions": True, "max_retries": 1}, 2),
        (ValueError("wrong"), {"retry_exceptions": [ValueError]}, 4),
    ],
)
def test_how_often_a_failure_is_tried(
    error: Exception, options: dict[str, Any], attempts: int, journal: Journal
) -> None:
    path = journal.path

    def fails(_: pl.DataFrame) -> None:
        with path.open("a") as file:
            file.write("started\n")
        raise error

    with pytest.raises(piot.WorkerError, match=str(error)):
        on_ray(source(fails), "yearly", remote_options=options).collect()
    assert journal.lines() == ["started"] * attempts


def test_a_worker_without_the_package_says_where_and_what_to_do(
    tmp_path: Path, scan: pl.LazyFrame
) -> None:
    stub = tmp_path / "polars_io_tools"
    stub.mkdir()
    (stub / "__init__.py").write_text('raise ImportError("there is no polars_io_tools")\n')
    lazy = on_ray(
        scan.filter(QUARTER),
        remote_options={"runtime_env": {"env_vars": {"PYTHONPATH": str(tmp_path)}}},
    )
    with pytest.raises(piot.WorkerError) as info:
        lazy.collect()
    message = str(info.value)
    assert "the worker on node " in message
    assert "there is no polars_io_tools" in message
    assert f"ray.init(runtime_env={{'pip': ['polars-io-tools-go=={piot.__version__}'" in message
    assert f"'polars=={pl.__version__}'" in message


@pytest.mark.parametrize("name", ["Python", "polars", "polars-io-tools-go"])
def test_other_versions_are_named_before_the_plan_is_decoded(
    name: str, scan: pl.LazyFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _skew.versions()
    monkeypatch.setattr(_ship, "versions", lambda: here | {name: "9.9.9"})
    with pytest.raises(piot.WorkerError) as info:
        on_ray(scan.filter(QUARTER)).collect()
    message = str(info.value)
    assert f"{name} {here[name]} here, 9.9.9 on the driver" in message
    assert message.count(" on the driver") == 1
    assert "the worker on node " in message


@pytest.mark.parametrize("engine", ["head", "batches"])
def test_what_is_stopped_early_cancels_what_is_queued(journal: Journal, engine: str) -> None:
    path = journal.path

    def slow(_: pl.DataFrame) -> None:
        with path.open("a") as file:
            file.write("started\n")
        time.sleep(0.1)

    lazy = on_ray(source(slow), "daily", max_concurrency=None).with_row_index()
    if engine == "head":
        assert lazy.filter(pl.col("index") != 1).head(1).collect(engine="streaming").height == 1
    else:
        next(iter(lazy.collect_batches(chunk_size=1, maintain_order=True)))
    before = -1
    while before < len(journal.lines()) < 91:
        before = len(journal.lines())
        time.sleep(0.5)
    assert 1 <= before < 60


def test_a_query_of_a_day_without_data_is_empty(scan: pl.LazyFrame) -> None:
    wanted = scan.filter(day == dt.date(2024, 2, 2))
    assert_same(on_ray(wanted).collect(), wanted.collect())
