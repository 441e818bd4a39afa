"""Drawn filters over nasty values of PostgreSQL, through the engines that know least of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from tests.database import engine_places
from tests.flightsql import FlightServer
from tests.pushdown.engines import ENGINES, Engine
from tests.pushdown.predicates import Predicates
from tests.pushdown.test_scan import keeps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server
    from tests.pushdown.values import Column

DRAWN = 60

# Their type is one of the session that makes the table.
_GONE = {"e", "es"}

# What ODBC reads as another type, and years that it has no text for.
_OTHERWISE = {"u32", "d", "ts", "tz", "dx", "tx"}


@pytest.fixture(scope="module", params=["error", "null"])
def nasty(request: pytest.FixtureRequest, postgres: Server) -> Iterator[Engine]:
    made = ENGINES["postgresql"](postgres.uri, 7)
    for engine in made:
        if engine.infinity == request.param:
            columns = ", ".join('"' + c.name.replace('"', '""') + '"' for c in kept(engine, _GONE))
            with suppress(psycopg.ProgrammingError):  # it gives no rows
                engine.run(f"CREATE TABLE nasty_{request.param} AS SELECT {columns} FROM nasty", [])
            yield engine
    for engine in made:
        engine.close()


def kept(engine: Engine, without: set[str]) -> list[Column]:
    return [c for c in engine.columns if c.name not in without]


@pytest.mark.parametrize("how", ["adbc", "odbc"])
def test_drawn_filters(nasty: Engine, postgres: Server, how: str) -> None:
    columns = kept(nasty, _GONE | (_OTHERWISE if how == "odbc" else set()))
    frame = nasty.frame.select(c.name for c in columns)
    names = ", ".join('"' + c.name.replace('"', '""') + '"' for c in columns)
    query = f"SELECT {names} FROM nasty_{nasty.infinity}"
    connection, options = postgres.uri, {"engine": "adbc", "on_infinity": nasty.infinity}
    if how == "odbc":
        connection, options["engine"] = engine_places.odbc_string(postgres.uri), "odbc"
    lf = piot.scan_db(query, connection, **options)  # type: ignore[arg-type]  # all are words
    assert lf.collect_schema() == frame.schema
    assert_frame_equal(lf.collect(), frame, check_row_order=False)
    check_drawn(lf, frame, columns)


def check_drawn(lf: pl.LazyFrame, frame: pl.DataFrame, columns: list[Column]) -> None:
    drawn = Predicates(frame, columns, 11)
    for _ in range(DRAWN):
        predicate = drawn.draw()
        want = frame.lazy().filter(predicate).select("id").collect()
        got = lf.filter(predicate).select("id").collect()
        assert_frame_equal(got, want, check_row_order=False)


@pytest.mark.parametrize("dialect", ["generic", "duckdb", "postgresql"])
def test_drawn_filters_on_flightsql(tmp_path: Path, dialect: str) -> None:
    import duckdb

    (engine, *rest) = ENGINES["duckdb"]("", 5)
    columns = [c for c in engine.columns if keeps(c.dtype)]
    frame = engine.frame.select(c.name for c in columns)
    for made in (engine, *rest):
        made.close()
    frame.write_parquet(tmp_path / "nasty.parquet")
    with duckdb.connect(str(tmp_path / "nasty.duckdb")) as connection:
        connection.execute(f"CREATE TABLE nasty AS SELECT * FROM '{tmp_path}/nasty.parquet'")
    server = FlightServer(str(tmp_path / "nasty.duckdb"))
    try:
        lf = piot.scan_db("SELECT * FROM nasty", server.uri, dialect=dialect)
        assert lf.collect_schema() == frame.schema
        check_drawn(lf, frame, columns)
    finally:
        server.stop()
