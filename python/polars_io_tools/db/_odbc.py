"""Reads through ODBC, by arrow-odbc: MySQL, SQL Server, ClickHouse, and what else has a driver.

Nothing can be cancelled there: a read that is given up runs on until the driver has its next rows,
or the query has taken as long as `timeout=` allows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from polars_io_tools.db._adbc_drivers import ENDS_WITH_ITS_CLIENT
from polars_io_tools.db._background import in_background
from polars_io_tools.db._from_arrow import Converter
from polars_io_tools.db._odbc_driver import asked, connected, facts_of
from polars_io_tools.db._odbc_types import (
    POSTGRESQL,
    converter_of,
    expected,
    fetched,
    selected,
)
from polars_io_tools.db._push import push
from polars_io_tools.db._reader import Description, Frames, Query, Statement
from polars_io_tools.db._secrets import public_uri
from polars_io_tools.errors import (
    DatabaseConnectionError,
    DatabaseError,
    UnsupportedColumnError,
)

__all__ = ["OdbcReader"]

_FIRST_WAIT_SECONDS = 0.1

# How much room is kept for the rows of one batch, and in it for a value whose length nobody says.
_BATCH_BYTES = 2**25
_VALUE_BYTES = 2**18

# PostgreSQL's driver reads a whole result into memory, and booleans as texts, unless it is told
# otherwise. The first of two equal keys counts, so that the user's own stay.
_POSTGRESQL = ";UseDeclareFetch=1;Fetch=10000;BoolsAsChar=0"
_SESSION = ("SET TRANSACTION READ ONLY", "SET TimeZone = 'UTC'", ENDS_WITH_ITS_CLIENT)


class OdbcReader:
    """Reads from the database of an ODBC string."""

    dialect = "odbc"
    quote = '"'

    def __init__(self, string: str) -> None:
        self._string = string

    def __repr__(self) -> str:
        return self.shown()

    def shown(self) -> str:
        """Name the driver and the database."""
        return public_uri(self._string)

    @property
    def server(self) -> str:
        """Name what `max_connections` bounds: an ODBC string does not show whether it is a file."""
        return self.shown()

    def describe(self, query: Query) -> Description:
        """Return the columns that a query gives, by the query without rows."""
        found: list[Description] = []

        def ask() -> Iterator[pl.DataFrame]:
            found.append(self._description(query))
            yield pl.DataFrame()

        for _ in in_background(ask, _nothing, query.timeout):
            pass
        return found[0]

    def read(self, statement: Statement) -> Frames:
        """Run a statement."""
        return in_background(lambda: self._rows(statement), _nothing, statement.query.timeout)

    def _description(self, query: Query) -> Description:
        inner = push(query, Description(()), self, columns=None, predicate={}, limit=None).sql
        sql = f"{inner} WHERE 1 = 0"
        schema = self._begun(sql, query, self._string, query.params).schema
        facts = facts_of(self._string, sql)
        stored = [""] * len(schema)
        if _checked_vendor(facts.vendor) == "PostgreSQL":
            schema = self._begun(sql, query, self._string + _POSTGRESQL, query.params).schema
            stored = self._stored(inner, query, schema.names)
        found, problems = [], []
        for at, (field, kind) in enumerate(zip(schema, stored, strict=True)):
            wanted = query.overrides.get(field.name)
            varying = at in facts.varying
            try:
                converter = converter_of(field, wanted, query.infinity, kind, varying=varying)
                found.append(converter.column)
            except UnsupportedColumnError as error:
                problems.append(str(error))
        if problems:
            raise UnsupportedColumnError("\n".join(problems))
        return Description(tuple(found), quote=facts.quote)

    def _stored(self, inner: str, query: Query, names: list[str]) -> list[str]:
        """Return the names of types, for which PostgreSQL can be asked without reading rows."""
        if len(set(names)) < len(names):  # which is refused later on
            return [""] * len(names)
        quoted = ['"' + name.replace('"', '""') + '"' for name in names]
        types = ", ".join(f"CAST(pg_typeof(piot.{q}) AS varchar(200)) AS {q}" for q in quoted)
        sql = f"SELECT {types} FROM (SELECT 1) AS one LEFT JOIN (\n{inner}\n) AS piot ON 1 = 0"  # noqa: S608  (quoted)
        batches = self._begun(sql, query, self._string + _POSTGRESQL, query.params)
        (row,) = next(batches).to_pylist()
        return [row[name] for name in names]

    def _rows(self, statement: Statement) -> Iterator[pl.DataFrame]:
        converters: list[Converter] = []
        columns, query = statement.columns, statement.query

        def mapped(schema: Any) -> Any:
            converters.extend(expected(schema, columns, query))
            return fetched(schema, columns)

        postgresql = any(c.type.endswith(POSTGRESQL) for c in columns)
        batches = self._begun(
            selected(columns, statement.sql),
            query,
            self._string + _POSTGRESQL if postgresql else self._string,
            statement.params,
            rows=statement.batch_rows,
            mapped=mapped,
        )
        before = 0
        while (batch := asked(self._string, next, batches, None)) is not None:
            arrays = zip(batch.columns, converters, strict=True)
            yield pl.DataFrame([c.convert(array, before) for array, c in arrays])
            before += batch.num_rows
        if before == 0:
            yield pl.DataFrame(schema={c.column.name: c.column.dtype for c in converters})

    def _begun(
        self,
        sql: str,
        query: Query,
        string: str,
        params: tuple[Any, ...],
        *,
        rows: int = 1,
        mapped: Callable[[Any], Any] | None = None,
    ) -> Any:
        """Connect and begin, again and again while the database cannot be reached."""
        options = {
            "batch_size": rows,
            "parameters": _texts(params) or None,
            "max_bytes_per_batch": _BATCH_BYTES,
            "max_text_size": _VALUE_BYTES,
            "max_binary_size": _VALUE_BYTES,
            "falliable_allocations": True,
            "map_schema": mapped,
            "fetch_concurrently": False,
            "query_timeout_sec": None if query.timeout is None else math.ceil(query.timeout),
        }
        for attempt in range(query.retries + 1):
            try:
                connection = connected(string)
                for setting in _SESSION if string.endswith(_POSTGRESQL) else ():
                    asked(self._string, connection.execute, setting)
                return asked(self._string, connection.read_arrow_batches, sql, **options)
            except DatabaseConnectionError:
                if attempt == query.retries:
                    raise
                time.sleep(_FIRST_WAIT_SECONDS * 2**attempt)
        raise AssertionError


def _checked_vendor(vendor: str) -> str:
    """Return the name of a database.

    Raises:
        DatabaseError: its driver loses values.
    """
    if vendor == "SQLite":
        msg = "scan_db: ODBC's driver of SQLite reads values of other types as null; write "
        raise DatabaseError(msg + "sqlite:////path/of/the.db")
    return vendor


def _texts(params: tuple[Any, ...]) -> list[str | None]:
    """Return parameters as ODBC binds them.

    Raises:
        TypeError: one of them is no text.
    """
    for value in params:
        if value is not None and not isinstance(value, str):
            msg = (
                f"scan_db: ODBC binds texts only: pass '…' instead of a {type(value).__name__}, "
                "and write CAST(? AS …) where the database does not compare it as it should"
            )
            raise TypeError(msg)
    return list(params)


def _nothing() -> None:
    """End nothing, since arrow-odbc cannot."""
