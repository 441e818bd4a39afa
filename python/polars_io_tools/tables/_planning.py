"""From the log of a table to its shards."""

from __future__ import annotations

from polars_io_tools.tables._shard import Shard, full_shard
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["plan_shards"]


def plan_shards(snapshot: Snapshot, within: list[Shard] | None) -> list[Shard]:
    """Return shards that follow the files of a state, in the ranges of given ones."""
    return within if within is not None else [full_shard(snapshot.layout)]
