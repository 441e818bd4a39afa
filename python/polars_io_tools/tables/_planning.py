"""From the log of a table to its shards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import texts_or_none, wire_key
from polars_io_tools.tables._live import high, live_files, low
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._shard import Shard, shard_of, shards_of
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["Aim", "bounds_by_columns", "cut_to", "plan_shards"]


@dataclass(frozen=True)
class Aim:
    """How many shards there are to be: `n`, or as many as have at most `rows` rows each."""

    n: int | None
    rows: int | None

    def __post_init__(self) -> None:
        if (self.n is None) == (self.rows is None):
            raise ValueError("compute_shards: give n=, how many shards, or rows=, how many in each")
        for name, value in (("n", self.n), ("rows", self.rows)):
            if value is not None and (int(value) != value or value < 1):
                raise ValueError(f"compute_shards: {name} must be a number above 0, not {value!r}")

    def wire(self) -> dict[str, int | None]:
        """Return the fields of requests to the Go core."""
        return {"n": self.n, "each": self.rows}


def plan_shards(
    snapshot: Snapshot, within: list[Shard] | None, target_rows: int | None
) -> list[Shard]:
    """Return shards that follow the files of a state, cut to the ranges of given ones.

    Args:
        snapshot: the state.
        within: the shards whose rows are wanted, None for all rows.
        target_rows: about how many rows a shard is to have, None for a file's.
    """
    request = bounds_by_columns(live_files(snapshot), snapshot.layout)
    found = _core.physical_shards({**request, "target_rows": target_rows})
    shards = shards_of(found, snapshot.layout)
    return shards if within is None else cut_to(within, shards, counted=False)


def bounds_by_columns(files: pl.DataFrame, layout: Layout) -> dict[str, Any]:
    """Return what is known of files, as the Go core takes it: by columns, a value a file."""
    return {
        "key": wire_key(layout),
        "lo": [_texts(files, c.load(pl.col(low(c.name)))) for c in layout.keys],
        "hi": [_texts(files, c.load(pl.col(high(c.name)))) for c in layout.keys],
        "rows": files["rows"].to_list(),
        "nbytes": files["size"].to_list(),
    }


def _texts(files: pl.DataFrame, bound: pl.Expr) -> list[str | None]:
    return texts_or_none(files.select(bound.alias("")).to_series())


def cut_to(within: list[Shard], found: list[Shard], *, counted: bool) -> list[Shard]:
    """Return the parts of shards that lie in given ones, which may overlap.

    Args:
        within: the given ones.
        found: the shards, which follow one another.
        counted: whether their rows are only those that lie in the given ones.
    """
    parts: list[Shard] = []
    if not within:
        return parts
    key = within[0].key
    whole = _core.union(key, [shard.range for shard in within])
    for shard in found:
        ranges = _core.intersection(key, [shard.range], whole)
        same = ranges == [dict(shard.range)] or (counted and len(ranges) == 1)
        rows = shard.rows if same else None
        wire = {"key": key, "rows": rows, "nbytes": None}
        parts += [shard_of({**wire, **one}) for one in ranges]
    return parts
