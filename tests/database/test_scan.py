"""`scan_db` answers as Polars would over the whole table, on each database and both engines."""

from __future__ import annotations

import datetime as dt
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.db import Column, Description, Query, Statement, explain_sql
from tests.conftest import child_environment
from tests.database import places
from tests.database.reading import APPLICATION, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.postgres import Server

QUERY = "SELECT * FROM trades -- all of them"

DAY, PRICE, SYMBOL, SIZE = (pl.col(c) for c in ("date", "price", "symbol", "size"))

# Queries on the frame and on the database alike.
QUERIES: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "all rows": lambda lf: lf,
    "columns": lambda lf: lf.select("price", "date"),
    "columns beside a filter on another": lambda lf: lf.filter(SYMBOL == "s3").select("price"),
    "range of dates": lambda lf: lf.filter(
        DAY.is_between(dt.date(2024, 1, 10), dt.date(2024, 2, 3))
    ),
    "nothing left": lambda lf: lf.filter(dt.date(2030, 1, 1) < DAY),
    "nulls": lambda lf: lf.filter(SIZE.is_null()),
    "not": lambda lf: lf.filter(~((PRICE > 100) | SYMBOL.is_in(["s1", "s2"]))),
    "what SQL has no form for": lambda lf: lf.filter(SYMBOL.str.reverse() == "4s", PRICE > 50),
    "function of Python": lambda lf: lf.filter(
        SIZE.map_batches(lambda s: s % 3 == 0, return_dtype=pl.Boolean)
    ),
    "count": lambda lf: lf.select(pl.len()),
    "count of a filter": lambda lf: lf.filter(SYMBOL == "s3").select(pl.len()),
    "groups": lambda lf: lf.group_by("symbol").agg(PRICE.sum()).sort("symbol"),
    "self join": lambda lf: lf.filter(SIZE < 50).join(lf.filter(SIZE > 40), on="size"),
    "head": lambda lf: lf.head(5).select(pl.len()),
    "always true": lambda lf: lf.filter(pl.lit(True)),
    "never true": lambda lf: lf.filter(pl.lit(False)),
    "cast": lambda lf: lf.cast({"size": pl.Float64}).filter(SIZE > 1990),
}


@pytest.fixture(scope="session", params=places.DATABASES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> str:
    """The URI of a database that has the table."""
    return places.make(request.param, tmp_path_factory.mktemp("place"), postgres, "trades")


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@pytest.mark.parametrize("name", QUERIES)
def test_the_answer_is_that_of_polars(
    place: str, name: str, engine: Literal["streaming", "in-memory"]
) -> None:
    query = QUERIES[name]
    want = query(places.frame().lazy()).collect(engine=engine)
    got = query(piot.scan_db(QUERY, place)).collect(engine=engine)
    assert_frame_equal(got, want, check_row_order=False)


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_limit_comes_before_a_filter_that_is_written_after_it(
    place: str, engine: Literal["streaming", "in-memory"]
) -> None:
    ordered = piot.scan_db("SELECT * FROM trades ORDER BY price", place)
    first = ordered.head(5).filter(PRICE > 3).collect(engine=engine)
    assert sorted(first["price"]) == [4.5, 6.0]
    after = ordered.filter(PRICE > 3).head(5).collect(engine=engine)
    assert after.height == 5
    assert min(after["price"]) > 3


def test_filters_columns_and_limits_are_in_the_sql(place: str) -> None:
    lf = piot.scan_db(QUERY, place)
    (scan,) = explain_sql(lf.filter(PRICE > 3).select("symbol")).scans
    assert '"price"' in scan.sql.partition("WHERE")[2]
    assert '"size"' not in scan.sql
    assert QUERY in scan.sql
    (scan,) = explain_sql(lf.head(5).filter(PRICE > 3)).scans
    assert scan.limit == 5
    assert scan.sql.index("LIMIT 5") < scan.sql.index("WHERE")


def test_all_of_a_statement_is_shown(place: str) -> None:
    reverse, day = SYMBOL.str.reverse() == "4s", dt.date(2024, 1, 10) <= DAY
    plan = explain_sql(piot.scan_db(QUERY, place).filter(PRICE > 3, reverse, day))
    first, *lines = str(plan).splitlines()
    assert first == place.replace("postgres@", "")
    assert f"  {QUERY}" in lines
    assert any(line.startswith("  with ") and "2024-01-10" in line for line in lines)
    (told,) = [line for line in lines if "reverse" in line]
    assert told.startswith("  filter not pushed, applied by Polars: symbol.str.reverse() == ")
    (told,) = [line for line in lines if line.startswith("  filter") and "price" in line]
    status = "superset, applied again by Polars" if place.startswith("sqlite") else "exact"
    assert told.startswith(f"  filter {status}: price > 3.0 as ")


def test_without_pushdown_the_rows_are_the_same(place: str) -> None:
    lf = piot.scan_db(QUERY, place, pushdown=False).filter(PRICE > 3)
    (scan,) = explain_sql(lf).scans
    assert "WHERE" not in scan.sql
    assert not scan.exact
    want = places.frame().filter(PRICE > 3)
    assert_frame_equal(lf.collect(), want, check_row_order=False)


def test_rows_come_in_batches(place: str) -> None:
    heights: list[int] = []

    def seen(df: pl.DataFrame) -> pl.DataFrame:
        heights.append(df.height)
        return df

    lf = piot.scan_db(QUERY, place, fetch_size=100)
    lf.map_batches(seen, streamable=True).collect(engine="streaming")
    batches = list(_source(lf)(None, None, None, None))
    assert sum(b.height for b in batches) == places.ROWS
    assert len(batches) > 1


def test_parameters_of_the_user_come_before_ours(place: str) -> None:
    hole = "?" if place.startswith("sqlite") else "$1"
    lf = piot.scan_db(f"SELECT * FROM trades WHERE symbol = {hole}", place, params=["s3"])
    got = lf.filter(PRICE > 100).collect()
    want = places.frame().filter(SYMBOL == "s3", PRICE > 100)
    assert_frame_equal(got, want, check_row_order=False)


def test_a_given_schema_asks_nothing_of_the_database_before_rows_are_read(place: str) -> None:
    calls = []

    def where() -> str:
        calls.append(1)
        return place

    lf = piot.scan_db(QUERY, where, schema=places.frame().schema)
    assert lf.filter(PRICE > 3).collect_schema() == places.frame().schema
    assert not calls
    got = lf.filter(PRICE > 3).collect()
    assert calls
    assert_frame_equal(got, places.frame().filter(PRICE > 3), check_row_order=False)


def test_variables_are_read_where_the_rows_are(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lf = piot.scan_db(QUERY, "env:PIOT_TEST_PLACE", schema=places.frame().schema)
    monkeypatch.setenv("PIOT_TEST_PLACE", place)
    assert lf.collect().height == places.ROWS
    # The columns are asked for at the call, with the value of that moment.
    lf = piot.scan_db(QUERY, "env:PIOT_TEST_PLACE")
    monkeypatch.delenv("PIOT_TEST_PLACE")
    with pytest.raises(ValueError, match="the variable is not set"):
        lf.collect()


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_what_is_wrong_is_raised_at_the_call_or_with_a_schema_when_rows_are_read(
    place: str, engine: Literal["streaming", "in-memory"]
) -> None:
    with pytest.raises(piot.DatabaseError, match=r"scan_db: .*nope"):
        piot.scan_db("SELECT nope FROM trades", place)
    lf = piot.scan_db("SELECT nope FROM trades", place, schema={"nope": pl.Int64})
    with pytest.raises(piot.DatabaseError, match=r"scan_db: .*nope"):
        lf.collect(engine=engine)


def test_columns_that_change_after_the_scan_are_noticed(
    tmp_path: Path, postgres: Server, place: str
) -> None:
    database = place.partition("://")[0]
    uri = places.make(database, tmp_path, postgres, "scan_drifting", rows=3)
    lf = piot.scan_db("SELECT * FROM scan_drifting", uri)
    lf.collect()
    _change(database, uri, postgres)
    with pytest.raises(
        piot.SchemaMismatchError,
        match=r"scan_db: column 'size' was Int64 when scanned and is String now",
    ):
        lf.collect()


def _change(database: str, uri: str, postgres: Server) -> None:
    if database == "postgresql":
        postgres.psql("ALTER TABLE scan_drifting ALTER size TYPE text")
        return
    path = uri.partition(":///")[2]
    if database == "duckdb":
        import duckdb

        with duckdb.connect(path) as duck:
            duck.execute("ALTER TABLE scan_drifting ALTER size TYPE VARCHAR")
        return
    import sqlite3

    connection = sqlite3.connect(path)
    connection.executescript("""
        ALTER TABLE scan_drifting DROP COLUMN size;
        ALTER TABLE scan_drifting ADD COLUMN size TEXT;
    """)
    connection.close()


# Queries of one column that take for ever.
ENDLESS = {
    "postgresql": "SELECT pg_sleep(600)::text AS s",
    "duckdb": "SELECT sum((a.range * b.range) % 7)::VARCHAR AS s "
    "FROM range(10000000) a, range(10000000) b",
    "sqlite": "WITH RECURSIVE c(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM c) "
    "SELECT max(s) AS s FROM c",
}


def test_a_query_that_takes_too_long_is_ended(place: str) -> None:
    endless = ENDLESS[place.partition("://")[0]]
    lf = piot.scan_db(endless, place, timeout=0.3, schema_overrides={"s": pl.String})
    with pytest.raises(piot.DatabaseTimeoutError):
        lf.collect()
    _wait_for_threads()


_INTERRUPTED = """
import sys, time
import polars as pl
import polars_io_tools as piot
lf = piot.scan_db(sys.argv[1], sys.argv[2], schema={"s": pl.String})
print("reading", flush=True)
try:
    lf.collect(engine=sys.argv[3])
except KeyboardInterrupt:
    try:
        time.sleep(0.2)  # it may come twice: from Python, and from Polars
    except KeyboardInterrupt:
        pass
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_ctrl_c_ends_a_read(place: str, engine: str, postgres: Server) -> None:
    endless = ENDLESS[place.partition("://")[0]]
    reader = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED, endless, place, engine],
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
    wait_until(lambda: postgres.active(APPLICATION) == 0)


def test_a_query_that_nobody_wants_any_more_is_ended(place: str) -> None:
    rows = iter(_source(piot.scan_db(QUERY, place, fetch_size=1))(None, None, None, None))
    next(rows)
    del rows
    gc.collect()
    _wait_for_threads()


def _wait_for_threads() -> None:
    """Wait until no thread of a read is left."""
    give_up = time.monotonic() + 30
    while any(t.name in ("piot-read", "piot-watch") for t in threading.enumerate()):
        assert time.monotonic() < give_up
        time.sleep(0.02)


def _source(lf: pl.LazyFrame) -> Any:
    from polars_io_tools._polars.sources import asked_sources

    (asked,) = asked_sources(lf)
    return asked.source


def test_a_plan_travels_to_another_process_with_what_is_known(place: str) -> None:
    lf = pickle.loads(pickle.dumps(piot.scan_db(QUERY, place).filter(PRICE > 3)))
    want = places.frame().filter(PRICE > 3)
    assert_frame_equal(lf.collect(), want, check_row_order=False)


@pytest.mark.parametrize("where", ["user", "query"])
def test_a_password_is_in_no_text_and_no_pickle(postgres: Server, where: str) -> None:
    canary = "canary-7c1f"
    uri = f"{postgres.uri}?password={canary}"
    if where == "user":
        uri = postgres.uri.replace("postgres@", f"postgres:{canary}@")
    assert canary in uri
    lf = piot.scan_db("SELECT 1::int8 AS n", uri)
    assert lf.collect()["n"].to_list() == [1]
    plain = pickle.dumps(lf) + lf.serialize()
    assert canary.encode() not in plain
    texts = [lf.explain(), str(explain_sql(lf)), repr(explain_sql(lf)), repr(lf)]
    assert all(canary not in t for t in texts)
    # It is known by its id as long as it is held here, and not in another process.
    assert pickle.loads(pickle.dumps(lf)).collect()["n"].to_list() == [1]


CANARY = "canary-7c1f"

# Connections with a password that cannot be used.
REFUSED = {
    "nobody there": f"postgresql://me:{CANARY}@127.0.0.1:1/db?sslmode=disable",
    "in the query of the URI": f"postgresql://127.0.0.1:1/db?password={CANARY}&sslmode=disable",
    "not a port": f"postgresql://me:{CANARY}@127.0.0.1:x/db",
    "an unknown option": f"postgresql://me:{CANARY}@127.0.0.1:1/db?sslmode=nonsense",
    "an @ in the password": f"postgresql://me:{CANARY}@x@127.0.0.1:1/db?sslmode=disable",
    "a slash in the password": f"postgresql://me:a/{CANARY}@127.0.0.1:1/db?sslmode=disable",
    "another scheme": f"mysql://me:{CANARY}@127.0.0.1:1/db",
    "no scheme": f"Driver=PostgreSQL;Server=x;PWD={CANARY}",
    "words of libpq": f"host=127.0.0.1 port=1 password={CANARY}",
}


@pytest.mark.parametrize("schema", [None, {"n": pl.Int64}], ids=["asked for", "given"])
@pytest.mark.parametrize("how", ["written", "variable", "function"])
@pytest.mark.parametrize("name", REFUSED)
def test_no_error_shows_a_password(
    name: str, how: str, schema: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = REFUSED[name]
    monkeypatch.setenv("PIOT_TEST_CANARY", uri)

    def where() -> str:
        return uri

    connection: Any = {"written": uri, "variable": "env:PIOT_TEST_CANARY", "function": where}[how]
    with pytest.raises((piot.PiotError, ValueError)) as caught:
        piot.scan_db("SELECT 1 AS n", connection, schema=schema, retries=0).collect()
    error: BaseException | None = caught.value
    while error is not None:
        assert CANARY not in f"{error!r} {error} {getattr(error, '__notes__', '')}"
        error = error.__cause__ or error.__context__


_HOLDER = """
import duckdb, sys, time
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
connection.close()
print("closed", flush=True)
sys.stdin.readline()
"""


def test_a_file_that_is_being_written_is_tried_again(tmp_path: Path, postgres: Server) -> None:
    uri = places.make("duckdb", tmp_path, postgres, "trades", rows=3)
    path = uri.removeprefix("duckdb:///")
    schema = places.frame().schema
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with pytest.raises(piot.DatabaseConnectionError, match="lock"):
        piot.scan_db(QUERY, uri, schema=schema, retries=0).collect()
    threading.Timer(0.3, lambda: print(file=holder.stdin, flush=True)).start()
    assert piot.scan_db(QUERY, uri, schema=schema, retries=10).collect().height == 3
    holder.communicate("\n", timeout=30)


def test_a_relative_file_is_that_of_the_folder_where_it_was_written(
    tmp_path: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.make("sqlite", tmp_path, postgres, "trades", rows=3)
    monkeypatch.chdir(tmp_path)
    lazy = [
        piot.scan_db(QUERY, connection)
        for connection in ("sqlite:///trades.sqlite", "trades.sqlite", Path("trades.sqlite"))
    ]
    monkeypatch.chdir(os.sep)
    assert [lf.collect().height for lf in lazy] == [3, 3, 3]


def test_a_database_is_opened_for_reading_only(place: str, postgres: Server) -> None:
    if place.startswith("sqlite"):  # whose queries can change nothing
        with pytest.raises(ValueError, match="single SELECT"):
            piot.scan_db("SELECT * FROM trades; DELETE FROM trades", place)
        return
    if place.startswith("postgresql"):
        postgres.psql("CREATE SEQUENCE scan_counter")
    else:
        import duckdb

        with duckdb.connect(place.removeprefix("duckdb:///")) as connection:
            connection.execute("CREATE SEQUENCE scan_counter")
    # DuckDB refuses to describe it, PostgreSQL to run it.
    with pytest.raises(piot.DatabaseError, match="read-only"):
        piot.scan_db("SELECT nextval('scan_counter')::bigint AS n", place).collect()


class Numbers:
    """A reader of a user's own."""

    dialect = "generic"
    quote = "`"

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def shown(self) -> str:
        return "numbers"

    def describe(self, query: Query) -> Description:
        return Description((Column("n", pl.Int64()), Column("s", pl.String())))

    def read(self, statement: Statement) -> Iterator[pl.DataFrame | None]:
        self.statements.append(statement)
        rows = pl.DataFrame({"n": [1, 2, 3, 4], "s": ["a", "b", "c", "d"]})
        yield None
        yield rows.select([c.name for c in statement.columns])


def test_a_reader_of_ones_own_gets_statements_and_polars_does_the_rest() -> None:
    reader = Numbers()
    lf = piot.scan_db("SELECT n, s FROM numbers", reader)  # type: ignore[arg-type]  # an iterator
    assert lf.filter(pl.col("n") > 2).select("s").collect()["s"].to_list() == ["c", "d"]
    # A limit is not known to be understood, so that it is done here, and first.
    assert lf.head(3).filter(pl.col("n") > 2).collect()["s"].to_list() == ["c"]
    texts = [s.sql for s in reader.statements]
    assert "WHERE `n` >= 3" in texts[0] or "WHERE `n` > 2" in texts[0] or "`n` >= ?" in texts[0]
    assert "LIMIT" not in texts[1]
    assert "WHERE" not in texts[1]
