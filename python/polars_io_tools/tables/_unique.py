"""Whether keys would be in a table more than once."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Range, range_filter, wire_key
from polars_io_tools.tables._live import may_overlap, ranges_of, read_files
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
    ranges = [range_of(add) for add in adds]
    if not ranges:
        return
    met = functools.reduce(
        lambda found, within: found.vstack(may_overlap(live, within, layout)), ranges, live.clear()
    ).unique("path")
    names = [add["path"] for add in adds] + met["path"].to_list()
    every = [*ranges, *ranges_of(met, layout)]
    for group in _core.overlap_groups(wire_key(layout), every):
        added = [i for i in group if i < len(ranges)]
        if added and (among or len(added) < len(group)):
            _check_group([names[i] for i in group], [ranges[i] for i in added], layout, folder)


def _check_group(names: list[str], ranges: list[Range], layout: Layout, folder: str) -> None:
    key = list(layout.key)
    wanted = functools.reduce(operator.or_, (range_filter(r, layout) for r in ranges))
    keys = read_files(folder, names, layout).filter(wanted).select(key)
    repeated = (
        keys.group_by(key).len().filter(pl.col("len") > 1).head(1).collect(engine="streaming")
    )
    if repeated.height:
        raise repeated_key(repeated, layout)
