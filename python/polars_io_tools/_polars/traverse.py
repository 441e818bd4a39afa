"""Entry into the optimised plan of a LazyFrame, without running it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import polars as pl

__all__ = [
    "UNREADABLE",
    "Traverser",
    "column_type",
    "full_type",
    "nodes_below",
    "traverse",
    "type_name",
    "view_of",
]

# Polars does not export the class of its plan traverser.
Traverser = Any

T = TypeVar("T")

# What a traverser raises for a literal that Python cannot hold; beyond the years of Polars'
# calendar it panics.
UNREADABLE = (ValueError, OverflowError, pl.exceptions.PanicException)


class _TraversalStoppedError(Exception):
    """Ends the query once its plan has been read; Polars wraps it in an error of its own."""


def _as_written() -> pl.QueryOptFlags:
    """Return optimizations that coerce types and fold constants but move nothing.

    Filters stay where the user wrote them, and promises about order stay as declared.
    """
    flags = pl.QueryOptFlags.none()
    flags.simplify_expression = True
    return flags


def traverse(
    lf: pl.LazyFrame,
    read: Callable[[Traverser], T],
    *,
    optimizations: pl.QueryOptFlags | None = None,
) -> T:
    """Call `read` with a traverser that stands at the root of the optimised plan of `lf`.

    Without `optimizations`, filters stay where the user wrote them. Nothing of the query runs.
    `lf._ldf.visit()` would be shorter, but holds the GIL while it optimises and hangs on scans that
    need it.

    Raises:
        Exception: what `read` raises, or what Polars raises for a plan that is not valid.
    """
    results: list[T] = []
    errors: list[Exception] = []

    def callback(traverser: Traverser, *_: object) -> None:
        try:
            results.append(read(traverser))
        except Exception as error:  # noqa: BLE001  (raised below, as it was)
            errors.append(error)
        raise _TraversalStoppedError

    try:
        # The typed overloads leave the callback out, which Polars keeps for engines like this.
        collect: Callable[..., object] = lf.collect
        flags = _as_written() if optimizations is None else optimizations
        collect(engine="in-memory", optimizations=flags, post_opt_callback=callback)
    except Exception:
        if not results and not errors:
            raise
    if errors:
        raise errors[0]
    if not results:
        msg = f"Polars {pl.__version__} did not show the plan of the query"
        raise NotImplementedError(msg)
    return results[0]


def nodes_below(traverser: Traverser) -> Iterator[tuple[int, list[int]]]:
    """Yield each node of a plan once, with its inputs, from the root down and left before right.

    The traverser stands at the node that is yielded, and may be moved.
    """
    stack, seen = [traverser.get_node()], set[int]()
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            traverser.set_node(node)
            inputs = traverser.get_inputs()
            stack.extend(reversed(inputs))
            yield node, inputs


def view_of(traverser: Traverser) -> Any:
    """Return what Polars shows of a node; the error of one that it does not show."""
    try:
        return traverser.view_current_node()
    except NotImplementedError as error:
        return error


def type_name(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Return the wire name of a type: "date", "datetime[us]", "datetime[ns, UTC]", "other".

    Integers and durations have names as well: literals and functions of dates may be of them.

    Example:
        >>> type_name(pl.Datetime("ms"))
        'datetime[ms]'
    """
    if dtype == pl.Date:
        return "date"
    if dtype == pl.Boolean:
        return "boolean"
    if isinstance(dtype, pl.Datetime):
        zone = f", {dtype.time_zone}" if dtype.time_zone else ""
        return f"datetime[{dtype.time_unit}{zone}]"
    if isinstance(dtype, pl.Duration):
        return f"duration[{dtype.time_unit}]"
    if isinstance(dtype, pl.Decimal):
        return f"decimal[{dtype.precision}, {dtype.scale}]"
    return str(dtype).lower() if dtype.is_integer() or dtype.is_float() else "other"


def column_type(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Return the name of a type for readers of values: that of `type_name`, or one of more types.

    Example:
        >>> column_type(pl.Decimal(10, 2))
        'decimal[2]'
    """
    if isinstance(dtype, pl.Decimal):
        return f"decimal[{dtype.scale}]"
    if isinstance(dtype, pl.Enum):
        return f"enum{json.dumps(dtype.categories.to_list(), separators=(',', ':'))}"
    if dtype in (pl.String, pl.Binary, pl.Float32, pl.Float64, pl.Categorical):
        return str(dtype).lower()
    return type_name(dtype)


def full_type(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Return the name of a type that says most: of a decimal, also how many digits it has.

    Example:
        >>> full_type(pl.Decimal(10, 2)), full_type(pl.Float32)
        ('decimal[10, 2]', 'float32')
    """
    name = type_name(dtype)
    return column_type(dtype) if name == "other" else name
