"""Whether the columns that a reader describes, or gives, are those that are expected."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from polars_io_tools.db._reader import Column, Description, check_drift
from polars_io_tools.errors import SchemaMismatchError, UnsupportedColumnError

__all__ = ["as_given", "checked", "distinct"]


def distinct(found: Description) -> Description:
    """Return a description whose columns have different names.

    Raises:
        UnsupportedColumnError: two of them have the same.
    """
    names = [c.name for c in found.columns]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        msg = f"scan_db: column {twice[0]!r} appears twice; give it an alias"
        raise UnsupportedColumnError(msg)
    return found


def as_given(found: Description, schema: pl.Schema) -> Description:
    """Return a description in the order of the user's schema.

    Raises:
        SchemaMismatchError: the columns are others.
    """
    columns = tuple(Column(name, dtype) for name, dtype in schema.items())
    check_drift(columns, found.columns)
    more = [c.name for c in found.columns if c.name not in schema]
    if more:
        msg = f"scan_db: the query gives the column {more[0]!r}, which schema= does not name"
        raise SchemaMismatchError(msg)
    by_name = {c.name: c for c in found.columns}
    return replace(found, columns=tuple(by_name[name] for name in schema))


def checked(frame: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Return a frame that a reader gave, if it has the columns that were expected.

    Raises:
        SchemaMismatchError: it has others.
    """
    expected = pl.Schema({c.name: c.dtype for c in columns})
    if frame.schema != expected:
        check_drift(columns, tuple(Column(n, t) for n, t in frame.schema.items()))
        msg = f"scan_db: the columns {frame.columns} came instead of {list(expected)}"
        raise SchemaMismatchError(msg)
    return frame
