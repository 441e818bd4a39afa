"""From filters of Ray Data to weaker ones of Polars, by which files and row groups are skipped.

Invariant: a row on which the filter is true has the weaker one true. What is not known for sure to
mean the same to Arrow and to Polars, such as comparisons of floats with their NaN, may be true.

The nodes are told by the names of their classes, so that this module does not import Ray.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import operator
from collections.abc import Callable
from typing import Any

import polars as pl

__all__ = ["columns_of", "weaker"]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}

_TURNED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq", "ne": "ne"}

# The types of literals that compare with columns in Polars as they do in Arrow.
_LITERALS: dict[type, Callable[[pl.DataType], bool]] = {
    int: lambda dtype: dtype.is_integer(),
    str: lambda dtype: dtype == pl.String,
    bytes: lambda dtype: dtype == pl.Binary,
    bool: lambda dtype: dtype == pl.Boolean,
    dt.date: lambda dtype: dtype == pl.Date,
    # Other units than those of Python's datetime would be rounded.
    dt.datetime: lambda dtype: isinstance(dtype, pl.Datetime) and dtype.time_unit == "us",
}


def columns_of(expr: Any) -> set[str]:
    """Return the columns that a filter of Ray needs."""
    if type(expr).__name__ == "ColumnExpr":
        return {expr.name}
    if isinstance(expr, list | tuple):
        parts = list(expr)
    elif isinstance(expr, dict):
        parts = [*expr.values()]
    elif dataclasses.is_dataclass(expr):
        parts = [getattr(expr, field.name) for field in dataclasses.fields(expr)]
    else:
        return set()
    return {name for part in parts for name in columns_of(part)}


def weaker(expr: Any, schema: pl.Schema) -> pl.Expr | None:
    """Return a filter of Polars that is true wherever one of Ray is, None if all rows stay."""
    kind = type(expr).__name__
    if kind == "BinaryExpr":
        return _binary(expr, schema)
    if kind == "UnaryExpr":
        return _unary(expr, schema)
    return None


def _binary(expr: Any, schema: pl.Schema) -> pl.Expr | None:
    op = expr.op.value
    if op in ("and", "or"):
        sides = [weaker(expr.left, schema), weaker(expr.right, schema)]
        known = [side for side in sides if side is not None]
        if op == "or":
            return known[0] | known[1] if len(known) == len(sides) else None
        return pl.all_horizontal(known) if known else None
    if op in _COMPARE:
        return _comparison(op, expr.left, expr.right, schema)
    return _is_in(expr, schema) if op == "in" else None


def _comparison(op: str, left: Any, right: Any, schema: pl.Schema) -> pl.Expr | None:
    if type(right).__name__ == "ColumnExpr":
        left, right, op = right, left, _TURNED[op]
    name = _column(left, schema)
    if name is None or type(right).__name__ != "LiteralExpr":
        return None
    literal = _literal(right.value, schema[name])
    return None if literal is None else _COMPARE[op](pl.col(name), literal)


def _is_in(expr: Any, schema: pl.Schema) -> pl.Expr | None:
    name = _column(expr.left, schema)
    values = getattr(expr.right, "value", None)
    if name is None or not isinstance(values, list) or not values:
        return None
    literals = [_literal(value, schema[name]) for value in values]
    known = [literal for literal in literals if literal is not None]
    if len(known) < len(literals):
        return None
    return pl.any_horizontal(pl.col(name) == literal for literal in known)


def _unary(expr: Any, schema: pl.Schema) -> pl.Expr | None:
    name = _column(expr.operand, schema)
    if name is None:
        return None
    nulls = {"is_null": pl.col(name).is_null(), "is_not_null": pl.col(name).is_not_null()}
    return nulls.get(expr.op.value)


def _column(expr: Any, schema: pl.Schema) -> str | None:
    name = expr.name if type(expr).__name__ == "ColumnExpr" else None
    return name if name in schema else None


def _literal(value: Any, dtype: pl.DataType) -> pl.Expr | None:
    fits = _LITERALS.get(type(value))
    if fits is None or not fits(dtype):
        return None
    if isinstance(value, dt.datetime):
        zones = (value.tzinfo, getattr(dtype, "time_zone", None))
        if (zones[0] is None) != (zones[1] is None):
            return None
        # In the zone of the column, as Polars compares no others.
        since = value - dt.datetime.fromtimestamp(0, dt.UTC).replace(tzinfo=value.tzinfo and dt.UTC)
        return pl.lit(since // dt.timedelta(microseconds=1)).cast(dtype)
    return pl.lit(value)
