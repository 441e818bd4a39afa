"""Reads from PostgreSQL, by `gocore/pgread`."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._arrow import Stream
from polars_io_tools._budget import BUDGET
from polars_io_tools.db._reader import (
    Column,
    Description,
    Frames,
    Query,
    Statement,
    check_drift,
)
from polars_io_tools.db._secrets import public_uri, server_of
from polars_io_tools.db._types import from_name, to_name
from polars_io_tools.errors import PiotError, SchemaMismatchError

__all__ = ["PostgresReader", "wire_param"]

# How long a wait for rows may go on before the one who waits is let through.
_LOOK_MILLISECONDS = 100

# How often the server is asked whether it still holds a snapshot.
_CHECK_SECONDS = 30.0

# The base types by their numbers in the catalogue, which never change.
_TYPES = {
    16: "bool",
    17: "bytea",
    19: "name",
    20: "int8",
    21: "int2",
    23: "int4",
    25: "text",
    26: "oid",
    114: "json",
    700: "float4",
    701: "float8",
    1042: "bpchar",
    1043: "varchar",
    1082: "date",
    1083: "time",
    1114: "timestamp",
    1184: "timestamptz",
    1186: "interval",
    1700: "numeric",
    2950: "uuid",
    3802: "jsonb",
}
_BPCHAR, _NUMERIC = 1042, 1700

# Type modifiers count from here.
_TYPMOD = 4

# Collations that order texts by their bytes, on any server.
_BYTEWISE = {"C", "POSIX", "ucs_basic"}

_Answer = TypeVar("_Answer")

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (of datetimes without a zone)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, repr=False)
class PostgresReader:
    """Reads from one database of a server."""

    dialect = "postgresql"
    quote = '"'

    _uri: str

    def __repr__(self) -> str:
        return self.shown()

    def shown(self) -> str:
        """Name the database."""
        return public_uri(self._uri)

    def describe(self, query: Query) -> Description:
        """Return the columns that a query gives, by Parse and Describe."""
        request = self._request(query, query.text, query.params)
        answer: dict[str, Any] = json.loads(_asked(_gocore.pg_describe, request))
        self._spare()
        columns = tuple(_column(c) for c in answer["columns"])
        return Description(columns, answer["encoding"])

    def read(self, statement: Statement) -> Frames:
        """Run a statement in a transaction of its own, which is read-only."""
        query = statement.query
        given = {c.name for c in statement.columns}
        overrides = {n: t for n, t in query.overrides.items() if n in given}
        kept = replace(query, overrides=overrides)
        expect = [_expected(c) for c in statement.columns]
        request = self._request(
            kept,
            statement.sql,
            statement.params,
            batch_rows=statement.batch_rows,
            expect=expect,
            snapshot=statement.snapshot,
            once=not statement.reuse,
        )
        stream = _asked(_gocore.pg_open, request)
        try:
            while True:
                if not _gocore.pg_wait(stream, _LOOK_MILLISECONDS):
                    yield None
                    continue
                try:
                    capsule = _gocore.pg_next(stream)
                except SchemaMismatchError:
                    # Said in the words of Polars, as for the other databases, where it can be.
                    check_drift(statement.columns, self.describe(query).columns)
                    raise
                if capsule is None:
                    return
                yield pl.DataFrame(Stream(capsule))
        finally:
            _gocore.pg_close(stream)
            self._spare()

    @property
    def server(self) -> str:
        """Name the server."""
        return server_of(self._uri)

    def let_go(self) -> None:
        """Close the connections that this process keeps for later."""
        _gocore.pg_disconnect()

    def _spare(self) -> None:
        """Keep no connection that counts while the tasks of a query need them."""
        if BUDGET.is_shared(self.server):
            self.let_go()

    def share(self, query: Query) -> _Snapshot:
        """Export a snapshot, in a transaction that is kept open for it."""
        return _Snapshot(*_gocore.pg_export(self._request(query, "", ())))

    def cost(self, sql: str, params: tuple[Any, ...], query: Query) -> float:
        """Return what the server expects a statement to cost, in its own unit; it is not run."""
        explained = f"EXPLAIN (FORMAT JSON) {sql}"
        column = Column("QUERY PLAN", pl.String())
        asked = replace(query, text=explained, overrides={column.name: pl.String()})
        statement = Statement(explained, params, (column,), asked, 1)
        (plan,) = [frame.item() for frame in self.read(statement) if frame is not None]
        return float(json.loads(plan)[0]["Plan"]["Total Cost"])

    def _request(self, query: Query, sql: str, params: tuple[Any, ...], **more: Any) -> bytes:
        request = {
            "dsn": self._uri,
            "sql": sql,
            "params": [wire_param(p) for p in params],
            "overrides": {name: to_name(dtype) for name, dtype in query.overrides.items()},
            "on_infinity": query.infinity,
            "timeout_ms": 0 if query.timeout is None else max(1, round(query.timeout * 1000)),
            "retries": query.retries,
            **more,
        }
        return json.dumps(request).encode()


class _Snapshot:
    """A snapshot that a session of this process has exported."""

    def __init__(self, handle: _gocore.PgSnapshot, name: str) -> None:
        self._handle = handle
        self._checked = time.monotonic()
        self.name = name

    def check(self) -> None:
        """Ask the server now and then; statements find out only when they begin."""
        if time.monotonic() - self._checked > _CHECK_SECONDS:
            self._checked = time.monotonic()
            _gocore.pg_check(self._handle)

    def close(self) -> None:
        """End the transaction."""
        _gocore.pg_close(self._handle)


def wire_param(value: Any) -> list[Any] | None:
    """Return the value of a parameter as Go takes it.

    Raises:
        TypeError: no parameter can be of its type.

    Example:
        >>> wire_param([1, "a", None])
        ['list', [['int', '1'], ['str', 'a'], None]]
    """
    if value is None:
        return None
    for kind in type(value).__mro__:
        if kind in _WIRE:
            return _WIRE[kind](value)
    raise TypeError(f"scan_db: a parameter cannot be a {type(value).__name__}")


def _asked(call: Callable[[bytes], _Answer], request: bytes) -> _Answer:
    try:
        return call(request)
    except ValueError as error:
        if isinstance(error, PiotError):
            raise
        raise ValueError(f"scan_db: {error}") from None


def _instant(value: dt.datetime) -> list[Any]:
    if value.tzinfo is None:
        return ["datetime", str((value - _EPOCH) // _MICROSECOND)]
    return ["instant", str((value - _EPOCH.replace(tzinfo=dt.UTC)) // _MICROSECOND)]


_WIRE: dict[type, Callable[[Any], list[Any]]] = {
    bool: lambda v: ["bool", str(v).lower()],
    int: lambda v: ["int", str(v)],
    float: lambda v: ["float", v.hex()],
    Decimal: lambda v: ["decimal", str(v)],
    str: lambda v: ["str", v],
    bytes: lambda v: ["bytes", v.hex()],
    dt.datetime: _instant,
    dt.date: lambda v: ["date", str((v - _EPOCH.date()).days)],
    dt.timedelta: lambda v: ["duration", str(v // _MICROSECOND)],
    dt.time: lambda v: ["time", str((dt.datetime.combine(_EPOCH, v) - _EPOCH) // _MICROSECOND)],
    list: lambda v: ["list", [wire_param(item) for item in v]],
    tuple: lambda v: ["list", [wire_param(item) for item in v]],
}


def _expected(column: Column) -> dict[str, Any]:
    dtype = column.dtype
    inner: Any = dtype
    while isinstance(inner, pl.List):
        inner = inner.inner
    labels = inner.categories.to_list() if isinstance(inner, pl.Enum) else None
    return {"name": column.name, "dtype": to_name(dtype), "labels": labels}


def _column(found: dict[str, Any]) -> Column:
    dtype = from_name(found["dtype"], found["labels"])
    oid, modifier = found["oid"], found["typmod"]
    scale = None
    if oid == _NUMERIC and modifier >= 0:
        scale = ((modifier - _TYPMOD & 0x7FF) ^ 1024) - 1024
    collation = found["collation"] or {}
    order = ""
    if collation:
        order = "deterministic" if collation["deterministic"] else ""
        order = "c" if collation["name"] in _BYTEWISE else order
    return Column(
        name=found["name"],
        dtype=dtype,
        type="enum" if isinstance(dtype, pl.Enum) else _TYPES.get(oid, ""),
        length=modifier - _TYPMOD if oid == _BPCHAR and modifier >= 0 else 0,
        scale=scale,
        collation=order,
    )
