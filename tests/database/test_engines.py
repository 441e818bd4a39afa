"""ADBC drivers and ODBC answer as Polars would over the whole table, and end when they are to."""

from __future__ import annotations

import gc
import pickle
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.db import explain_sql
from tests.conftest import child_environment
from tests.database import engine_places, places
from tests.database.engine_places import CANARY, Place
from tests.database.reading import wait_until
from tests.database.test_scan import (
    ENDLESS,
    PRICE,
    QUERIES,
    SYMBOL,
    _source,
    _wait_for_threads,
)
from tests.database.test_scan_split import QUARTER, in_order, split
from tests.property.process_runner import ProcessRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

Engine = Literal["streaming", "in-memory"]


@pytest.fixture(scope="module", params=engine_places.ENGINES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    found = engine_places.make(request.param, folder, postgres, "trades")
    yield found
    found.close()


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@pytest.mark.parametrize("name", QUERIES)
def test_the_answer_is_that_of_polars(place: Place, name: str, engine: Engine) -> None:
    query = QUERIES[name]
    want = query(places.frame().lazy()).collect(engine=engine)
    got = query(place.trades()).collect(engine=engine)
    assert_frame_equal(got, want, check_row_order=False)


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_limit_comes_before_a_filter_that_is_written_after_it(
    place: Place, engine: Engine
) -> None:
    ordered = place.scan(f"SELECT * FROM {place.table} ORDER BY price")
    first = ordered.head(5).filter(PRICE > 3).collect(engine=engine)
    assert sorted(first["price"]) == [4.5, 6.0]
    after = ordered.filter(PRICE > 3).head(5).collect(engine=engine)
    assert after.height == 5
    assert min(after["price"]) > 3


def test_filters_are_in_the_sql(place: Place) -> None:
    (scan,) = explain_sql(place.trades().filter(QUARTER, SYMBOL == "s3")).scans
    where = scan.sql.partition("WHERE")[2]
    assert '"date"' in where
    assert '"symbol"' in where
    # Only the dialects whose types are known say that they leave nothing to Polars.
    assert scan.exact == (
        place.options in ({"engine": "adbc"}, {"dialect": "duckdb"}) and place.database != "sqlite"
    )


def test_rows_come_in_batches(place: Place) -> None:
    batches = list(_source(place.trades(fetch_size=100))(None, None, None, None))
    heights = [b.height for b in batches if b.height]
    assert sum(heights) == places.ROWS
    assert len(heights) > 1


def test_parameters_of_the_user_come_before_ours(place: Place) -> None:
    query = f"SELECT * FROM {place.table} WHERE symbol = {place.hole}"
    lf = place.scan(query, params=["s3"])
    got = lf.filter(PRICE > 100, SYMBOL == "s3").collect()
    want = places.frame().filter(SYMBOL == "s3", PRICE > 100)
    assert_frame_equal(got, want, check_row_order=False)


def test_a_given_schema_is_held_against_what_comes(place: Place) -> None:
    schema = places.frame().schema
    lf = place.trades(schema=schema)
    assert_frame_equal(lf.collect(), places.frame(), check_row_order=False)
    wrong = place.trades(schema={**schema, "price": pl.String})
    with pytest.raises(piot.PiotError, match="price"):
        wrong.collect()


# What an engine that cannot cancel has to work through: some seconds.
_LONG = (
    "WITH RECURSIVE c(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM c LIMIT 20000000) "
    "SELECT max(s) AS s FROM c"
)


def endless(place: Place, **options: Any) -> pl.LazyFrame:
    query = _LONG if place.database == "sqlite" else ENDLESS[place.database]
    return place.scan(query, schema={"s": pl.String}, **options)


def test_a_query_that_takes_too_long_is_ended(place: Place) -> None:
    with pytest.raises(piot.DatabaseTimeoutError, match="scan_db: "):
        endless(place, timeout=0.3).collect()
    _wait_for_threads()


_INTERRUPTED = """
import sys, time
import polars as pl
import polars_io_tools as piot
uri, query, options, engine = sys.argv[1], sys.argv[2], eval(sys.argv[3]), sys.argv[4]
if uri.startswith("Driver"):
    from tests import odbc
    odbc.driver()
lf = piot.scan_db(query, uri, schema={"s": pl.String}, **options)
print("reading", flush=True)
try:
    lf.collect(engine=engine)
except KeyboardInterrupt:
    try:
        time.sleep(0.2)  # it may come twice: from Python, and from Polars
    except KeyboardInterrupt:
        pass
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_ctrl_c_ends_a_read(place: Place, engine: str, postgres: Server) -> None:
    arguments = [place.uri, ENDLESS[place.database], repr(place.options), engine]
    reader = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    time.sleep(1)  # if it comes before the query has begun, that is right as well
    reader.send_signal(signal.SIGINT)
    out, _ = reader.communicate(timeout=60)
    assert out == "interrupted\n"
    wait_until(lambda: postgres.psql(_RUNNING) == "0")


# Other than the one that asks.
_RUNNING = (
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' "
    "AND pid <> pg_backend_pid()"
)


def test_a_query_that_nobody_wants_any_more_is_ended(place: Place) -> None:
    rows = iter(_source(place.trades(fetch_size=1))(None, None, None, None))
    next(rows)
    del rows
    gc.collect()
    _wait_for_threads()


def test_closing_cancels_a_query(place: Place, postgres: Server) -> None:
    if place.uri.startswith("Driver"):  # nothing is cancelled through ODBC
        return
    rows = iter(_source(endless(place))(None, None, None, None))
    next(rows)
    if place.database == "postgresql":
        wait_until(lambda: postgres.psql(_RUNNING) == "1")
    del rows
    gc.collect()
    _wait_for_threads()
    wait_until(lambda: postgres.psql(_RUNNING) == "0")


def test_columns_that_change_after_the_scan_are_noticed(
    place: Place, tmp_path: Path, postgres: Server, request: pytest.FixtureRequest
) -> None:
    if place.servers:  # whose file cannot be changed below it
        lf = place.scan("SELECT 1::INTEGER AS size", schema={"size": pl.String})
        with pytest.raises(piot.UnsupportedColumnError, match="'size' comes as Int32 and is not"):
            lf.collect()
        return
    engine = request.node.callspec.params["place"]
    drifting = engine_places.make(engine, tmp_path, postgres, "drifting", 3)
    name = drifting.table
    lf = drifting.trades()
    lf.collect()
    if place.database == "postgresql":
        postgres.psql(f"ALTER TABLE {name} ALTER size TYPE text")
    else:
        import sqlite3

        connection = sqlite3.connect(drifting.uri.partition(":///")[2])
        connection.executescript(
            f"ALTER TABLE {name} DROP COLUMN size; ALTER TABLE {name} ADD COLUMN size TEXT"
        )
        connection.close()
    message = "scan_db: column 'size' was Int64 when scanned and is String now"
    with pytest.raises(piot.SchemaMismatchError, match=message):
        lf.collect()


@pytest.fixture(scope="module")
def runner(place: Place) -> Iterator[ProcessRunner]:
    # After the place, which says where the libraries of ODBC are.
    runner = ProcessRunner()
    yield runner
    runner.close()


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_each_task_reads_its_month(place: Place, runner: ProcessRunner, after: bool) -> None:
    # As where workers start: a password does not travel in a plan.
    lf = piot.scan_db(f"SELECT * FROM {place.table}", _function_of(place.uri), **place.options)
    lazy = split(lf, runner).filter(QUARTER) if after else split(lf.filter(QUARTER), runner)
    got = lazy.select("price", "date").collect()
    assert runner.labels == ["2024-01", "2024-02", "2024-03"]
    want = places.frame().filter(QUARTER).select("price", "date")
    assert_frame_equal(in_order(got), in_order(want))


def _function_of(uri: str) -> Any:
    def where() -> str:
        from tests import odbc

        if uri.startswith("Driver"):
            odbc.driver()
        return uri

    return where


def test_a_password_is_in_no_text_and_no_pickle(place: Place) -> None:
    assert (CANARY in place.uri) == (place.database != "sqlite")  # which is a file
    lf = place.trades()
    plain = pickle.dumps(lf) + lf.serialize()
    assert CANARY.encode() not in plain
    texts = [lf.explain(), str(explain_sql(lf)), repr(explain_sql(lf)), repr(lf)]
    assert all(CANARY not in t for t in texts)
    assert pickle.loads(pickle.dumps(lf)).select(pl.len()).collect().item() == places.ROWS


def test_a_connection_is_for_reading_only(place: Place, postgres: Server) -> None:
    if place.database != "postgresql":
        return
    postgres.psql("CREATE SEQUENCE IF NOT EXISTS engine_counter")
    with pytest.raises(piot.DatabaseError, match="read-only"):
        place.scan("SELECT nextval('engine_counter')::bigint AS n").collect()
