"""Whether keys would be in a table more than once."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Range, overlaps, range_filter, wire_key
from polars_io_tools.tables._live import high, low, ranges_of, read_files
from polars_io_tools.tables._rows import repeated_key
from polars_io_tools.tables._schema import Layout

__all__ = ["check_added_keys", "check_upserted_keys", "range_of"]


def range_of(add: dict[str, Any]) -> Range:
    """Return the range from the first to the last key of a file that is added."""
    return {"lo": add["lo"], "hi": None, "through": add["hi"]}


def check_added_keys(
    adds: Sequence[dict[str, Any]],
    live: pl.DataFrame,
    layout: Layout,
    folder: str,
    *,
    kept: Sequence[dict[str, Any]] = (),
    among: bool,
) -> None:
    """Raise if a key of files that are added is there twice, or in a live file as well.

    Only files whose ranges meet are read, and of them the keys in the ranges that are added.

    Args:
        adds: the files that are added.
        live: the files to compare them with.
        layout: the columns of the table.
        folder: where the files are.
        kept: files that are added with rows which were in the table before.
        among: whether those that are added are compared with one another as well.

    Raises:
        InvalidRowsError: a key is; the message names it.
    """
    added = [range_of(add) for add in adds]
    if not added:
        return
    key = wire_key(layout)
    others = [*ranges_of(live, layout), *(range_of(add) for add in kept)]
    shared = _core.overlaps(key, added, others, among=among)
    if not shared:
        return
    meeting = functools.reduce(operator.or_, (overlaps(r, layout, low, high) for r in shared))
    names = [add["path"] for add in adds] + live.filter(meeting)["path"].to_list()
    names += [add["path"] for add in kept if _meets(key, range_of(add), shared)]
    inside = _inside(shared, layout)
    _check_repeated(key, [_keys(name, inside, layout, folder) for name in names], layout)


def check_upserted_keys(
    adds: Mapping[str, dict[str, Any]], upserted: AbstractSet[str], layout: Layout, folder: str
) -> None:
    """Raise if a key of files that are upserted is in another file that is added.

    In a table of unique keys `check_added_keys` finds them as well.

    Raises:
        InvalidRowsError: a key is; the message names it.
    """
    mine = [add for path, add in adds.items() if path in upserted]
    rest = [add for path, add in adds.items() if path not in upserted]
    key = wire_key(layout)
    added, others = ([range_of(add) for add in files] for files in (mine, rest))
    shared = _core.overlaps(key, added, others, among=True) if mine else []
    if not shared:
        return
    inside = _inside(shared, layout)
    frames = [_keys(add["path"], inside, layout, folder) for add in mine]
    # Which may have keys more than once.
    meeting = [add["path"] for add in rest if _meets(key, range_of(add), shared)]
    theirs = [_keys(path, inside, layout, folder) for path in meeting]
    if theirs:
        frames.append(pl.concat(theirs).unique().sort(list(layout.key)))
    _check_repeated(key, frames, layout)


def _inside(ranges: Sequence[Range], layout: Layout) -> pl.Expr:
    return functools.reduce(operator.or_, (range_filter(r, layout) for r in ranges))


def _meets(key: _core.Key, within: Range, ranges: Sequence[Range]) -> bool:
    return any(_core.common(key, within, r) is not None for r in ranges)


def _check_repeated(key: _core.Key, frames: Sequence[pl.DataFrame], layout: Layout) -> None:
    found = _core.repeated(key, [frame for frame in frames if frame.height])
    if found is not None:
        raise repeated_key(found, layout)


def _keys(name: str, inside: pl.Expr, layout: Layout, folder: str) -> pl.DataFrame:
    """Return the sorted keys of a file that lie in ranges."""
    rows = read_files(folder, [name], layout).filter(inside).select(layout.key)
    loaded = [c.load(pl.col(c.name)) for c in layout.keys]
    # Files of other writers need not be sorted.
    return rows.sort(list(layout.key)).select(loaded).collect()
