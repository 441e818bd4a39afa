"""What ADBC's driver of SQLite leaves out: types, which it guesses from values.

Columns are those of `_sqlite`, by their declarations. Each batch that comes is held against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from polars_io_tools.db._from_arrow import Converter
from polars_io_tools.db._reader import (
    Column,
    Description,
    Query,
    Statement,
    check_drift,
)
from polars_io_tools.db._sqlite import SqliteReader, adapted_value
from polars_io_tools.db._sqlite_values import declared_type, to_series

__all__ = ["adapted", "converters", "description"]


def description(uri: str, query: Query) -> Description:
    """Return the columns of a query, by the module of Python."""
    found = SqliteReader(uri.removeprefix("sqlite:///")).describe(query)
    return replace(found, columns=tuple(_pushable(c) for c in found.columns))


def adapted(params: Sequence[Any]) -> tuple[Any, ...]:
    """Return parameters as SQLite keeps them."""
    return tuple(adapted_value(v) for v in params)


def converters(uri: str, statement: Statement) -> list[Converter]:
    """Return how the fields of a result become the columns that are expected.

    Raises:
        SchemaMismatchError: the declarations are not what they were.
    """
    columns = statement.columns
    check_drift(columns, description(uri, statement.query).columns)
    return [_Declared(c, c.dtype) for c in columns]


def _pushable(column: Column) -> Column:
    # The driver makes texts of numbers and bytes of texts where a column has both. Then a filter
    # in SQL would not see what is read, but for columns where SQLite keeps no such thing.
    declared = declared_type(column.type)
    if column.dtype == pl.Binary or declared is None or declared != column.dtype:
        return replace(column, type="")
    return column


@dataclass(frozen=True)
class _Declared(Converter):
    """A column that came in the type that the driver has guessed."""

    def convert(self, array: Any, before: int) -> pl.Series:
        """Return its values in the type that was declared."""
        series = pl.Series(self.column.name, array)
        if series.dtype == self.column.dtype:
            return series
        if series.null_count() == len(series):
            return pl.Series(self.column.name, [None] * len(series), dtype=self.column.dtype)
        # Each value on its own, which is slow and says which one does not fit.
        return to_series(self.column.name, series.to_list(), self.column.dtype, before)
