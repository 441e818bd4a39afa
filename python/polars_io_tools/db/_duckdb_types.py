"""Which type of DuckDB becomes which of Polars, and how its values get there.

A value arrives whole, or it is an error. What Arrow has no exact form for comes as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from polars_io_tools.db._reader import Column
from polars_io_tools.errors import ColumnValueError, UnsupportedColumnError

__all__ = ["Converter", "converter_of"]

_DIRECT: dict[str, pl.DataType] = {
    "TINYINT": pl.Int8(),
    "SMALLINT": pl.Int16(),
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
    "UTINYINT": pl.UInt8(),
    "USMALLINT": pl.UInt16(),
    "UINTEGER": pl.UInt32(),
    "UBIGINT": pl.UInt64(),
    "FLOAT": pl.Float32(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
    "VARCHAR": pl.String(),
    "BLOB": pl.Binary(),
    "TIME": pl.Time(),
}
_TEMPORAL: dict[str, pl.DataType] = {
    "DATE": pl.Date(),
    "TIMESTAMP": pl.Datetime("us"),
    "TIMESTAMP_MS": pl.Datetime("ms"),
    "TIMESTAMP_NS": pl.Datetime("ns"),
    "TIMESTAMP WITH TIME ZONE": pl.Datetime("us", "UTC"),
}
# As text, since Arrow has them as floats or bytes.
_TEXTS: dict[str, pl.DataType] = {
    "HUGEINT": pl.Int128(),
    "UUID": pl.String(),
    "JSON": pl.String(),
}

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_LABEL = re.compile(r"'((?:[^']|'')*)'")

# The numbers that stand for infinity and its opposite, by the type of the number.
_INFINITE: dict[pl.DataType, int] = {pl.Int32(): 2**31 - 1, pl.Int64(): 2**63 - 1}


@dataclass(frozen=True)
class Converter:
    """How one column arrives.

    Attributes:
        column: the column.
        read: the type in which it comes out of DuckDB.
        sql: the type of DuckDB to which it is cast before, "" for none.
    """

    column: Column
    read: pl.DataType
    sql: str = ""

    def selected(self) -> str:
        """Return the column as an item of a SELECT."""
        name = '"' + self.column.name.replace('"', '""') + '"'
        return f"CAST({name} AS {self.sql}) AS {name}" if self.sql else name

    def convert(self, values: pl.Series, infinity: str, before: int) -> pl.Series:
        """Return values in the type of the column; there were `before` others of it.

        Raises:
            ColumnValueError: one of them is infinite.
            polars.exceptions.PolarsError: one of them does not fit.
        """
        if values.dtype in (pl.Date, pl.Datetime):
            values = _finite(values, infinity, before)
        if values.dtype != self.column.dtype:
            values = values.cast(self.column.dtype, strict=True)
        return values


def converter_of(name: str, kind: str, override: pl.DataType | None) -> Converter:
    """Return how a column of a type of DuckDB is read, maybe as another type.

    Raises:
        UnsupportedColumnError: it cannot be read as it is.
    """
    found = _natural(kind)
    if found is None and override == pl.String:
        found = pl.String(), "VARCHAR"
    if found is None:
        msg = (
            f"scan_db: column {name!r} is {kind}, which is not read; write {name}::VARCHAR in the "
            f"query, or pass schema_overrides={{{name!r}: pl.String}}"
        )
        raise UnsupportedColumnError(msg)
    dtype, sql = found
    if override == pl.String and dtype != pl.String:
        sql = "VARCHAR"
    return Converter(Column(name, override or dtype, kind), dtype, sql)


def _natural(kind: str) -> tuple[pl.DataType, str] | None:
    """Return the type of Polars, and the type of DuckDB in which the values are asked for."""
    if kind in _TEMPORAL:
        return _TEMPORAL[kind], ""
    if kind in _TEXTS:
        return _TEXTS[kind], "VARCHAR"
    if kind == "TIMESTAMP_S":  # infinity is out of reach of the milliseconds that it would become
        return pl.Datetime("us"), "TIMESTAMP"
    if kind.startswith("ENUM("):
        labels = [label.replace("''", "'") for label in _LABEL.findall(kind)]
        return pl.Enum(labels), "VARCHAR"
    direct = _direct(kind)
    return None if direct is None else (direct, "")


def _direct(kind: str) -> pl.DataType | None:
    if kind.endswith("[]"):
        inner = _direct(kind.removesuffix("[]"))
        return None if inner is None else pl.List(inner)
    if match := _DECIMAL.fullmatch(kind):
        return pl.Decimal(int(match[1]), int(match[2]))
    return _DIRECT.get(kind)


def _finite(values: pl.Series, infinity: str, before: int) -> pl.Series:
    numbers = values.to_physical()
    infinite = numbers.abs() >= _INFINITE[numbers.dtype]
    if not infinite.any():
        return values
    if infinity == "null":
        return values.set(infinite, None)
    row = before + (infinite.arg_max() or 0) + 1
    msg = f"scan_db: column {values.name!r} row {row}: infinity; pass on_infinity='null'"
    raise ColumnValueError(msg)
