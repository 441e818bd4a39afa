"""Errors of `scan_db` that need no server, for the tables of messages."""

from __future__ import annotations

import builtins
import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

import polars_io_tools as piot
from polars_io_tools._budget import BUDGET
from polars_io_tools._lifetime import Lifetime
from polars_io_tools._resources import Resources
from polars_io_tools.db import (
    Column,
    Description,
    Query,
    Statement,
    _source,
    _sqlite_values,
    _wanted,
)
from polars_io_tools.db._sharing import Sharing
from polars_io_tools.db._sqlite import SqliteReader
from polars_io_tools.errors import InternalError
from tests.messages import Case, Patch

__all__ = ["DATABASE_CASES"]

Cause = Callable[[Patch, Path], object]


def scan(
    query: Any = "SELECT 1", connection: Any = "x.sqlite", *args: Any, **options: Any
) -> Cause:
    """Return what calls `scan_db`."""
    return lambda *_: piot.scan_db(query, connection, *args, **options)


def sqlite(query: str, *, collect: bool = False, **options: Any) -> Cause:
    """Return what scans a file of SQLite, whose values are not all of their types."""

    def cause(_: Patch, folder: Path) -> object:
        path = folder / "t.sqlite"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE t (d DATE, i INTEGER, n NUMERIC(9,2))")
        rows = [("2024-01-05", 1, 1), ("2024-01-06", 2, 2), ("2024-1-5", 3, 3)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        connection.commit()
        connection.close()
        lf = piot.scan_db(query, path, **options)
        return lf.collect() if collect else lf

    return cause


def duckdb(query: str, *, collect: bool = False, **options: Any) -> Cause:
    """Return what scans a file of DuckDB."""

    def cause(_: Patch, folder: Path) -> object:
        import duckdb

        path = folder / "t.duckdb"
        duckdb.connect(str(path)).close()
        lf = piot.scan_db(query, path, **options)
        return lf.collect() if collect else lf

    return cause


def without_duckdb(patch: Patch, folder: Path) -> object:
    imported = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return imported(name, *args)

    patch.setattr(builtins, "__import__", without)
    return piot.scan_db("SELECT 1 AS n", folder / "x.duckdb")


def where() -> str:
    return None  # type: ignore[return-value]  # what is wrong


class Other:
    """A reader that does not give what it says."""

    dialect, quote = "generic", '"'

    def shown(self) -> str:
        return "other"

    def describe(self, _: Query) -> Description:
        return Description((Column("n", pl.Int64()),))

    def read(self, _: Statement) -> Any:
        yield pl.DataFrame({"n": [1], "m": [2]})


def other(*_: object) -> object:
    return piot.scan_db("SELECT n FROM t", Other()).collect()


def process_ends(patch: Patch, folder: Path) -> object:
    class Ending(Lifetime):
        def __init__(self) -> None:
            super().__init__()
            self.exiting = True

    patch.setattr(_source, "Lifetime", Ending)
    return sqlite("SELECT i FROM t", collect=True)(patch, folder)


def cancelled(patch: Patch, folder: Path) -> object:
    patch.setattr(_wanted, "is_interrupted", lambda: True)
    return sqlite("SELECT i FROM t", collect=True)(patch, folder)


def connections(most: int, *, held: int) -> Cause:
    """Return what begins a run whose tasks take five connections each."""

    def cause(*_: object) -> None:
        for _number in range(held):
            BUDGET.hold("db:1", most)
        resources = Resources(lambda *_: None, processes=1)
        try:
            resources.connect("db:1", 5, most)
            resources.start()
        finally:
            for _number in range(held):
                BUDGET.let_go("db:1")
            resources.close()

    return cause


def not_shared(*_: object) -> object:
    lf: Any = SimpleNamespace(reader=Other, shown=Other().shown, asked=Query("SELECT n FROM t"))
    return Sharing("required", 16).prepare(lf, Resources(lambda *_: None, processes=1))


def written_while_it_is_read(_: Patch, folder: Path) -> None:
    path = folder / "t.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (i INTEGER)")
    with closing(SqliteReader(str(path)).share(Query("SELECT i FROM t"))) as state:
        state.check()
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        connection.close()
        state.check()


def no_value_by_itself(patch: Patch, folder: Path) -> object:
    patch.setattr(_sqlite_values, "_fails", lambda *_: False)
    return _sqlite_values.to_series("i", [2**70], pl.Int64(), 0)


ENDLESS = (
    "WITH RECURSIVE c(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM c) SELECT max(s) AS s FROM c"
)

DATABASE_CASES = {
    # What is given to the call.
    "unknown scheme": Case(
        scan(connection="foo://x"),
        ValueError,
        "scan_db: no reader for 'foo://'; known: bigquery://, duckdb://, grpc://, "
        "grpc+tcp://, grpc+tls://, postgresql://, snowflake://, sqlite://; for ODBC "
        "pass 'Driver=…' or 'DSN=…'",
    ),
    "misspelt scheme": Case(
        scan(connection="postgre://x"),
        ValueError,
        "scan_db: no reader for 'postgre://'",
        "did you mean postgres",
    ),
    "no file": Case(
        scan(connection="duckdb://x.db"),
        ValueError,
        "scan_db: duckdb://x.db names no file",
        "write duckdb:///relative.db or duckdb:////absolute.db",
    ),
    "in memory": Case(
        scan(connection="sqlite:///:memory:"),
        ValueError,
        "scan_db: sqlite:///:memory: names no file",
    ),
    "file of any database": Case(
        scan(connection="trades.db"),
        ValueError,
        "scan_db: of what database is 'trades.db'? Files end in .duckdb, ",
        "write duckdb:///file or sqlite:///file",
    ),
    "connection of a wrong type": Case(
        scan(connection=5),
        TypeError,
        "scan_db: connection must be a URI, an ODBC string, a path, ",
        "not int",
    ),
    "a function that gives no URI": Case(
        scan(connection=where), TypeError, "scan_db: where() must return a URI, not NoneType"
    ),
    "a variable that is not set": Case(
        scan(connection="env:PIOT_NO_SUCH"),
        ValueError,
        "scan_db: connection 'env:PIOT_NO_SUCH': the variable is not set",
    ),
    "an extra that is not there": Case(
        without_duckdb,
        piot.MissingDependencyError,
        'scan_db: duckdb:// needs an extra: pip install "polars-io-tools-go[db]"',
    ),
    "query of a wrong type": Case(
        scan(b"SELECT 1"), TypeError, "scan_db: query must be a str, not bytes"
    ),
    "no query": Case(
        scan("DELETE FROM t"),
        ValueError,
        "scan_db: the query must be a single SELECT/WITH/VALUES, got DELETE",
    ),
    "two queries": Case(
        scan("SELECT 1; DROP TABLE t"),
        ValueError,
        "scan_db: the query must be a single SELECT/WITH/VALUES, and "
        '"DROP" begins another statement',
    ),
    "too few values": Case(
        scan("SELECT ?, ?", params=[1]),
        ValueError,
        "scan_db: the query has 2 placeholders, and params has 1 values",
    ),
    "values by name": Case(
        scan("SELECT ?", params={"a": 1}),
        TypeError,
        "scan_db: params must be a list of values, in the order of placeholders",
    ),
    "value of a wrong type": Case(
        scan("SELECT $1", "postgresql://127.0.0.1:1/db", params=[object()], retries=0),
        TypeError,
        "scan_db: a parameter cannot be a object",
    ),
    "value of a type that SQLite has not": Case(
        sqlite("SELECT i FROM t WHERE i = ?", params=[[1]], collect=True),
        TypeError,
        "scan_db: a parameter of SQLite cannot be a list",
    ),
    "value with a time zone": Case(
        sqlite(
            "SELECT i FROM t WHERE i = ?",
            params=[dt.datetime(2024, 1, 5, tzinfo=dt.UTC)],
            collect=True,
        ),
        TypeError,
        "scan_db: SQLite keeps no time zones",
        "pass a datetime without one",
    ),
    "infinity": Case(
        scan(on_infinity="nan"),
        ValueError,
        "scan_db: on_infinity must be 'error' or 'null', not 'nan'",
    ),
    "batches": Case(
        scan("SELECT 1", "x.sqlite", 0), ValueError, "scan_db: fetch_size must be at least 1, not 0"
    ),
    "batches of a wrong type": Case(
        scan("SELECT 1", "x.sqlite", 1.5),
        TypeError,
        "scan_db: fetch_size must be an int, not float",
    ),
    "retries": Case(scan(retries=-1), ValueError, "scan_db: retries must be at least 0, not -1"),
    "timeout of a wrong type": Case(
        scan(timeout="1s"),
        TypeError,
        "scan_db: timeout must be a timedelta or seconds, not str",
    ),
    "timeout": Case(
        scan(timeout=dt.timedelta(0)), ValueError, "scan_db: timeout must be above 0, not 0:00:00"
    ),
    # What the database says when it is asked for the columns, at the call.
    "no such file": Case(
        lambda _, folder: piot.scan_db("SELECT 1 AS n", folder / "no.sqlite"),
        piot.DatabaseConnectionError,
        "scan_db: sqlite:///",
        "no.sqlite: unable to open database file",
    ),
    "no such server": Case(
        scan(connection="postgresql://127.0.0.1:1/db?sslmode=disable", retries=0),
        piot.DatabaseConnectionError,
        "scan_db: no connection to database 'db' on 127.0.0.1:1 as user ",
    ),
    "no address of a server": Case(
        scan(connection="postgresql://me:canary@127.0.0.1:x/db"),
        ValueError,
        "scan_db: the connection string cannot be read; write postgresql://",
    ),
    "no such table": Case(
        sqlite("SELECT * FROM nope"), piot.DatabaseError, "scan_db: no such table: nope"
    ),
    "no such table of DuckDB": Case(
        duckdb("SELECT * FROM nope"),
        piot.DatabaseError,
        "scan_db: Catalog Error: Table with name nope does not exist",
    ),
    "no SQL": Case(sqlite("SELECT FROM WHERE"), piot.DatabaseError, 'scan_db: near "FROM": syntax'),
    "twice the same name": Case(
        duckdb("SELECT 1 AS i, 2 AS i"),
        piot.UnsupportedColumnError,
        "scan_db: column 'i' appears twice; give it an alias",
    ),
    "an expression of SQLite": Case(
        sqlite("SELECT i + 1 AS y FROM t"),
        piot.UnsupportedColumnError,
        "scan_db: SQLite gives no type for 'y'; pass schema_overrides={'y': ...}",
    ),
    "a type that SQLite does not keep": Case(
        sqlite("SELECT n FROM t"),
        piot.UnsupportedColumnError,
        "scan_db: SQLite keeps no NUMERIC(9,2) for 'n'; pass schema_overrides={'n': ...}",
    ),
    "a type that is not read": Case(
        sqlite("SELECT i FROM t", schema_overrides={"i": pl.Duration("us")}),
        piot.UnsupportedColumnError,
        "scan_db: column 'i' of SQLite cannot be read as Duration(time_unit='us')",
        "as a pl.String it can",
    ),
    "a type of DuckDB that is not read": Case(
        duckdb("SELECT INTERVAL 1 MONTH AS x, INTERVAL 2 MONTH AS y"),
        piot.UnsupportedColumnError,
        "scan_db: column 'x' is INTERVAL, which is not read; write x::VARCHAR in the query, or "
        "pass schema_overrides={'x': pl.String}\n",
        "column 'y' is INTERVAL",
    ),
    # What comes up while rows are read.
    "a value that is not of its type": Case(
        sqlite("SELECT d FROM t", collect=True),
        piot.ColumnValueError,
        "scan_db: column 'd' row 3: '2024-1-5' is not a DATE (YYYY-MM-DD)",
    ),
    "an infinite date": Case(
        duckdb("SELECT 'infinity'::DATE AS d", collect=True),
        piot.ColumnValueError,
        "scan_db: column 'd' row 1: infinity",
        "pass on_infinity='null'",
    ),
    "a column that is gone": Case(
        sqlite("SELECT i FROM t", schema={"i": pl.Int64, "x": pl.Int64}, collect=True),
        piot.SchemaMismatchError,
        "scan_db: column 'x' was Int64 and is gone now",
    ),
    "a column of another type": Case(
        sqlite(
            "SELECT i FROM t",
            schema={"i": pl.Int64},
            schema_overrides={"i": pl.Float64},
            collect=True,
        ),
        piot.SchemaMismatchError,
        "scan_db: column 'i' was Int64 when scanned and is Float64 now",
    ),
    "a column too many": Case(
        sqlite("SELECT d, i FROM t", schema={"d": pl.Date}, collect=True),
        piot.SchemaMismatchError,
        "scan_db: the query gives the column 'i', which schema= does not name",
    ),
    "other columns from a reader": Case(
        other, piot.SchemaMismatchError, "scan_db: the columns ['n', 'm'] came instead of ['n']"
    ),
    "a query that takes too long": Case(
        sqlite(ENDLESS, timeout=0.2, schema_overrides={"s": pl.Int64}, collect=True),
        piot.DatabaseTimeoutError,
        "scan_db: the query took longer than 0.2 s",
    ),
    "the process ends while rows are read": Case(
        process_ends, piot.PiotError, "scan_db: the process ends while a query of scan_db runs"
    ),
    "a task that is cancelled": Case(
        cancelled, piot.PiotError, "scan_db: the task was cancelled while a query of scan_db ran"
    ),
    # What tasks share.
    "too few connections": Case(
        connections(4, held=0),
        ValueError,
        "scan_db: max_connections=4 is too small: each task needs 5 connections to db:1",
    ),
    "no connection left": Case(
        connections(6, held=2),
        piot.DatabaseConnectionError,
        "scan_db: other queries of this process hold the 6 connections that max_connections",
        "let one of them end, or raise it",
    ),
    "no state to share": Case(
        not_shared, ValueError, "scan_db: snapshot='required' but other cannot share one"
    ),
    "a file that is written to": Case(
        written_while_it_is_read,
        piot.SnapshotEndedError,
        "scan_db: sqlite:///",
        "was written to while several statements read it, which may have seen different states; "
        "read it again, or accept that with snapshot='off'",
    ),
    # What users meet only through defects.
    "no value by itself": Case(
        no_value_by_itself, piot.ColumnValueError, "scan_db: column 'i': a value is not an integer"
    ),
    "a column that SQLite is not read as": Case(
        lambda *_: _sqlite_values.to_series("i", [1], pl.Duration("us"), 0),
        InternalError,
        "no column of SQLite is read as Duration",
    ),
}
