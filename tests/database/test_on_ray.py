"""A server under the tasks of a query: one state for all of them, and few connections."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import psycopg
import pytest

import polars_io_tools as piot
from polars_io_tools._budget import BUDGET
from polars_io_tools._resources import Resources
from polars_io_tools.db._secrets import server_of
from tests.database import places
from tests.database.reading import wait_until

if TYPE_CHECKING:
    from tests.postgres import Server

pytestmark = pytest.mark.ray

YEAR = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
QUERY = "SELECT * FROM periods"
ROUNDS = 20
ROWS = 1_200

# Each task takes a moment, in which the rows of others move.
SLOW = "WITH slow AS MATERIALIZED (SELECT pg_sleep(0.02)) SELECT date, n FROM {table}, slow"

MOVING = """
    DROP TABLE IF EXISTS {table};
    CREATE TABLE {table} AS SELECT make_date(2024, 1 + g % 12, 15) AS date, 1 AS n
    FROM generate_series(1, {rows}) g
"""

# All rows of some month go to a later or earlier one, all the time.
MOVE = """DO $$ DECLARE a int; b int; BEGIN LOOP
    a := 1 + (random() * 11)::int; b := 1 + (random() * 11)::int;
    UPDATE {table} SET date = make_date(2024, b, 15) WHERE date = make_date(2024, a, 15);
    COMMIT;
END LOOP; END $$;
"""


def monthly(lf: pl.LazyFrame, **options: Any) -> pl.LazyFrame:
    lazy: pl.LazyFrame = piot.PiotNamespace(lf.filter(YEAR)).execute_on_ray(
        date_column="date", time_unit="monthly", **{"max_periods_per_task": 1} | options
    )
    return lazy


@pytest.fixture
def moving(postgres: Server) -> Iterator[str]:
    """A table whose rows move between months while it is read."""
    postgres.psql(MOVING.format(table="moving", rows=ROWS))
    writer = postgres.psql_process()
    assert writer.stdin is not None
    writer.stdin.write(MOVE.format(table="moving"))
    writer.stdin.flush()
    wait_until(lambda: postgres.psql("SELECT count(DISTINCT date) < 12 FROM moving") == "t")
    yield "moving"
    postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %'")
    writer.wait(60)
    writer.stdin.close()


def test_all_tasks_see_one_state(postgres: Server, moving: str) -> None:
    query = SLOW.format(table=moving)
    totals = [
        monthly(piot.scan_db(query, postgres.uri)).select("n").collect().height
        for _ in range(ROUNDS)
    ]
    assert totals == [ROWS] * ROUNDS
    # The control: without it, rows are seen twice, or not at all.
    off = piot.scan_db(query, postgres.uri, snapshot="off")
    assert any(monthly(off).collect().height != ROWS for _ in range(ROUNDS))


def test_a_task_that_is_tried_again_sees_the_same_state(postgres: Server, tmp_path: Path) -> None:
    postgres.psql(MOVING.format(table="retried", rows=ROWS))
    once, uri, driver = tmp_path / "once", postgres.uri, os.getpid()

    def connection() -> str:
        if os.getpid() != driver and not once.exists():
            once.touch()
            with psycopg.connect(uri) as other:
                other.execute("UPDATE retried SET date = date + 31 WHERE date < '2024-03-01'")
            raise ConnectionError("broken")
        return uri

    got = monthly(piot.scan_db("SELECT date, n FROM retried", connection)).collect()
    assert once.exists()
    assert got.group_by("date").len()["len"].to_list() == [ROWS / 12] * 12
    assert postgres.psql("SELECT count(*) FROM retried WHERE date < '2024-02-01'") == "0"


def test_nothing_of_a_query_is_held_after_it(postgres: Server) -> None:
    postgres.psql(MOVING.format(table="after", rows=ROWS))
    monthly(piot.scan_db("SELECT date, n FROM after", postgres.uri)).collect()
    assert postgres.psql(_HOLDERS) == "0"
    assert BUDGET.left(server_of(postgres.uri), 16) == 16
    lazy = monthly(piot.scan_db("SELECT date, 1 / (n - 1) AS n FROM after", postgres.uri))
    with pytest.raises(piot.WorkerError, match="division by zero"):
        lazy.collect()
    wait_until(lambda: postgres.psql(_HOLDERS) == "0")
    wait_until(lambda: BUDGET.left(server_of(postgres.uri), 16) == 16)


_HOLDERS = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"

_OURS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'polars-io-tools' AND datname = current_database()
"""


@contextmanager
def watched(uri: str) -> Iterator[list[int]]:
    """Count our connections all the while."""
    counts: list[int] = []
    over = threading.Event()

    def watch() -> None:
        with psycopg.connect(uri, autocommit=True) as connection:
            while not over.wait(0.005):
                row = connection.execute(_OURS).fetchone()
                assert row is not None
                counts.append(row[0])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()


def named(uri: str, server: Server) -> str:
    """Wait until nothing of earlier tests is connected, whose processes keep connections."""
    server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'polars-io-tools'"
    )
    wait_until(lambda: server.psql(_OURS) == "0")
    return uri


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tasks of a run there were, each time when one begins."""
    found: list[int] = []
    begin = Resources.begin_task

    def begin_task(self: Resources) -> None:
        begin(self)
        found.append(self._tasks)

    monkeypatch.setattr(Resources, "begin_task", begin_task)
    return found


@pytest.mark.parametrize("snapshot", ["auto", "off"])
def test_there_are_no_more_connections_than_allowed(
    postgres: Server, running: list[int], snapshot: Any
) -> None:
    postgres.psql(MOVING.format(table="budget", rows=ROWS))
    uri = named(postgres.uri, postgres)
    lf = piot.scan_db(SLOW.format(table="budget"), uri, snapshot=snapshot, max_connections=4)
    with watched(uri) as counts:
        # There would be CPUs for twenty.
        got = monthly(lf, remote_options={"num_cpus": 0.1}).collect()
    assert got.height == ROWS
    assert max(counts) <= 4
    # The control: there were as many tasks as that leaves room for.
    assert max(running) == (3 if snapshot == "auto" else 4)


def test_queries_at_once_share_what_is_allowed(postgres: Server, running: list[int]) -> None:
    postgres.psql(MOVING.format(table="shared", rows=ROWS))
    uri = named(postgres.uri, postgres)
    lf = piot.scan_db(SLOW.format(table="shared"), uri, max_connections=5)
    lazy = monthly(lf, remote_options={"num_cpus": 0.1})
    heights: list[int] = []
    threads = [
        threading.Thread(target=lambda: heights.append(lazy.collect().height)) for _ in range(2)
    ]
    with watched(uri) as counts:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heights == [ROWS, ROWS]
    assert max(counts) <= 5
    assert max(running) >= 3


def test_a_process_keeps_one_connection(postgres: Server) -> None:
    postgres.psql(MOVING.format(table="kept", rows=ROWS))
    uri = named(postgres.uri, postgres)
    query = "SELECT date, pg_backend_pid() AS pid FROM kept"
    got = monthly(piot.scan_db(query, uri)).collect()
    assert got.height == ROWS
    # Two CPUs, and maybe a worker that came instead of another one.
    assert got["pid"].n_unique() <= 4


def test_what_a_task_takes_counts(postgres: Server) -> None:
    postgres.psql(MOVING.format(table="taken", rows=ROWS))
    alone = piot.scan_db("SELECT date, n FROM taken", postgres.uri, max_connections=1)
    message = "max_connections=1 is too small: each task needs 1 connections .* and one goes"
    with pytest.raises(ValueError, match=message):
        monthly(alone).collect()
    off = piot.scan_db("SELECT date, n FROM taken", postgres.uri, max_connections=1, snapshot="off")
    assert monthly(off).collect().height == ROWS
    # The same query twice in a plan is read twice by a task.
    twice = off.join(off.rename({"n": "m"}), on="date", how="semi")
    with pytest.raises(ValueError, match="each task needs 2 connections"):
        monthly(twice).collect()


def written_to(path: Path, uri: str, write: Callable[[], object]) -> Callable[[], str]:
    """Return a connection with which the first task finds a file that is written to."""
    driver = os.getpid()

    def connection() -> str:
        if os.getpid() != driver and not path.exists():
            path.touch()
            write()
        return uri

    return connection


def test_an_sqlite_file_that_is_written_to(tmp_path: Path, postgres: Server) -> None:
    uri = places.make("sqlite", tmp_path, postgres, "periods")
    path = tmp_path / "trades.sqlite"

    def write() -> None:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE periods SET price = price + 1")

    def read(snapshot: Any) -> int:
        # Tasks of one query may end after it.
        connection = written_to(tmp_path / snapshot, uri, write)
        return monthly(piot.scan_db(QUERY, connection, snapshot=snapshot)).collect().height

    for snapshot in ("auto", "required"):
        with pytest.raises(piot.SnapshotEndedError, match="was written to while"):
            read(snapshot)
    assert read("off") == places.ROWS


def test_a_duckdb_file_cannot_be_written_to_meanwhile(tmp_path: Path, postgres: Server) -> None:
    uri = places.make("duckdb", tmp_path, postgres, "periods")
    path, refused = tmp_path / "trades.duckdb", tmp_path / "refused"

    def write() -> None:
        program = f"import duckdb; duckdb.connect({str(path)!r}).execute('DROP TABLE periods')"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
        refused.write_bytes(done.stderr)

    connection = written_to(tmp_path / "once", uri, write)
    lf = piot.scan_db(QUERY, connection, snapshot="required")
    assert monthly(lf).collect().height == places.ROWS
    assert b"lock" in refused.read_bytes()
