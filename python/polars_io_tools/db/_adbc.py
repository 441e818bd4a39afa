"""Reads through ADBC drivers: FlightSQL, Snowflake, BigQuery; PostgreSQL and SQLite if asked to.

A driver gives Arrow and little else: of the database's types only that of PostgreSQL tells, and the
others get SQL that holds on any database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import polars as pl

from polars_io_tools.db import _adbc_duckdb, _adbc_postgresql, _adbc_sqlite
from polars_io_tools.db._adbc_drivers import DRIVERS
from polars_io_tools.db._adbc_session import Session, asked
from polars_io_tools.db._background import in_background
from polars_io_tools.db._from_arrow import Converter, converter_of
from polars_io_tools.db._push import push
from polars_io_tools.db._reader import Description, Frames, Query, Statement, check_drift
from polars_io_tools.db._secrets import public_uri, server_of
from polars_io_tools.errors import DatabaseConnectionError, UnsupportedColumnError

__all__ = ["AdbcReader"]

T = TypeVar("T")

_FIRST_WAIT_SECONDS = 0.1

# How much PostgreSQL's driver collects into one batch.
_BATCH_BYTES = 2**22

# What FlightSQL calls the database's name of a type.
_TYPE_NAME = b"ARROW:FLIGHT:SQL:TYPE_NAME"


# The schemes of databases that are files, to which there may be any number of connections.
_FILES = ("duckdb", "sqlite")


class AdbcReader:
    """Reads from one database through a driver of ADBC.

    Attributes:
        server: names what `max_connections` bounds, "" for a file.
    """

    def __init__(self, uri: str, dialect: str | None = None) -> None:
        self._uri = uri
        self._scheme = uri.partition("://")[0]
        self._driver = DRIVERS[self._scheme]
        self.dialect = dialect or self._driver.dialects[0]
        self.quote = self._driver.quote if self.dialect == "generic" else '"'
        self.server = "" if self._scheme in _FILES else server_of(uri)

    def __repr__(self) -> str:
        return self.shown()

    def shown(self) -> str:
        """Name the database."""
        return public_uri(self._uri)

    def describe(self, query: Query) -> Description:
        """Return the columns that a query gives: by its schema, or by the query without rows."""
        if self._scheme == "sqlite":
            return _adbc_sqlite.description(self._uri, query)
        session = Session()
        found: list[Converter] = []
        all_of_it = push(query, Description(()), self, columns=None, predicate={}, limit=None).sql

        def ask() -> Iterator[pl.DataFrame]:
            try:
                schema = self._begun(
                    session,
                    query,
                    lambda: session.schema(all_of_it, f"{all_of_it} WHERE 1 = 0", query.params),
                )
                found.extend(self._converters(schema, query))
            finally:
                session.close()
            yield pl.DataFrame()

        for _ in in_background(ask, session.cancel, query.timeout):
            pass
        return Description(tuple(c.column for c in found))

    def read(self, statement: Statement) -> Frames:
        """Run a statement."""
        session = Session()

        def rows() -> Iterator[pl.DataFrame]:
            try:
                yield from self._rows(session, statement)
            finally:
                session.close()

        return in_background(rows, session.cancel, statement.query.timeout)

    def _rows(self, session: Session, statement: Statement) -> Iterator[pl.DataFrame]:
        options, params = self._options(statement), statement.params
        if self._scheme == "sqlite":
            params = _adbc_sqlite.adapted(params)
        batches = self._begun(
            session, statement.query, lambda: session.rows(statement.sql, params, **options)
        )
        if self._scheme == "sqlite":
            converters = _adbc_sqlite.converters(self._uri, statement)
        else:
            converters = self._converters(batches.schema, statement.query)
            check_drift(statement.columns, tuple(c.column for c in converters))
        before = 0
        while (batch := asked(self._uri, next, batches, None)) is not None:
            for start in range(0, batch.num_rows, statement.batch_rows):
                part = batch.slice(start, statement.batch_rows)
                arrays = zip(part.columns, converters, strict=True)
                yield pl.DataFrame([c.convert(array, before) for array, c in arrays])
                before += part.num_rows
        if before == 0:
            yield pl.DataFrame(schema={c.column.name: c.column.dtype for c in converters})

    def _begun(self, session: Session, query: Query, act: Callable[[], T]) -> T:
        """Connect and begin, again and again while the database cannot be reached."""
        for attempt in range(query.retries + 1):
            try:
                asked(self._uri, session.connect, self._driver, self._uri, self._settings(query))
                return asked(self._uri, act)
            except DatabaseConnectionError:
                session.close()
                if attempt == query.retries:
                    raise
                time.sleep(_FIRST_WAIT_SECONDS * 2**attempt)
            except BaseException:
                session.close()
                raise
        raise AssertionError

    def _settings(self, query: Query) -> list[str]:
        settings = list(self._driver.session)
        if self._scheme == "postgresql" and query.timeout is not None:
            settings.append(f"SET statement_timeout = {max(1, round(query.timeout * 1000))}")
        return settings

    def _options(self, statement: Statement) -> dict[str, str | int]:
        if self._scheme == "postgresql":
            return {"adbc.postgresql.batch_size_hint_bytes": _BATCH_BYTES}
        if self._scheme == "sqlite":
            return {"adbc.sqlite.query.batch_rows": statement.batch_rows}
        return {}

    def _converters(self, schema: Any, query: Query) -> list[Converter]:
        found, problems = [], []
        for field in schema:
            try:
                found.append(self._converter(field, query))
            except UnsupportedColumnError as error:
                problems.append(str(error))
        if problems:
            raise UnsupportedColumnError("\n".join(problems))
        return found

    def _converter(self, field: Any, query: Query) -> Converter:
        override = query.overrides.get(field.name)
        if self._scheme == "postgresql":
            return _adbc_postgresql.converter_of(field, override, query.infinity)
        if self.dialect == "duckdb":
            return converter_of(field, override, _adbc_duckdb.type_name(field.type))
        return converter_of(
            field, override, _named_type(field) if self.dialect == "generic" else ""
        )


def _named_type(field: Any) -> str:
    """Return the database's name of a type, where the server says it."""
    name: bytes = (field.metadata or {}).get(_TYPE_NAME, b"")
    return name.decode(errors="replace")
