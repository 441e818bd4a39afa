"""How columns are stored: Delta has fewer types than Polars, and stores some less exactly.

Invariant: a stored column orders as the column does, and gives back the same values. What Delta has
no type for is stored in another one, with the name of its type in the field's metadata, so that
every reader of Delta sees the numbers and this package the column.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools.errors import TableSchemaError

__all__ = ["DTYPE_KEY", "Column", "check_key_type", "column_of", "dtype_named"]

# The metadata of a field that says what its column is.
DTYPE_KEY = "piot.dtype"

_PLAIN: dict[Any, str] = {
    pl.Boolean: "boolean",
    pl.Int8: "byte",
    pl.Int16: "short",
    pl.Int32: "integer",
    pl.Int64: "long",
    pl.Float32: "float",
    pl.Float64: "double",
    pl.String: "string",
    pl.Binary: "binary",
    pl.Date: "date",
}

# The least type of Delta that holds all values of an unsigned one.
_WIDER: dict[Any, pl.DataType] = {
    pl.UInt8: pl.Int16(),
    pl.UInt16: pl.Int32(),
    pl.UInt32: pl.Int64(),
}

_REFUSED: dict[Any, str] = {
    pl.UInt64: "Delta has no unsigned integers; use Int64, or Decimal(20, 0) for values above 2^63",
    pl.Int128: "use Int64, or Decimal(38, 0)",
    pl.UInt128: "use Int64, or Decimal(38, 0)",
    pl.Categorical: "use String",
    pl.Enum: "use String",
    pl.Array: "Delta has no lists of a fixed length; use List",
    pl.Null: "it has no values; give the column a type",
    pl.Object: "only Python knows its values; give the column a type",
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: its name.
        dtype: its type for users.
        stored: its type in files.
        delta: the type of its field in the log.
        nullable: whether it may have nulls.
    """

    name: str
    dtype: pl.DataType
    stored: pl.DataType
    delta: Any
    nullable: bool

    def field(self) -> dict[str, Any]:
        """Return the field of the column in the schema of the log."""
        metadata = {} if self.dtype == self.stored else {DTYPE_KEY: str(self.dtype)}
        shared = {"nullable": self.nullable, "metadata": metadata}
        return {"name": self.name, "type": self.delta, **shared}

    def store(self, expr: pl.Expr) -> pl.Expr:
        """Return the stored form of an expression of the column's type."""
        return expr if self.dtype == self.stored else _between(expr, self.dtype, self.stored)

    def load(self, expr: pl.Expr) -> pl.Expr:
        """Return what a stored expression means."""
        return expr if self.dtype == self.stored else _between(expr, self.stored, self.dtype)


def _between(expr: pl.Expr, source: pl.DataType, target: pl.DataType) -> pl.Expr:
    zones = (getattr(source, "time_zone", None), getattr(target, "time_zone", None))
    if isinstance(source, pl.Datetime) and isinstance(target, pl.Datetime):
        expr = expr.cast(pl.Datetime(target.time_unit, zones[0]))
        return expr if zones[0] == zones[1] else expr.dt.convert_time_zone(zones[1] or "UTC")
    if target == pl.Int64 and source.is_temporal():
        return expr.to_physical().cast(pl.Int64)
    return expr.cast(target)


def column_of(name: str, dtype: pl.DataType, *, nullable: bool) -> Column:
    """Return how a column of a type is stored.

    Raises:
        TableSchemaError: it cannot be stored; the message says what to use.
    """
    if not name:
        raise TableSchemaError("a column has no name: tables need one for each column")
    stored = _stored(name, dtype)
    return Column(name, dtype, stored, _delta(name, stored), nullable)


def _stored(name: str, dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.Datetime):
        if dtype.time_unit == "ns":
            return pl.Int64()
        return pl.Datetime("us", "UTC" if dtype.time_zone else None)
    if isinstance(dtype, pl.Duration | pl.Time):
        return pl.Int64()
    if dtype.base_type() in _WIDER:
        return _WIDER[dtype.base_type()]
    if isinstance(dtype, pl.List | pl.Struct):
        _check_nested(name, dtype)
    return dtype


def _check_nested(name: str, dtype: pl.DataType) -> None:
    """Refuse types inside of others that are not stored as they are."""
    inner = [dtype.inner] if isinstance(dtype, pl.List) else []
    if isinstance(dtype, pl.Struct):
        inner = [f.dtype for f in dtype.fields]
    for part in inner:
        kind = part() if isinstance(part, type) else part
        if _stored(name, kind) != kind:
            raise TableSchemaError(
                f"column {name!r} has {kind} inside of {dtype}: Delta cannot store it there as it "
                f"is; cast it to {_stored(name, kind)}, or make it a column of its own"
            )


def _delta(name: str, dtype: pl.DataType) -> Any:
    """Return a type of the log's schema, as Delta writes it in JSON."""
    plain = _PLAIN.get(dtype.base_type())
    if plain is not None:
        return plain
    if isinstance(dtype, pl.Datetime):
        return "timestamp" if dtype.time_zone else "timestamp_ntz"
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.List):
        return {"type": "array", "elementType": _part(name, dtype.inner), "containsNull": True}
    if isinstance(dtype, pl.Struct) and dtype.fields:
        fields = [
            {"name": f.name, "type": _part(name, f.dtype), "nullable": True, "metadata": {}}
            for f in dtype.fields
        ]
        return {"type": "struct", "fields": fields}
    why = _REFUSED.get(dtype.base_type(), "cast it to a type that Delta has")
    raise TableSchemaError(f"column {name!r} has the type {dtype}, which cannot be stored: {why}")


def _part(name: str, dtype: Any) -> Any:
    return _delta(name, dtype() if isinstance(dtype, type) else dtype)


def check_key_type(column: Column) -> None:
    """Refuse a column whose values do not order as keys must.

    Raises:
        TableSchemaError: it does not; the message says what to use.
    """
    if column.dtype.is_float():
        raise TableSchemaError(
            f"key column {column.name!r} is {column.dtype}: floats cannot be keys, as NaN and the "
            "two zeros have no place in an order; use an integer or a Decimal"
        )
    if column.dtype.is_nested():
        raise TableSchemaError(
            f"key column {column.name!r} is {column.dtype}: lists and structs cannot be keys; "
            "name columns of their parts"
        )


def dtype_named(name: str) -> pl.DataType:
    """Return the type that a field's metadata names.

    Raises:
        TableSchemaError: no type of this package has that name.
    """
    dtype = _named().get(name)
    if dtype is None and name.startswith("Datetime("):
        dtype = _datetime_named(name)
    if dtype is None:
        shown = json.dumps(name[:80])
        raise TableSchemaError(f"a column has the type {shown}: written by a newer version?")
    return dtype


def _named() -> dict[str, pl.DataType]:
    units: tuple[Any, ...] = ("ms", "us", "ns")
    known = [pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.Time(), *(pl.Duration(u) for u in units)]
    return {str(dtype): dtype for dtype in known}


def _datetime_named(name: str) -> pl.DataType | None:
    parts = name.removeprefix("Datetime(").removesuffix(")").split(", ")
    given = dict(part.partition("=")[::2] for part in parts)
    zone = given.get("time_zone", "None").strip("'")
    unit: Any = given.get("time_unit", "").strip("'")
    dtype = pl.Datetime(unit, None if zone == "None" else zone) if unit else None
    return dtype if dtype is not None and str(dtype) == name else None
