"""Constant subtrees that Polars' optimiser leaves as they are, computed by Polars itself.

`pl.lit("2024-01-01").str.to_date()` or `pl.datetime(..., time_zone=...)` are constants to a reader,
but function nodes in the plan. What is not in the table here stays a function of constants, which
bounds nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from polars_io_tools._polars.literals import literal

__all__ = ["Constant", "compute", "constant_of"]

# A subtree without columns, as the expression it came from.
Constant = pl.Expr

_SCALARS = (str, int, float, date, datetime, timedelta)

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}

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
    "dt.month_start": lambda a, _, __: a[0].dt.month_start(),
    "dt.month_end": lambda a, _, __: a[0].dt.month_end(),
}


def constant_of(
    wire: dict[str, Any], view: Any, arguments: list[Constant], dtype: Callable[[], pl.DataType]
) -> Constant | None:
    """Return a node over constant arguments as an expression, None if it is not known."""
    kind = wire["k"]
    if kind == "lit":
        # A literal with hidden nanoseconds is not the constant that it seems.
        seen = isinstance(view.value, _SCALARS) and wire.get("lo") == wire.get("hi")
        return pl.lit(view.value, dtype=view.dtype) if seen else None
    if kind == "cast" and arguments:
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
        value = pl.select(constant).to_series()
    except pl.exceptions.PolarsError:
        return None
    if value.len() != 1:
        return None
    if value.null_count() or not (value.dtype.is_temporal() or value.dtype.is_integer()):
        return literal(value.item(), value.dtype)
    # The physical integer is exact where the Python value is not.
    return literal(value.item(), value.dtype) | dict.fromkeys(
        ("lo", "hi"), value.to_physical().item()
    )
