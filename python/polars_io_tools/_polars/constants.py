"""Constant subtrees that Polars' optimiser leaves as they are, computed by Polars itself.

`pl.lit("2024-01-01").str.to_date()` or `pl.datetime(..., time_zone=...)` are constants to a reader,
but function nodes in the plan. What is not in the table here stays a function of constants, which
bounds nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from polars_io_tools._polars.literals import literal

__all__ = ["Constant", "compute", "constant_of"]

# A subtree without columns, as the expressions of the least and greatest value that it may have:
# a literal of nanoseconds shows only its microseconds.
Constant = tuple[pl.Expr, pl.Expr]

_SCALARS = (str, int, float, date, datetime, time, timedelta)

# Of dates, datetimes and durations; only sums rise with their first argument whatever the second.
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub}

# name -> (arguments, settings of the function) -> expression
_FUNCTIONS: dict[str, Callable[[list[pl.Expr], list[Any], Any], pl.Expr]] = {
    "dt.datetime_function": lambda a, o, _: pl.datetime(
        *a[:7], time_unit=o[0], time_zone=o[1], ambiguous=a[7]
    ),
    "str.strptime": lambda a, o, dtype: a[0].str.strptime(
        dtype, o[0], strict=o[1], exact=o[2], cache=o[3], ambiguous=a[1]
    ),
    "dt.offset_by": lambda a, _, __: a[0].dt.offset_by(a[1]),
    "dt.truncate": lambda a, _, __: a[0].dt.truncate(a[1]),
    "dt.round": lambda a, _, __: a[0].dt.round(a[1]),
    "dt.replace_time_zone": lambda a, o, _: a[0].dt.replace_time_zone(
        o[0], ambiguous=a[1], non_existent=o[1]
    ),
    "dt.convert_time_zone": lambda a, o, _: a[0].dt.convert_time_zone(o[0]),
    "dt.cast_time_unit": lambda a, o, _: a[0].dt.cast_time_unit(o[0]),
    "dt.date": lambda a, _, __: a[0].dt.date(),
    "dt.combine": lambda a, o, _: a[0].dt.combine(a[1], time_unit=o[0]),
    "dt.year": lambda a, _, __: a[0].dt.year(),
    "dt.iso_year": lambda a, _, __: a[0].dt.iso_year(),
    "dt.month_start": lambda a, _, __: a[0].dt.month_start(),
    "dt.month_end": lambda a, _, __: a[0].dt.month_end(),
}


def constant_of(
    wire: dict[str, Any], view: Any, arguments: list[Constant], dtype: Callable[[], pl.DataType]
) -> Constant | None:
    """Return a node over constant arguments as a constant, None if it is not known how.

    Every function in the tables rises with its first argument, which alone may be a range.
    """
    if wire["k"] == "lit":
        return _literal(wire, view)
    if any(low is not high for low, high in arguments[1:]):
        return None
    others = [low for low, _ in arguments[1:]]
    low, high = (_apply(wire, view, [first, *others], dtype) for first in arguments[0])
    if low is None or high is None:
        return None
    return (low, low) if arguments[0][0] is arguments[0][1] else (low, high)


def _literal(wire: dict[str, Any], view: Any) -> Constant | None:
    if "hi" in wire:
        low, high = (pl.lit(wire[end], dtype=pl.Int64).cast(view.dtype) for end in ("lo", "hi"))
        return low, high
    if view.value is not None and not isinstance(view.value, _SCALARS):
        return None
    value = pl.lit(view.value, dtype=view.dtype)
    return value, value


def _apply(
    wire: dict[str, Any], view: Any, arguments: list[pl.Expr], dtype: Callable[[], pl.DataType]
) -> pl.Expr | None:
    kind = wire["k"]
    if kind == "cast":
        return arguments[0].cast(view.dtype, strict=wire["strict"])
    if kind == "bin" and wire["op"] in _ARITHMETIC:
        combined: pl.Expr = _ARITHMETIC[wire["op"]](*arguments)
        return combined
    function = _FUNCTIONS.get(wire.get("name", "")) if kind == "call" else None
    if function is None:
        return None
    return function(arguments, list(view.function_data[1:]), dtype())


def compute(constant: Constant) -> dict[str, Any] | None:
    """Return the value of a constant on the wire, None if Polars cannot compute it."""
    try:
        values = pl.select(low=constant[0], high=constant[1])
    except pl.exceptions.PolarsError:
        return None
    low, high = values.get_columns()
    if values.height != 1 or low.null_count() != high.null_count():
        return None
    wire = literal(low[0], low.dtype)
    if low.null_count() or not (low.dtype.is_temporal() or low.dtype.is_integer()):
        return wire
    # The physical integers are exact where the Python value is not.
    return wire | {"lo": low.to_physical()[0], "hi": high.to_physical()[0]}
