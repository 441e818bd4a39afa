"""Reads from a DuckDB file, which it opens read-only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools._installation import installing
from polars_io_tools.db._background import in_background
from polars_io_tools.db._duckdb_types import Converter, converter_of
from polars_io_tools.db._from_arrow import check_whole
from polars_io_tools.db._reader import Description, Frames, Query, Statement, check_drift
from polars_io_tools.errors import (
    ColumnValueError,
    DatabaseConnectionError,
    DatabaseError,
    MissingDependencyError,
    UnsupportedColumnError,
)

__all__ = ["DuckReader"]

_FIRST_WAIT_SECONDS = 0.1

# Times are those of UTC, and names in a query are tables, never variables of the program.
_SETTINGS = ("SET TimeZone = 'UTC'", "SET python_enable_replacements = false")


@dataclass(frozen=True, repr=False)
class DuckReader:
    """Reads from one file."""

    dialect = "duckdb"
    quote = '"'

    _path: str

    def __repr__(self) -> str:
        return self.shown()

    def shown(self) -> str:
        """Name the file."""
        return f"duckdb:///{self._path}"

    def describe(self, query: Query) -> Description:
        """Return the columns that a query gives; DuckDB binds it and does not run it."""
        with self._connected(query) as connection, _named():
            relation = connection.sql(query.text, params=list(query.params) or None)
            return Description(tuple(c.column for c in _converters(relation, query)))

    def read(self, statement: Statement) -> Frames:
        """Run a statement."""
        connections: list[Any] = []

        def rows() -> Iterator[pl.DataFrame]:
            with self._connected(statement.query) as connection, _named():
                connections.append(connection)
                yield from _rows(connection, statement)

        def interrupt() -> None:
            for connection in connections:
                connection.interrupt()

        return in_background(rows, interrupt, statement.query.timeout)

    # A file is opened by any number of processes.
    server = ""

    def let_go(self) -> None:
        """None is kept."""

    def share(self, query: Query) -> _Opened:
        """Keep the file open, read-only: as long as it is, DuckDB lets nobody write to it."""
        return _Opened(self._connect(query.retries))

    @contextmanager
    def _connected(self, query: Query) -> Iterator[Any]:
        connection = self._connect(query.retries)
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
            yield connection
        finally:
            connection.close()

    def _connect(self, retries: int) -> Any:
        duckdb = _driver()
        for attempt in range(retries + 1):
            try:
                return duckdb.connect(self._path, read_only=True)
            except duckdb.IOException as error:
                # Another process may be writing; a file that is not there does not come.
                if attempt == retries or "lock" not in str(error):
                    raise DatabaseConnectionError(f"scan_db: {error}") from error
                time.sleep(_FIRST_WAIT_SECONDS * 2**attempt)
            except duckdb.Error as error:
                raise DatabaseConnectionError(f"scan_db: {error}") from error
        raise AssertionError


class _Opened:
    """The state of a file that nobody can write to while it is open here."""

    name = ""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def check(self) -> None:
        """It cannot change."""

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _driver() -> Any:
    try:
        import duckdb
        import pyarrow as pa  # noqa: F401  (through which DuckDB gives its rows)
    except ImportError as error:
        msg = f"scan_db: duckdb:// needs an extra: {installing('db')}"
        raise MissingDependencyError(msg) from error
    return duckdb


@contextmanager
def _named() -> Iterator[None]:
    """Raise errors of DuckDB as ours."""
    duckdb = _driver()
    try:
        yield
    except (duckdb.Error, OSError) as error:  # the latter from pyarrow, between two batches
        raise DatabaseError(f"scan_db: {error}") from error


def _converters(relation: Any, query: Query) -> list[Converter]:
    found: list[Converter] = []
    problems = []
    for name, kind in zip(relation.columns, relation.types, strict=True):
        try:
            found.append(converter_of(name, str(kind), query.overrides.get(name)))
        except UnsupportedColumnError as error:
            problems.append(str(error))
    if problems:
        raise UnsupportedColumnError("\n".join(problems))
    return found


def _rows(connection: Any, statement: Statement) -> Iterator[pl.DataFrame]:
    params = list(statement.params) or None
    relation = connection.sql(statement.sql, params=params)
    converters = _converters(relation, statement.query)
    check_drift(statement.columns, tuple(c.column for c in converters))
    if any(c.sql for c in converters):
        shown = ", ".join(c.selected() for c in converters)
        wrapped = f"SELECT {shown} FROM (\n{statement.sql}\n) AS piot"  # noqa: S608  (quoted)
        relation = connection.sql(wrapped, params=params)
    names = [c.column.name for c in converters]
    before = 0
    for batch in relation.to_arrow_reader(statement.batch_rows):
        frame = pl.DataFrame(batch)
        for series, array in zip(frame.get_columns(), batch.columns, strict=True):
            check_whole(series, array, before)
        yield _converted(frame, names, converters, statement.query, before)
        before += frame.height
    if before == 0:
        yield pl.DataFrame(schema={c.column.name: c.column.dtype for c in converters})


def _converted(
    frame: pl.DataFrame,
    names: list[str],
    converters: list[Converter],
    query: Query,
    before: int,
) -> pl.DataFrame:
    columns = []
    for name, series, converter in zip(names, frame.get_columns(), converters, strict=True):
        try:
            columns.append(converter.convert(series.alias(name), query.infinity, before))
        except pl.exceptions.PolarsError as error:
            raise ColumnValueError(f"scan_db: column {name!r}: {error}") from error
    return pl.DataFrame(columns)
