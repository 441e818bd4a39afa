"""Where the values of columns lie, part by part: taken in a worker, searched on the driver.

A part is some rows of a result. What is known of its columns is small and made of builtins, so
that it travels inside of the report of a task; `PartIndex` is that of all parts, which Go searches
as it searches the statistics of files.

Invariant: a part that holds a row on which a predicate is true is among those selected. Of columns
of other types nothing is known, and they select all parts.

Example:
    >>> import polars as pl
    >>> parts = [pl.DataFrame({"x": [1, 5]}), pl.DataFrame({"x": [7, None]})]
    >>> index = PartIndex(parts[0].schema, [statistics_of(part) for part in parts])
    >>> index.holding(pl.col("x") > 5)
    [1]
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import Any

import polars as pl
import polars.selectors as cs

from polars_io_tools import _gocore
from polars_io_tools._identity import FAILURES
from polars_io_tools._indexed import texts
from polars_io_tools._partitions import exact_column
from polars_io_tools._polars.filters import column_type, encode_filters

__all__ = ["PartIndex", "Statistics", "statistics_of"]

# Of each column: its least and its greatest value as texts, None where they are not known; how many
# values are null, as "none", "some" or "all"; and whether they are in ascending order, which is
# looked at where dates are without nulls.
Statistics = dict[str, tuple[str | None, str | None, str, bool]]

_UNKNOWN = (None, None, "some", False)


def statistics_of(frame: pl.DataFrame) -> Statistics:
    """Return what is known of the columns of a frame, those left out of which nothing can be."""
    names = [name for name, dtype in frame.schema.items() if _is_ordered(dtype)]
    if not names:
        return {}
    columns = cs.by_name(*names)
    ends = (
        frame.lazy()
        .select(columns)
        .select(
            pl.struct(columns.min()).alias("least"),
            pl.struct(columns.max()).alias("greatest"),
            pl.struct(columns.null_count()).alias("nulls"),
        )
        .collect(engine="in-memory")
    )
    least, greatest, nulls = (ends[name].struct.unnest() for name in ends.columns)
    found: Statistics = {}
    for name in names:
        column = frame.get_column(name)
        ascending = column.dtype.is_temporal() and nulls[name][0] == 0 and column.is_sorted()
        found[name] = (
            _text(least[name]),
            _text(greatest[name]),
            _nulls(nulls[name][0], frame.height),
            ascending,
        )
    return found


def _is_ordered(dtype: pl.DataType) -> bool:
    plain = dtype.is_temporal() or dtype.is_numeric() or dtype in (pl.Boolean, pl.String)
    return plain and not isinstance(dtype, pl.Duration)


def _text(value: pl.Series) -> str | None:
    found = texts(value)
    return None if found is None else found[0]


def _nulls(count: int, rows: int) -> str:
    if count == 0:
        return "none"
    return "all" if count == rows else "some"


class PartIndex:
    """Finds the parts that can hold rows.

    Args:
        schema: the columns of all parts.
        parts: what is known of each.
    """

    def __init__(self, schema: pl.Schema, parts: Sequence[Statistics]) -> None:
        self._schema = schema
        self._count = len(parts)
        self._parts = parts
        self._index = b""
        columns = [_indexed(name, schema[name], parts) for name in _known(schema, parts)]
        if columns:
            # No file is called so: there is none to be watched.
            paths = [f"\0{position}" for position in range(len(parts))]
            request = {"paths": paths, "columns": columns, "statistics": "log"}
            self._index = _gocore.prune_index(json.dumps(request).encode())

    def holding(self, predicate: pl.Expr) -> list[int]:
        """Return the parts that can hold rows on which a predicate is true, by position."""
        try:
            return self.select(encode_filters(self._schema, [predicate]))
        except FAILURES:
            return list(range(self._count))

    def select(self, predicate: dict[str, Any]) -> list[int]:
        """Return the same for a predicate as wire nodes, with their root."""
        if not self._index or not predicate["exprs"]:
            return list(range(self._count))
        request = json.dumps({"first": False, **predicate}).encode()
        found = _gocore.prune_select(self._index, b"", request)
        return list(array("I", found[4:]))

    def bounds(self) -> list[pl.Expr]:
        """Return filters that are true on all rows, and say where dates lie."""
        return [
            _between(name, self._schema[name], self._parts)
            for name in self._schema
            if isinstance(self._schema[name], pl.Datetime) or self._schema[name] == pl.Date
        ]

    def extents(self) -> list[dict[str, Any]]:
        """Return where columns lie, as a scan of a plan has it."""
        if not self._index:
            return []
        found: list[dict[str, Any]] = json.loads(_gocore.prune_extents(self._index))
        return found


def _between(name: str, dtype: pl.DataType, parts: Sequence[Statistics]) -> pl.Expr:
    column = exact_column(name)
    found = [part.get(name, _UNKNOWN) for part in parts]
    least = [int(s[0]) for s in found if s[0] is not None]
    greatest = [int(s[1]) for s in found if s[1] is not None]
    if not least:
        return column.is_null()
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    first, last = (pl.lit(v, dtype=physical).cast(dtype) for v in (min(least), max(greatest)))
    inside = column.is_between(first, last)
    return inside if all(s[2] == "none" for s in found) else inside | column.is_null()


def _known(schema: pl.Schema, parts: Sequence[Statistics]) -> list[str]:
    return [name for name in schema if any(name in part for part in parts)]


def _indexed(name: str, dtype: pl.DataType, parts: Sequence[Statistics]) -> dict[str, Any]:
    least, greatest, nulls, _ = zip(*(part.get(name, _UNKNOWN) for part in parts), strict=True)
    return {
        "name": name,
        "type": column_type(dtype),
        "values": None,
        "logged": {"least": least, "greatest": greatest, "nulls": nulls},
    }
