"""A read in partitions under a split: a task reads the partitions that meet its period."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from polars_io_tools.db import Description, Frames, Query, Statement, explain_sql
from polars_io_tools.db._sqlite import SqliteReader
from tests.database import places
from tests.property.process_runner import ProcessRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

QUERY = "SELECT * FROM parted"
DAY = pl.col("date")
QUARTER = DAY.is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))


class Logged:
    """A reader of an SQLite file that writes down the statements it runs."""

    dialect, quote = "sqlite", '"'

    def __init__(self, path: str, log: Path) -> None:
        self._reader = SqliteReader(path)
        self._log = log

    def shown(self) -> str:
        return "logged"

    def describe(self, query: Query) -> Description:
        return self._reader.describe(query)

    def read(self, statement: Statement) -> Frames:
        with self._log.open("a") as log:
            log.write(f"{' '.join(map(str, statement.params))}\n")
        return self._reader.read(statement)


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


# Partitions, how many statements three months send, and how many are sent where the second and the
# third share a task.
UNDER_A_SPLIT: dict[str, tuple[piot.Partitions, int, int]] = {
    # Weeks that begin in one month and end in the next are in both.
    "derived": (piot.by_time("date", "1w"), 15, 14),
    "listed": (
        [
            piot.ReadPartition(dt.date(2024, 2, 1) > DAY, "old"),
            piot.ReadPartition(dt.date(2024, 2, 1) <= DAY, "new"),
        ],
        3,
        2,
    ),
    "of another column": (piot.by_value("symbol", [f"s{n}" for n in range(7)]), 21, 14),
    "of no use": (piot.by_value("symbol"), 3, 2),
}


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("name", UNDER_A_SPLIT)
def test_a_task_reads_the_partitions_of_its_period(
    name: str, after: bool, runner: ProcessRunner, tmp_path: Path, postgres: Server
) -> None:
    partitions, explained, sent = UNDER_A_SPLIT[name]
    uri = places.make("sqlite", tmp_path, postgres, "parted")
    log = tmp_path / "log"
    reader = Logged(uri.partition(":///")[2], log)
    lf = piot.scan_db(QUERY, reader, partitions=partitions)
    by_month = Split("calendar", "date", pl.Date(), 100_000, "monthly")
    query = lf if after else lf.filter(QUARTER)
    split = IoSource(query, by_month, runner, "arrow").lazy("split", None)
    split = split.filter(QUARTER) if after else split
    got = split.select("price", "date").collect()
    assert runner.labels == ["2024-01", "2024-02", "2024-03"]
    want = places.frame().filter(QUARTER).select("price", "date")
    assert_frame_equal(got, want, check_row_order=False)
    assert len(log.read_text().splitlines()) == sent
    plan = explain_sql(split)
    assert len(plan.scans) == explained
    if name == "listed":
        assert [s.part for s in plan.scans] == ["2024-01, old", "2024-02, new", "2024-03, new"]


@pytest.mark.ray
@pytest.mark.parametrize("database", places.DATABASES)
def test_three_months_of_weeks_on_ray(database: str, tmp_path: Path, postgres: Server) -> None:
    uri = places.make(database, tmp_path, postgres, "weeks_on_ray")
    lf = piot.scan_db("SELECT * FROM weeks_on_ray", uri, partitions=piot.by_time("date", "1w"))
    months = piot.PiotNamespace(lf).execute_on_ray(date_column="date", time_unit="monthly")
    got = months.filter(QUARTER, pl.col("symbol") != "s3").collect()
    want = places.frame().filter(QUARTER, pl.col("symbol") != "s3")
    assert_frame_equal(got, want, check_row_order=False)
