"""Whether keys would be in a table more than once."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Range, overlaps, range_filter, wire_key
from polars_io_tools.tables._live import high, low, ranges_of, read_files
from polars_io_tools.tables._rows import repeated_key
from polars_io_tools.tables._schema import Layout

__all__ = ["check_added_keys", "range_of"]


def range_of(add: dict[str, Any]) -> Range:
    """Return the range from the first to the last key of a file that is added."""
    return {"lo": add["lo"], "hi": None, "through": add["hi"]}


def check_added_keys(
    adds: Sequence[dict[str, Any]],
    live: pl.DataFrame,
    layout: Layout,
    folder: str,
    *,
    among: bool,
) -> None:
    """Raise if a key of files that are added is there twice, or in a live file as well.

    Only files whose ranges meet are read, and of them the keys in the ranges that are added.

    Args:
        adds: the files that are added.
        live: the files to compare them with.
        layout: the columns of the table.
        folder: where the files are.
        among: whether those that are added are compared with one another as well.

    Raises:
        InvalidRowsError: a key is; the message names it.
    """
    added = [range_of(add) for add in adds]
    if not added:
        return
    key = wire_key(layout)
    shared = _core.overlaps(key, added, ranges_of(live, layout), among=among)
    if not shared:
        return
    inside = functools.reduce(operator.or_, (range_filter(r, layout) for r in shared))
    meeting = functools.reduce(operator.or_, (overlaps(r, layout, low, high) for r in shared))
    names = [add["path"] for add in adds] + live.filter(meeting)["path"].to_list()
    frames = [_keys(name, inside, layout, folder) for name in names]
    found = _core.repeated(key, [frame for frame in frames if frame.height])
    if found is not None:
        raise repeated_key(found, layout)


def _keys(name: str, inside: pl.Expr, layout: Layout, folder: str) -> pl.DataFrame:
    """Return the sorted keys of a file that lie in ranges."""
    rows = read_files(folder, [name], layout).filter(inside).select(layout.key)
    loaded = [c.load(pl.col(c.name)) for c in layout.keys]
    # Files of other writers need not be sorted.
    return rows.sort(list(layout.key)).select(loaded).collect()
