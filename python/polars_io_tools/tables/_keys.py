"""Keys between Polars and the Go core: values as texts of their physical form, ranges as filters.

A range is what the JSON of shards and operations has: `lo`, or `after` for it, and `hi`, or
`through` for it, each a tuple of texts, or None for an open end; see gocore/tablewire.
"""

from __future__ import annotations

import base64
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from polars_io_tools._polars.traverse import type_name
from polars_io_tools._polars.types import from_texts, to_texts
from polars_io_tools.errors import InvalidRowsError, TableSchemaError
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._types import Column

__all__ = [
    "FULL",
    "Range",
    "Tuple",
    "key_texts",
    "overlaps",
    "range_filter",
    "ranges_filter",
    "shown",
    "shown_key",
    "texts_of",
    "texts_or_none",
    "tuple_of",
    "values_of",
    "wire_key",
    "wire_type",
]

Tuple = list[str]
Range = Mapping[str, Tuple | None]

FULL: Range = {"lo": None, "hi": None}

_NAMES: dict[Any, str] = {pl.String: "string", pl.Binary: "binary", pl.Time: "time"}


def wire_key(layout: Layout) -> list[list[str]]:
    """Return the columns of a key with the names that Go has for their types."""
    return [[c.name, wire_type(c.dtype)] for c in layout.keys]


def wire_type(dtype: pl.DataType) -> str:
    """Return the name that Go has for a type."""
    return _NAMES.get(dtype.base_type()) or type_name(dtype)


def key_texts(frame: pl.DataFrame, layout: Layout) -> list[Tuple]:
    """Return the keys of a frame with the columns of users, which has no nulls in them."""
    columns = [texts_of(frame[c.name]) for c in layout.keys]
    return [list(row) for row in zip(*columns, strict=True)]


def texts_of(values: pl.Series) -> list[str]:
    """Return values without nulls as texts."""
    if values.dtype == pl.Binary:
        return values.bin.encode("base64").to_list()
    return values.to_list() if values.dtype == pl.String else to_texts(values)


def texts_or_none(values: pl.Series) -> list[str | None]:
    """Return values as texts, and None for nulls."""
    if not values.null_count():
        return list(texts_of(values))
    known = values.is_not_null()
    texts = iter(texts_of(values.filter(known)))
    return [next(texts) if there else None for there in known]


def values_of(key: Tuple, layout: Layout) -> tuple[Any, ...]:
    """Return the Python values of a tuple, for people to read."""
    series = [_series(c, text) for c, text in zip(layout.keys, key, strict=False)]
    return tuple(s.item() for s in series)


def _series(column: Column, text: str) -> pl.Series:
    """Return a value as users have it."""
    dtype = column.dtype
    if dtype == pl.Binary:
        return pl.Series([base64.b64decode(text)], dtype=dtype)
    values = from_texts([text], dtype)
    if dtype.is_temporal():
        return (
            pl.Series(values, dtype=pl.Int64)
            .cast(pl.Int32 if dtype == pl.Date else pl.Int64)
            .cast(dtype)
        )
    return pl.Series(values, dtype=dtype)


def tuple_of(values: Any, layout: Layout) -> Tuple | None:
    """Return the tuple of a key, or of its first columns, as users write it; None is an open end.

    Raises:
        InvalidRowsError: a value does not fit its column.
        TableSchemaError: there are more values than key columns.
    """
    if values is None:
        return None
    given = values if isinstance(values, tuple | list) else (values,)
    if not 0 < len(given) <= len(layout.key):
        msg = f"{values!r} has {len(given)} values, the key {list(layout.key)} {len(layout.key)}"
        raise TableSchemaError(f"{msg}; a bound has at least one, or is None")
    texts: Tuple = []
    for column, value in zip(layout.keys, given, strict=False):
        try:
            series = _exact(value, column)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
            msg = f"{value!r} is no value of key column {column.name!r}, which is {column.dtype}"
            raise InvalidRowsError(f"{msg}: {error}") from error
        texts += texts_of(series)
    return texts


def _exact(value: Any, column: Column) -> pl.Series:
    """Return a value as a Series of the type of its column.

    Raises:
        ValueError: it is not exactly a value of this type.
    """
    if value is None:
        raise ValueError("a key has no nulls")
    given = (
        pl.Series([value])
        if not isinstance(value, Decimal)
        else pl.Series([value], dtype=column.dtype)
    )
    series = given.cast(column.dtype, strict=True)
    family = (given.dtype.is_numeric(), given.dtype.is_temporal(), given.dtype == pl.Boolean)
    wanted = (column.dtype.is_numeric(), column.dtype.is_temporal(), column.dtype == pl.Boolean)
    if family != wanted or series.cast(given.dtype).item() != given.item():
        raise ValueError("it is another value in the type of the column")
    return series


def shown_key(key: Tuple, layout: Layout) -> str:
    """Return a key as people read it: its columns with their values."""
    values = values_of(key, layout)
    return ", ".join(f"{n}={v!r}" for n, v in zip(layout.key, values, strict=True))


def shown(within: Range) -> str:
    """Return a range as people read it."""
    lo = within.get("after") or within["lo"] or ["…"]
    hi = within.get("through") or within["hi"] or ["…"]
    ends = "(" if within.get("after") else "[", "]" if within.get("through") else ")"
    return f"{ends[0]}({', '.join(lo)}) to ({', '.join(hi)}){ends[1]}"


def range_filter(within: Range, layout: Layout, name: Callable[[str], str] = str) -> pl.Expr:
    """Return the filter for the rows of a range, on stored columns.

    It compares columns with constants, the first one by itself as well, so that Polars skips files
    by it.
    """
    return _from(within, layout, name) & _until(within, layout, name)


def ranges_filter(ranges: Sequence[Range], layout: Layout) -> pl.Expr:
    """Return the filter for the rows of any of some ranges, on stored columns."""
    filters = [range_filter(within, layout) for within in ranges]
    return functools.reduce(operator.or_, filters, pl.lit(value=False))


def overlaps(
    within: Range, layout: Layout, low: Callable[[str], str], high: Callable[[str], str]
) -> pl.Expr:
    """Return the filter for files whose keys may lie in a range, by names of their bounds."""
    return (_from(within, layout, high) & _until(within, layout, low)).fill_null(value=True)


def _from(within: Range, layout: Layout, name: Callable[[str], str]) -> pl.Expr:
    if within.get("after") is not None:
        return _compare(within["after"], layout, name, (operator.gt, operator.gt, operator.ge))
    return _compare(within["lo"], layout, name, (operator.gt, operator.ge, operator.ge))


def _until(within: Range, layout: Layout, name: Callable[[str], str]) -> pl.Expr:
    if within.get("through") is not None:
        return _compare(within["through"], layout, name, (operator.lt, operator.le, operator.le))
    return _compare(within["hi"], layout, name, (operator.lt, operator.lt, operator.le))


def _compare(
    key: Tuple | None, layout: Layout, name: Callable[[str], str], how: Sequence[Callable[..., Any]]
) -> pl.Expr:
    """Compare tuples: by `how[0]` in a column before the last, `how[1]` in the last.

    `how[2]` is what follows from it for the first column alone.
    """
    if key is None:
        return pl.lit(value=True)
    strict, last, first = how
    pairs = [
        (pl.col(name(c.name)), _literal(c, text)) for c, text in zip(layout.keys, key, strict=False)
    ]
    column, value = pairs[-1]
    inner: pl.Expr = last(column, value)
    for column, value in reversed(pairs[:-1]):
        inner = strict(column, value) | ((column == value) & inner)
    column, value = pairs[0]
    alone: pl.Expr = first(column, value)
    return (
        alone
        if len(pairs) == 1 and last is first
        else functools.reduce(operator.and_, [alone, inner])
    )


def _literal(column: Column, text: str) -> pl.Expr:
    """Return a constant of the stored type."""
    stored = pl.select(column.store(pl.lit(_series(column, text)))).to_series()
    if stored.dtype.is_temporal():
        # Not a Python datetime, which Polars would not compare with statistics as it is.
        return pl.lit(stored.to_physical().item()).cast(stored.dtype)
    return pl.lit(stored.item(), dtype=stored.dtype)
