"""Blocks that a task of Ray Data gets, as one frame to write.

Invariant: the rows are those of the blocks, in their order or in that of the blocks' first keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["joined"]


def joined(tables: list[pa.Table], key: Sequence[str]) -> pl.DataFrame:
    """Return blocks as one frame, and let go of them.

    Blocks of a sorted source come as its tasks end; in their order nothing is left to sort.
    """
    frames = [pl.DataFrame(table) for table in tables]
    tables.clear()
    first = [frame.select(pl.col(key).first()) for frame in frames if {*key} <= {*frame.columns}]
    if len(first) == len(frames):
        order = _concat(first).select(pl.struct(pl.all()).arg_sort()).to_series()
        frames = [frames[i] for i in order]
    return _concat(frames)


def _concat(frames: list[pl.DataFrame]) -> pl.DataFrame:
    # Columns of different blocks may differ, where all values of one are null.
    return pl.concat(frames, how="diagonal_relaxed", rechunk=False)
