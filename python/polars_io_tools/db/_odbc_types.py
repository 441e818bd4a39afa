"""How columns of ODBC are asked for, and what becomes of them.

What a driver does to a value on its way is not in its types: floats of eight bytes are said to have
four, digits of seconds get lost, and PostgreSQL's driver makes dates of infinity. So columns are
asked for in types that hold every value, and from PostgreSQL as the server's own text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from polars_io_tools.db import _from_arrow
from polars_io_tools.db._from_arrow import Converter, as_wanted, refused
from polars_io_tools.db._reader import Column, Query, check_drift
from polars_io_tools.db._texts import read_texts

__all__ = ["POSTGRESQL", "converter_of", "expected", "fetched", "selected"]

# How the names of types end that are PostgreSQL's.
POSTGRESQL = " (postgresql)"

# Types of PostgreSQL that its driver gives as they are. All others come as the server's text.
_AS_THEY_ARE = {
    *("smallint", "integer", "bigint", "double precision", "real", "boolean", "bytea"),
    *("text", "character varying", "character", "name", "time without time zone"),
}
_REFUSED = {"money", "interval", "time with time zone"}

_INSTANT = "timestamp with time zone"


def converter_of(
    field: Any,
    override: pl.DataType | None,
    infinity: str,
    stored: str = "",
    *,
    varying: bool = False,
) -> Converter:
    """Return how a field is read.

    `stored` is what PostgreSQL calls its type, and `varying` whether another database keeps texts
    in it as they are.

    Raises:
        UnsupportedColumnError: it cannot be read as it is.
    """
    import pyarrow as pa

    if stored in _REFUSED:
        raise refused(field.name, stored)
    natural = _postgresql(field, stored) if stored else None
    if natural is None and pa.types.is_decimal(field.type):
        natural = _from_arrow.converter_of(field, None).read
    if natural is not None:
        dtype = override or natural
        column = Column(field.name, dtype, stored + POSTGRESQL if stored else "")
        return _Text(column, dtype, infinity=infinity)
    arrives = pa.field(field.name, _fetched(field, override, stored))
    found = _from_arrow.converter_of(arrives, None)
    if override is not None:
        found = as_wanted(found, override)
    kind = stored + POSTGRESQL if stored else "VARCHAR" if varying else ""
    return replace(found, column=replace(found.column, type=kind))


def expected(schema: Any, columns: tuple[Column, ...], query: Query) -> list[Converter]:
    """Return how the fields of a result become the columns that were described.

    Raises:
        SchemaMismatchError: the fields are others.
        UnsupportedColumnError: one of them cannot be read any more.
    """
    by_name = {c.name: c for c in columns}
    found: list[Converter] = []
    for field in schema:
        column = by_name.get(field.name, Column(field.name, pl.Null()))
        stored = _stored(column)
        if stored and stored not in _AS_THEY_ARE:
            found.append(_Text(column, column.dtype, infinity=query.infinity))
        else:
            wanted = query.overrides.get(field.name)
            found.append(converter_of(field, wanted, query.infinity, stored))
    check_drift(columns, tuple(c.column for c in found))
    return found


def fetched(schema: Any, columns: tuple[Column, ...]) -> Any:
    """Return the schema in which the fields of a result are fetched."""
    import pyarrow as pa

    by_name = {c.name: c for c in columns}
    fields = []
    for field in schema:
        column = by_name[field.name]
        fields.append(pa.field(field.name, _fetched(field, column.dtype, _stored(column))))
    return pa.schema(fields)


def _stored(column: Column) -> str:
    return column.type.removesuffix(POSTGRESQL) if column.type.endswith(POSTGRESQL) else ""


def _fetched(field: Any, wanted: pl.DataType | None, stored: str) -> Any:
    """Return the type in which a field is fetched."""
    import pyarrow as pa

    kind = field.type
    if pa.types.is_float32(kind):
        return kind if wanted == pl.Float32 or stored == "real" else pa.float64()
    if pa.types.is_fixed_size_binary(kind):  # a value of another length ends the process
        return pa.binary()
    if pa.types.is_decimal(kind):
        return pa.string()
    if pa.types.is_timestamp(kind) and kind.unit in ("s", "ms"):
        return pa.timestamp("us")
    return kind


def selected(columns: tuple[Column, ...], sql: str) -> str:
    """Return a statement around another one, that makes texts of what PostgreSQL's driver harms."""
    if all(kind in _AS_THEY_ARE for kind in map(_stored, columns) if kind):
        return sql
    items = []
    for column in columns:
        name = '"' + column.name.replace('"', '""') + '"'
        kind = _stored(column)
        value = f"({name} AT TIME ZONE 'UTC')" if kind == _INSTANT else name
        text = value if kind in _AS_THEY_ARE else f"CAST({value} AS varchar)"
        items.append(f"{text} AS {name}")
    return f"SELECT {', '.join(items)} FROM (\n{sql}\n) AS piot"  # noqa: S608  (quoted)


def _postgresql(field: Any, stored: str) -> pl.DataType | None:
    """Return the type for what comes as PostgreSQL's text, None for what comes as it is."""
    if stored in _AS_THEY_ARE:
        return None
    if stored == "numeric":
        return _from_arrow.converter_of(field, None).read
    times: dict[str, pl.DataType] = {
        "date": pl.Date(),
        "timestamp without time zone": pl.Datetime("us"),
        _INSTANT: pl.Datetime("us", "UTC"),
    }
    return times.get(stored, pl.String())


@dataclass(frozen=True)
class _Text(Converter):
    """A column that comes as text."""

    infinity: str = "error"

    def convert(self, array: Any, before: int) -> pl.Series:
        """Return its values, each of which is exact or an error."""
        texts = pl.Series(self.column.name, array)
        return read_texts(texts, self.column.dtype, self.infinity, before)
