"""Reads from an SQLite file, which it opens read-only.

SQLite keeps values of any type in any column. A column has the type that it was declared with, or
that of `schema_overrides`; what its values look like decides nothing.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import polars as pl

from polars_io_tools.db._background import in_background
from polars_io_tools.db._reader import (
    Column,
    Description,
    Frames,
    Query,
    Statement,
    check_drift,
)
from polars_io_tools.db._sqlite_values import declared_type, readable, to_series
from polars_io_tools.errors import (
    DatabaseConnectionError,
    DatabaseError,
    SnapshotEndedError,
    UnsupportedColumnError,
)

__all__ = ["SqliteReader", "adapted_value"]

# How long a file that another process writes to is waited for, at each try.
_BUSY_SECONDS = 5.0

# What is no placeholder although it may hold a question mark, and what is one.
_PLACEHOLDER = re.compile(
    r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z))|\?\d*""",
    re.DOTALL,
)

# The second of two columns of one name, as SQLite names it.
_TWICE = re.compile(r"(.+):\d+")


@dataclass(frozen=True, repr=False)
class SqliteReader:
    """Reads from one file."""

    dialect = "sqlite"
    quote = '"'

    _path: str

    def __repr__(self) -> str:
        return self.shown()

    def shown(self) -> str:
        """Name the file."""
        return f"sqlite:///{self._path}"

    def describe(self, query: Query) -> Description:
        """Return the columns that a query gives, by a temporary view of it."""
        with self._connected(query) as connection, _named():
            return _description(connection, query)

    def read(self, statement: Statement) -> Frames:
        """Run a statement."""
        connections: list[sqlite3.Connection] = []

        def rows() -> Iterator[pl.DataFrame]:
            with self._connected(statement.query) as connection, _named():
                connections.append(connection)
                check_drift(statement.columns, _description(connection, statement.query).columns)
                yield from _rows(connection, statement)

        def interrupt() -> None:
            for connection in connections:
                connection.interrupt()

        return in_background(rows, interrupt, statement.query.timeout)

    # A file is opened by any number of processes.
    server = ""

    def let_go(self) -> None:
        """None is kept."""

    def share(self, query: Query) -> _Watched:
        """Watch the file from a connection that stays open."""
        return _Watched(self._connect(query), self.shown())

    @contextmanager
    def _connected(self, query: Query) -> Iterator[sqlite3.Connection]:
        connection = self._connect(query)
        try:
            yield connection
        finally:
            connection.close()

    def _connect(self, query: Query) -> sqlite3.Connection:
        busy = _BUSY_SECONDS * (query.retries + 1)
        try:
            connection = sqlite3.connect(
                f"file:{quote(self._path)}?mode=ro",
                uri=True,
                timeout=busy,
                check_same_thread=False,
            )
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        except sqlite3.Error as error:
            raise DatabaseConnectionError(f"scan_db: {self.shown()}: {error}") from error
        return connection


class _Watched:
    """The state of a file, to which others may write, but not unnoticed.

    A transaction cannot be shared, and a lock that is held for long would starve both sides.
    """

    name = ""

    def __init__(self, connection: sqlite3.Connection, shown: str) -> None:
        self._connection = connection
        self._shown = shown
        self._version = self._now()

    def _now(self) -> int:
        # It is another one as soon as another connection has committed something.
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def check(self) -> None:
        """Find out whether something was written."""
        with _named():
            if self._now() != self._version:
                msg = (
                    f"scan_db: {self._shown} was written to while several statements read it, "
                    "which may have seen different states; read it again, or accept that with "
                    "snapshot='off'"
                )
                raise SnapshotEndedError(msg)

    def close(self) -> None:
        """Watch no more."""
        self._connection.close()


@contextmanager
def _named() -> Iterator[None]:
    """Raise errors of SQLite as ours."""
    try:
        yield
    except (sqlite3.Error, OverflowError) as error:
        raise DatabaseError(f"scan_db: {error}") from error


def _description(connection: sqlite3.Connection, query: Query) -> Description:
    text = _PLACEHOLDER.sub(lambda m: m[1] or "NULL", query.text)
    connection.execute("DROP VIEW IF EXISTS temp.piot_described")
    connection.execute(f"CREATE TEMP VIEW piot_described AS {text}")
    found = connection.execute(
        "SELECT name, type FROM pragma_table_info('piot_described')"
    ).fetchall()
    names = {name for name, _ in found}
    for name in names:
        twice = _TWICE.fullmatch(name)
        if twice and twice[1] in names:
            msg = f"scan_db: column {twice[1]!r} appears twice; give it an alias"
            raise UnsupportedColumnError(msg)
    columns = tuple(_column(name, kind, query.overrides.get(name)) for name, kind in found)
    encoding: str = connection.execute("PRAGMA encoding").fetchone()[0]
    return Description(columns, encoding)


def _column(name: str, kind: str, override: pl.DataType | None) -> Column:
    dtype = declared_type(kind) if override is None else override
    if dtype is None:
        what = f"keeps no {kind}" if kind else "gives no type"
        msg = f"scan_db: SQLite {what} for {name!r}; pass schema_overrides={{{name!r}: ...}}"
        raise UnsupportedColumnError(msg)
    if not readable(dtype):
        msg = f"scan_db: column {name!r} of SQLite cannot be read as {dtype}; as a pl.String it can"
        raise UnsupportedColumnError(msg)
    return Column(name, dtype, kind)


def _rows(connection: sqlite3.Connection, statement: Statement) -> Iterator[pl.DataFrame]:
    cursor = connection.execute(statement.sql, [adapted_value(v) for v in statement.params])
    before = 0
    while True:
        rows = cursor.fetchmany(statement.batch_rows)
        if not rows and before > 0:
            return
        values = zip(*rows, strict=True) if rows else ((),) * len(statement.columns)
        yield pl.DataFrame(
            [
                to_series(column.name, list(some), column.dtype, before)
                for column, some in zip(statement.columns, values, strict=True)
            ]
        )
        before += len(rows)
        if len(rows) < statement.batch_rows:
            return


def adapted_value(value: Any) -> Any:
    """Return a parameter as SQLite keeps it: dates and times are texts there."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            raise TypeError("scan_db: SQLite keeps no time zones: pass a datetime without one")
        return value.isoformat(" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise TypeError(f"scan_db: a parameter of SQLite cannot be a {type(value).__name__}")
