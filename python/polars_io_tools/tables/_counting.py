"""Equal parts of any rows: all keys are counted, in memory that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from polars_io_tools.errors import SourceChangedError
from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Range, Tuple, wire_key
from polars_io_tools.tables._live import live_files
from polars_io_tools.tables._planning import Aim, bounds_by_columns
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["counted_parts"]

Rows = Callable[[list[Range] | None], pl.LazyFrame]

# A pass narrows each search to a small part: more than a few are the sign of a table that changes.
_MOST_PASSES = 64

_FEW_RANGES = 4


def counted_parts(rows: Rows, snapshot: Snapshot, aim: Aim, nbytes: int | None) -> _core.Parts:
    """Return equal parts of rows, by passes over their keys.

    Args:
        rows: gives those of the rows that are in ranges, or all of them.
        snapshot: the state that they are of.
        aim: how many parts there are to be.
        nbytes: how many bytes all of them have.
    """
    layout = snapshot.layout
    tally = _core.Tally(wire_key(layout), aim.wire(), _candidates(snapshot), nbytes)
    within: list[Range] | None = None
    for _ in range(_MOST_PASSES):
        keys = rows(within).select(layout.key)
        for batch in keys.collect_batches(maintain_order=False):
            tally.add(batch)
        found = tally.end_pass()
        if not isinstance(found, list):
            return found
        # To read the others as well is quicker than to compare rows with many ranges.
        within = found if len(found) <= _FEW_RANGES else None
    raise SourceChangedError(f"{snapshot.path}: keys differ from pass to pass")


def _candidates(snapshot: Snapshot) -> list[Tuple]:
    """Return keys that may lie near to cuts: the bounds of the files."""
    by_columns = bounds_by_columns(live_files(snapshot), snapshot.layout)
    found: set[tuple[str, ...]] = set()
    for bound in ("lo", "hi"):
        found.update(
            values for values in zip(*by_columns[bound], strict=True) if None not in values
        )
    return [list(values) for values in sorted(found)]
