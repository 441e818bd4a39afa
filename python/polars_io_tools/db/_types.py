"""Types of columns by the names that `gocore/pgread` has for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

__all__ = ["from_name", "to_name"]

_PLAIN: dict[str, pl.DataType] = {
    "boolean": pl.Boolean(),
    "int16": pl.Int16(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "uint32": pl.UInt32(),
    "float32": pl.Float32(),
    "float64": pl.Float64(),
    "string": pl.String(),
    "binary": pl.Binary(),
    "date": pl.Date(),
    "time": pl.Time(),
}


def from_name(name: str, labels: Sequence[str] | None = None) -> pl.DataType:
    """Return the type of a name; `labels` are those of the enum in it.

    Example:
        >>> from_name("list[decimal[18, 4]]")
        List(Decimal(precision=18, scale=4))
    """
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "enum":
        return pl.Enum(labels or [])
    head, _, inner = name.removesuffix("]").partition("[")
    if head == "list":
        return pl.List(from_name(inner, labels))
    first, _, second = inner.partition(", ")
    if head == "decimal":
        return pl.Decimal(int(first), int(second))
    if head == "duration":
        return pl.Duration(first)  # type: ignore[arg-type]  # one of Polars' units
    return pl.Datetime(first, second or None)  # type: ignore[arg-type]  # one of Polars' units


def to_name(dtype: Any) -> str:
    """Return the name of a type; what has none is named so that Go refuses it.

    Example:
        >>> to_name(pl.List(pl.Datetime("us", "UTC")))
        'list[datetime[us, UTC]]'
    """
    if isinstance(dtype, pl.Enum):
        return "enum"
    if isinstance(dtype, pl.List):
        return f"list[{to_name(dtype.inner)}]"
    if isinstance(dtype, pl.Decimal):
        return f"decimal[{dtype.precision}, {dtype.scale}]"
    if isinstance(dtype, pl.Duration):
        return f"duration[{dtype.time_unit}]"
    if isinstance(dtype, pl.Datetime):
        zone = f", {dtype.time_zone}" if dtype.time_zone else ""
        return f"datetime[{dtype.time_unit}{zone}]"
    return str(dtype).lower()
