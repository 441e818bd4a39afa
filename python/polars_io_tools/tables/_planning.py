"""From the log of a table to its shards."""

from __future__ import annotations

from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import FULL, Range, texts_or_none, wire_key
from polars_io_tools.tables._live import high, live_files, low
from polars_io_tools.tables._shard import Shard, shard_of, shards_of
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["plan_shards"]


def plan_shards(
    snapshot: Snapshot, within: list[Shard] | None, target_rows: int | None
) -> list[Shard]:
    """Return shards that follow the files of a state, cut to the ranges of given ones.

    Args:
        snapshot: the state.
        within: the shards whose rows are wanted, None for all rows.
        target_rows: about how many rows a shard is to have, None for a file's.
    """
    layout = snapshot.layout
    files = live_files(snapshot)
    request: dict[str, Any] = {
        "key": wire_key(layout),
        "lo": [_texts(files, c.load(pl.col(low(c.name)))) for c in layout.keys],
        "hi": [_texts(files, c.load(pl.col(high(c.name)))) for c in layout.keys],
        "rows": files["rows"].to_list(),
        "nbytes": files["size"].to_list(),
        "target_rows": target_rows,
    }
    found = shards_of(_core.physical_shards(request), layout)
    if within is None:
        return found
    return [part for shard in within for part in _cut(shard, found)]


def _texts(files: pl.DataFrame, bound: pl.Expr) -> list[str | None]:
    return texts_or_none(files.select(bound.alias("")).to_series())


def _cut(shard: Shard, found: list[Shard]) -> list[Shard]:
    """Return the parts of a shard that lie in others."""
    whole: Range = {**FULL, **shard.range}
    parts = []
    for other in found:
        common = _core.common(shard.key, whole, other.range)
        if common is not None:
            rows = other.rows if common == dict(other.range) else None
            wire = {"key": shard.key, **common, "rows": rows, "nbytes": None}
            parts.append(shard_of(wire))
    return parts
