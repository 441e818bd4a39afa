"""Types of columns by the names that Go has for them, and constants of these types as text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from polars_io_tools._polars.filters import column_type
from polars_io_tools._polars.traverse import type_name

__all__ = ["from_texts", "to_texts", "wire_column"]


def wire_column(name: str, dtype: pl.DataType) -> dict[str, Any] | None:
    """Return a column as Go takes it, None for a type without an order that is known.

    Example:
        >>> wire_column("size", pl.Enum(["S", "L"]))
        {'name': 'size', 'type': 'enum', 'labels': ['S', 'L']}
    """
    if isinstance(dtype, pl.Enum):
        return {"name": name, "type": "enum", "labels": dtype.categories.to_list()}
    kind = type_name(dtype) if isinstance(dtype, pl.Decimal) else column_type(dtype)
    return None if kind == "other" or kind.startswith("duration") else {"name": name, "type": kind}


def from_texts(texts: Sequence[str], dtype: pl.DataType) -> list[Any]:
    """Return the Python values, or for temporal types the Series, of texts that Go wrote."""
    values: list[Any]
    if isinstance(dtype, pl.Decimal):
        return [_decimal(int(t), dtype.scale) for t in texts]
    if isinstance(dtype, pl.Enum):
        labels = dtype.categories.to_list()
        return [labels[int(t)] for t in texts]
    if dtype == pl.Boolean:
        return [t == "true" for t in texts]
    if dtype == pl.Binary:
        return [bytes.fromhex(t) for t in texts]
    if dtype.is_integer() or dtype.is_temporal():
        return [int(t) for t in texts]
    values = [float(t) for t in texts] if dtype.is_float() else list(texts)
    return values


def _decimal(value: int, scale: int) -> Decimal:
    # Not `scaleb`, which rounds to the precision of the context.
    digits = tuple(map(int, str(abs(value))))
    return Decimal((int(value < 0), digits, -scale))


def to_texts(values: pl.Series) -> list[str]:
    """Return values without nulls as the texts that Go reads."""
    dtype = values.dtype
    if dtype.is_temporal() or dtype.is_integer() or dtype.is_decimal() or dtype == pl.Enum:
        return values.to_physical().cast(pl.String).to_list()
    if dtype == pl.Boolean:
        return [str(v).lower() for v in values]
    if dtype == pl.Binary:
        return [v.hex() for v in values]
    return [repr(v) for v in values] if dtype.is_float() else values.cast(pl.String).to_list()
