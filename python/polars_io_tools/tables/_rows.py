"""Rows that are to be written, made to fit the table or refused.

Invariant: what is stored gives back exactly the values that were given; nothing is rounded, cut or
made null on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from polars_io_tools.errors import InvalidRowsError
from polars_io_tools.tables._constraints import Constraint
from polars_io_tools.tables._keys import Tuple, key_texts, shown_key
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._sorting import sort_rows
from polars_io_tools.tables._types import Column

__all__ = ["check_unique", "repeated_key", "stored_frames", "stored_keys"]

# About as many bytes of a query are sorted and written at a time, in several times the memory.
_CHUNK_BYTES = 128 << 20


def _frames_of(data: Any, layout: Layout) -> Iterator[pl.DataFrame]:
    """Yield rows in any of the forms that are taken: one frame, or those of a query in turn.

    Raises:
        InvalidRowsError: a value does not fit its column.
        TypeError: it is none of the forms.
    """
    if isinstance(data, pl.LazyFrame):
        yield from _chunks(data.collect_batches(maintain_order=True), data)
        return
    yield _frame(data, layout)


def _chunks(batches: Iterable[pl.DataFrame], lf: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    held: list[pl.DataFrame] = []
    size = 0.0
    for batch in batches:
        held.append(batch)
        size += batch.estimated_size()
        if size >= _CHUNK_BYTES:
            yield _taken(held)
            size = 0.0
    yield _taken(held) if held else pl.DataFrame(schema=lf.collect_schema())


def _taken(held: list[pl.DataFrame]) -> pl.DataFrame:
    """Return frames as one, and let go of them: only who gets it decides how long it lasts."""
    whole = pl.concat(held)
    held.clear()
    return whole


def _frame(data: Any, layout: Layout) -> pl.DataFrame:
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, Mapping) or (
        isinstance(data, list) and all(isinstance(r, dict) for r in data)
    ):
        return _from_python(data, layout)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return pl.DataFrame(data)
    kind = type(data).__name__
    raise TypeError(
        f"rows must be a DataFrame, a LazyFrame, an Arrow table, a dict of columns or a list of "
        f"dicts, not {kind}"
    )


def _from_python(data: Any, layout: Layout) -> pl.DataFrame:
    names = (
        list(data) if isinstance(data, Mapping) else list(dict.fromkeys(n for r in data for n in r))
    )
    known = layout.schema
    unknown = [n for n in names if n not in known]
    if unknown:
        raise _unknown(unknown[0], layout)
    schema = {n: known[n] for n in names}
    try:
        return pl.DataFrame(data, schema=schema)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise InvalidRowsError(f"the rows do not fit the columns {schema}: {error}") from error


def _unknown(name: str, layout: Layout) -> InvalidRowsError:
    known = ", ".join(map(repr, layout.schema))
    return InvalidRowsError(f"the rows have a column {name!r}, which the table does not: {known}")


def stored_frames(
    data: Any, layout: Layout, constraints: Iterable[Constraint] = ()
) -> Iterator[pl.DataFrame]:
    """Yield rows as files have them: all columns of the table, each frame sorted by its key.

    Raises:
        InvalidRowsError: they do not fit the table. The message names the column and the value.
    """

    def stored(frame: pl.DataFrame) -> pl.DataFrame:
        return _stored_rows(frame, layout, constraints)

    # By functions, as the variables of a loop would keep a frame while the next one is made.
    yield from filter(pl.DataFrame.__len__, map(stored, _frames_of(data, layout)))


def stored_keys(data: Any, layout: Layout) -> Iterator[pl.DataFrame]:
    """Yield the key columns of rows as files have them, each frame sorted; others are left aside.

    Raises:
        InvalidRowsError: a key column is not there, or does not fit.
    """
    only = Layout(layout.keys, layout.key, layout.unique)
    for frame in _frames_of(data, layout):
        missing = [n for n in layout.key if n not in frame.columns]
        if missing:
            raise InvalidRowsError(f"delete_keys: the key column {missing[0]!r} is not there")
        stored = _stored_rows(frame.select(layout.key), only, ())
        if stored.height:
            yield stored


def _stored_rows(
    frame: pl.DataFrame, layout: Layout, constraints: Iterable[Constraint]
) -> pl.DataFrame:
    for name in frame.columns:
        if name not in layout.schema:
            raise _unknown(name, layout)
    columns = [_stored(frame, column) for column in layout.columns]
    stored = pl.DataFrame(columns)
    for constraint in constraints:
        constraint.check(stored)
    return sort_rows(stored, layout.key)


def _stored(frame: pl.DataFrame, column: Column) -> pl.Series:
    if column.name not in frame.columns:
        if not column.nullable:
            raise InvalidRowsError(
                f"the rows lack the column {column.name!r}, which may not be null"
            )
        return pl.Series(column.name, [None], dtype=column.stored).new_from_index(0, frame.height)
    values = _as_type(frame[column.name], column.dtype)
    if not column.nullable and values.null_count():
        raise InvalidRowsError(
            f"column {column.name!r} may not be null, and {values.null_count()} of "
            f"{values.len()} rows are: fill or drop them"
        )
    if column.dtype == column.stored:
        return values
    stored = values.to_frame().select(column.store(pl.col(column.name))).to_series()
    again = stored.to_frame().select(column.load(pl.col(column.name))).to_series()
    _check_same(values, again, column.name, column.stored)
    return stored


def _as_type(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Return values in a type that has all of them.

    Raises:
        InvalidRowsError: it does not.
    """
    given = values.dtype
    if given == dtype:
        return values
    if not _related(given, dtype) and values.null_count() < values.len():
        raise InvalidRowsError(
            f"column {values.name!r} is {given} in the rows and {dtype} in the table: cast it"
        )
    try:
        cast = values.cast(dtype, strict=True)
    except pl.exceptions.PolarsError as error:
        raise InvalidRowsError(f"column {values.name!r} cannot become {dtype}: {error}") from error
    _check_same(values, cast.cast(given, strict=False), values.name, dtype)
    return cast


def _related(given: pl.DataType, dtype: pl.DataType) -> bool:
    """Tell whether values of one type can be values of another without a change of meaning."""
    if given.is_numeric() and dtype.is_numeric():
        return True
    if isinstance(given, pl.Datetime) and isinstance(dtype, pl.Datetime):
        return (given.time_zone is None) == (dtype.time_zone is None)
    if dtype == pl.String:
        return isinstance(given, pl.Categorical | pl.Enum)
    if dtype.is_nested():
        return given.base_type() == dtype.base_type() or isinstance(given, pl.Array)
    same = given.base_type() == dtype.base_type()
    return same or (given == pl.Date and dtype == pl.Datetime("us"))


def _check_same(values: pl.Series, again: pl.Series, name: str, dtype: pl.DataType) -> None:
    differ = values.ne_missing(again)
    if differ.any():
        value = values.filter(differ)[0]
        raise InvalidRowsError(
            f"column {name!r}: {value!r} ({values.dtype}) cannot be stored exactly as {dtype}; "
            "round or cast it"
        )


def check_unique(stored: pl.DataFrame, layout: Layout) -> None:
    """Raise if a key is there twice in sorted rows.

    Raises:
        InvalidRowsError: it is; the message names it.
    """
    keys = stored.select(layout.key)
    same = pl.all_horizontal(pl.col(n).eq(pl.col(n).shift(1)) for n in layout.key)
    repeated = keys.filter(same.fill_null(value=False))
    if repeated.height:
        loaded = repeated.head(1).select(c.load(pl.col(c.name)) for c in layout.keys)
        raise repeated_key(key_texts(loaded, layout)[0], layout)


def repeated_key(key: Tuple, layout: Layout) -> InvalidRowsError:
    """Return the error for a key that would be there more than once."""
    return InvalidRowsError(
        f"the key {shown_key(key, layout)} would be there more than once, in a table of unique "
        "keys: drop the repeated rows, use txn(mode='upsert') to replace rows, or a table with "
        "unique=False"
    )
