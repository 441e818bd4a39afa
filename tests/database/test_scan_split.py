"""A database under a split: each task asks for its own period, and the answer stays."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from polars_io_tools.db import explain_sql
from tests.conftest import child_environment
from tests.database import places
from tests.property import process_runner
from tests.property.process_runner import ProcessRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

QUERY = "SELECT * FROM periods"
QUARTER = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))
CANARY = "canary-51d0"


@pytest.fixture(scope="module", params=places.DATABASES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> str:
    """The URI of a database that has the table."""
    return places.make(request.param, tmp_path_factory.mktemp("place"), postgres, "periods")


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


def split(lf: pl.LazyFrame, runner: ProcessRunner) -> pl.LazyFrame:
    by_month = Split("calendar", "date", pl.Date(), 100_000, "monthly")
    return IoSource(lf, by_month, runner, "arrow").lazy("split", None)


def in_order(df: pl.DataFrame) -> pl.DataFrame:
    return df.sort("date", "price")


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_the_rows_are_those_of_the_query(place: str, runner: ProcessRunner, after: bool) -> None:
    lf = piot.scan_db(QUERY, place)
    lazy = split(lf, runner).filter(QUARTER) if after else split(lf.filter(QUARTER), runner)
    got = lazy.select("price", "date").collect()
    assert runner.labels == ["2024-01", "2024-02", "2024-03"]
    want = places.frame().filter(QUARTER).select("price", "date")
    assert_frame_equal(in_order(got), in_order(want))
    assert got["date"].dt.month().is_sorted()


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_each_month_has_a_where_of_its_own(place: str, runner: ProcessRunner, after: bool) -> None:
    lf = piot.scan_db(QUERY, place)
    lazy = split(lf, runner).filter(QUARTER) if after else split(lf.filter(QUARTER), runner)
    plan = explain_sql(lazy.filter(pl.col("price") > 3))
    assert [s.part for s in plan.scans] == ["2024-01", "2024-02", "2024-03"]
    wheres = [s.sql.partition("WHERE")[2] for s in plan.scans]
    assert all('"date"' in w and '"price"' in w for w in wheres)
    # The filter of the query is asked beside that of the period.
    days = [{p for p in s.params if "2024" in p} for s in plan.scans]
    quarter = {"'2024-01-01'", "'2024-03-31'"}
    assert days[0] == {"'2024-01-01'", "'2024-01-31'"} | quarter
    assert days[1] == {"'2024-02-01'", "'2024-02-29'"} | quarter
    assert days[2] == {"'2024-03-01'", "'2024-03-31'"} | quarter
    assert plan.to_polars()["part"].to_list() == ["2024-01", "2024-02", "2024-03"]


def test_a_join_with_another_source_shows_what_it_can(place: str, runner: ProcessRunner) -> None:
    lf = split(piot.scan_db(QUERY, place).filter(QUARTER), runner)
    other = pl.LazyFrame({"symbol": ["s1"]})
    plan = explain_sql(lf.filter(pl.col("price") > 3).join(other, on="symbol"))
    assert [s.part for s in plan.scans] == ["2024-01", "2024-02", "2024-03"]
    assert any("not seen here" in note for note in plan.notes)


def test_tasks_ask_the_server_for_their_month(
    postgres: Server, runner: ProcessRunner, tmp_path: Path
) -> None:
    places.make("postgresql", tmp_path, postgres, "logged", rows=200)
    postgres.psql(
        "CREATE FUNCTION see(date) RETURNS date LANGUAGE plpgsql "
        "AS $$ BEGIN RAISE EXCEPTION 'saw %', $1; END $$;"
    )
    lf = piot.scan_db("SELECT date, price FROM logged", postgres.uri)
    feb = pl.col("date").is_between(dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert split(lf.filter(feb), runner).collect()["date"].dt.month().unique().to_list() == [2]
    # A row of another month would end the query.
    query = (
        "SELECT CASE WHEN date_part('month', date) = 2 THEN date ELSE see(date) END AS seen, "
        "date, price FROM logged"
    )
    only = split(piot.scan_db(query, postgres.uri).filter(feb), runner)
    assert only.collect().height > 0


# What a query does, and whether each part reads all rows for it.
COSTS = {
    "an index on the column": ("SELECT * FROM {table}", False),
    "computed columns": ("SELECT date, i * 2 AS twice FROM {table}", False),
    "no index": ("SELECT next AS date, i FROM {table}", True),
    "a limit": ("SELECT * FROM {table} LIMIT 1000000", True),
    "a window": ("SELECT *, row_number() OVER (ORDER BY i) FROM {table}", True),
    "a window of one day": ("SELECT *, row_number() OVER (PARTITION BY date) FROM {table}", False),
    "a materialised CTE": ("WITH t AS MATERIALIZED (SELECT * FROM {table}) SELECT * FROM t", True),
    "a cast": ("SELECT date::timestamp::date AS date, i FROM {table}", True),
}


@pytest.fixture(scope="module")
def indexed(postgres: Server) -> str:
    """A table with an index on its dates."""
    postgres.psql(
        "CREATE TABLE indexed AS SELECT date '2024-01-01' + i / 1000 AS date, "
        "date '2024-01-01' + i / 1000 AS next, i FROM generate_series(0, 199999) i; "
        "CREATE INDEX ON indexed (date); ANALYZE indexed"
    )
    return "indexed"


@pytest.mark.parametrize("name", COSTS)
def test_parts_that_read_all_rows_are_told(
    name: str, postgres: Server, indexed: str, runner: ProcessRunner
) -> None:
    query, told = COSTS[name]
    lf = piot.scan_db(query.format(table=indexed), postgres.uri)
    plan = explain_sql(split(lf.filter(QUARTER), runner))
    assert len(plan.scans) == 3
    assert any("keeps it out" in note for note in plan.notes) == told


# Queries, and what is said of them.
VARYING = {
    "SELECT * FROM periods LIMIT 1000000": "LIMIT without ORDER BY",
    "SELECT * FROM periods ORDER BY size LIMIT 1000": "LIMIT where rows tie in its ORDER BY",
    "SELECT * FROM periods WHERE random() < 2": "random()",
    "SELECT * FROM (SELECT * FROM periods) AS t ORDER BY price": "",
}


@pytest.mark.parametrize("query", VARYING)
def test_queries_that_give_other_rows_each_time_are_told(
    place: str, runner: ProcessRunner, query: str
) -> None:
    lf = piot.scan_db(query, place)
    notes = explain_sql(split(lf.filter(QUARTER), runner)).notes
    told = [n for n in notes if "may give other rows each time" in n]
    assert len(told) == bool(VARYING[query])
    assert all(f"and {VARYING[query]} may" in n for n in told)
    # One statement is one moment.
    january = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
    for one in (lf.filter(QUARTER), split(lf.filter(january), runner)):
        assert not any("other rows" in n for n in explain_sql(one).notes)


def test_a_limit_below_a_split_is_refused(place: str, runner: ProcessRunner) -> None:
    lf = piot.scan_db(QUERY, place).filter(QUARTER).head(5)
    with pytest.raises(piot.UnsplittablePlanError, match=r"scan_db leaves open"):
        split(lf, runner).collect()
    first = piot.scan_db(f"{QUERY} ORDER BY price LIMIT 5", place).filter(QUARTER)
    assert split(first, runner).collect()["price"].sort().to_list() == [0.0, 1.5, 3.0, 4.5, 6.0]


def test_a_password_in_the_uri_is_no_part_of_the_plan(
    postgres: Server, runner: ProcessRunner
) -> None:
    uri = postgres.uri.replace("postgres@", f"postgres:{CANARY}@")
    query = "SELECT date '2024-01-05' AS date"
    lf = split(piot.scan_db(query, uri).filter(QUARTER), runner)
    sent: list[bytes] = []
    dumps = pickle.dump

    def dump(message: Any, *args: Any, **options: Any) -> None:
        _, payload, spans, items = message
        told = [i for i in items if not isinstance(i, process_runner.Told)]
        assert len(told) < len(items)  # the password is asked for, by these
        sent.append(b"".join(map(bytes, payload)) + pickle.dumps((spans, told)))
        dumps(message, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pickle, "dump", dump)
        assert lf.collect().height == 1
    assert sent
    assert all(CANARY.encode() not in message for message in sent)


def test_a_password_stays_in_its_process(postgres: Server) -> None:
    uri = postgres.uri.replace("postgres@", f"postgres:{CANARY}@")
    lf = piot.scan_db("SELECT date '2024-01-05' AS date", uri)
    written = lf.serialize()
    assert CANARY.encode() not in written
    here = "import sys, io, polars as pl; "
    program = here + "pl.LazyFrame.deserialize(io.BytesIO(sys.stdin.buffer.read())).collect()"
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        input=written,
        capture_output=True,
        check=False,
        env=child_environment(),
    )
    assert b"pass connection='env:NAME'" in elsewhere.stderr
    assert CANARY.encode() not in elsewhere.stderr


def test_a_function_is_called_where_the_rows_are_read(
    place: str, runner: ProcessRunner, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"

    def where() -> str:
        import os

        with calls.open("a") as file:
            file.write(f"{os.getpid()}\n")
        return place

    lf = split(piot.scan_db(QUERY, where).filter(QUARTER), runner)
    assert lf.collect().height == places.frame().filter(QUARTER).height
    assert str(runner._process.pid) in calls.read_text().splitlines()


def test_a_variable_that_a_worker_lacks_is_named(
    runner: ProcessRunner, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("PIOT_TEST_ONLY_HERE", place)
    lf = split(piot.scan_db(QUERY, "env:PIOT_TEST_ONLY_HERE").filter(QUARTER), runner)
    message = r"connection 'env:PIOT_TEST_ONLY_HERE': the variable is not set \(on worker "
    with pytest.raises(ValueError, match=message):
        lf.collect()


@pytest.mark.ray
def test_a_plan_shows_no_password(postgres: Server) -> None:
    uri = postgres.uri.replace("postgres@", f"postgres:{CANARY}@")
    lf = piot.scan_db("SELECT date '2024-01-05' AS date", uri).filter(QUARTER)
    namespace = piot.PiotNamespace(lf)
    plan = namespace.explain_on_ray(date_column="date", time_unit="monthly")
    assert any(s.startswith("scan_db: postgresql://") for s in plan.sources)
    assert CANARY not in f"{plan} {plan!r}"
    lazy = namespace.execute_on_ray(date_column="date", time_unit="monthly")
    assert CANARY not in lazy.explain()
    assert lazy.collect().height == 1


@pytest.mark.ray
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_three_months_on_ray(place: str, after: bool) -> None:
    lf = piot.scan_db(QUERY, place)
    namespace = piot.PiotNamespace(lf if after else lf.filter(QUARTER))
    months = namespace.execute_on_ray(date_column="date", time_unit="monthly")
    rows = months.filter(QUARTER) if after else months
    plan = explain_sql(rows)
    assert [s.part for s in plan.scans] == ["2024-01", "2024-02", "2024-03"]
    got = rows.filter(pl.col("symbol") != "s3").collect()
    want = places.frame().filter(QUARTER, pl.col("symbol") != "s3")
    assert_frame_equal(in_order(got), in_order(want))
    assert got["date"].dt.month().is_sorted()
