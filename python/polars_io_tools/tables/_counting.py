"""Equal parts of any rows: all keys are counted, in memory that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from polars_io_tools.errors import SourceChangedError
from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Range, wire_key
from polars_io_tools.tables._live import stored_scans
from polars_io_tools.tables._planning import Aim
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["counted_parts"]

Wanted = Callable[[pl.LazyFrame, list[Range] | None], pl.LazyFrame]

# A pass narrows each search to a small part: more than a few are the sign of a table that changes.
_MOST_PASSES = 64

_FEW_RANGES = 4


def counted_parts(wanted: Wanted, snapshot: Snapshot, aim: Aim, nbytes: int | None) -> _core.Parts:
    """Return equal parts of rows, by passes over their keys.

    Args:
        wanted: gives those of stored rows that are wanted and in ranges, or in any.
        snapshot: the state that they are of.
        aim: how many parts there are to be.
        nbytes: how many bytes all of them have.
    """
    layout = snapshot.layout
    tally = _core.Tally(wire_key(layout), aim.wire(), nbytes)
    stored = stored_scans(snapshot)
    within: list[Range] | None = None
    for _ in range(_MOST_PASSES):
        for keys in _batches(wanted(part, within).select(layout.key) for part in stored):
            tally.add(keys)
        found = tally.end_pass()
        if not isinstance(found, list):
            return found
        # To read the others as well is quicker than to compare rows with many ranges.
        within = found if len(found) <= _FEW_RANGES else None
    raise SourceChangedError(f"{snapshot.path}: keys differ from pass to pass")


def _batches(parts: Iterator[pl.LazyFrame]) -> Iterator[pl.DataFrame]:
    for part in parts:
        # In order: few keys tell more of all of them where they are sorted.
        yield from part.collect_batches(maintain_order=True)
