"""What is said of the sources of a split: which scans choose files, and how many they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from polars_io_tools._attach import collecting
from polars_io_tools._identity import FAILURES, is_identity
from polars_io_tools._period import AnyPartition
from polars_io_tools._plan import PlannedReads, RayPlan
from polars_io_tools._planner import plan_split
from polars_io_tools._polars import deserialise
from polars_io_tools._prune import prune
from polars_io_tools._reads import reads_of, repeats_of, whole_scans
from polars_io_tools._source import in_any_part
from polars_io_tools._split import Split
from polars_io_tools.errors import PiotError

__all__ = ["described"]

# How many periods, evenly spread, an average is taken over.
_SAMPLE = 40

# Larger plans hold frames, which are slow to decode.
_MAX_DECODED = 1 << 22


def described(lf: pl.LazyFrame, predicate: pl.Expr | None, split: Split, plan: RayPlan) -> RayPlan:
    """Return a plan that can run with what becomes of its scans, without parts that have no rows.

    The footers of Parquet files are read, as for a run.
    """
    query = lf if predicate is None else lf.filter(predicate)
    try:
        with collecting() as offers:
            pruned = prune(query, in_any_part(query, plan.partitions, plan.column, plan.dtype))
        extents = pruned.extents()
        if any(extents.values()):
            plan = plan_split(lf, predicate, split, extents)
        ours = {source.key for source in pruned.sources if source is not None}
        known = all(key in ours or is_identity(key) for key in offers)
        sample = _spread(plan.partitions) if known and len(pruned.payload) < _MAX_DECODED else []
        notes = [*pruned.notes]
        reads: tuple[PlannedReads, ...] = ()
        if ours and sample:
            reads = reads_of(deserialise(pruned.payload), pruned, plan, sample)
            for i, source in enumerate(pruned.sources):
                if source is not None:
                    average = sum(r.files[i] for r in reads) / len(reads)
                    notes[i] += f"; {average:.0f} read on average"
        warnings = (*plan.warnings, *whole_scans(pruned.notes), *repeats_of(query, plan))
    except (PiotError, *FAILURES):
        return plan  # a run says what is wrong
    sources = _merged(plan.sources, notes)
    return replace(plan, sources=sources, reads=reads, warnings=warnings)


def _spread(periods: Sequence[AnyPartition]) -> list[AnyPartition]:
    return list(periods[:: -(-len(periods) // _SAMPLE)] if periods else ())


def _merged(sources: tuple[str, ...], notes: list[str]) -> tuple[str, ...]:
    """Put each note in the place of the source that it is about.

    The plan walk shows a table as the files that it consists of.
    """
    merged = list(sources)
    for note in notes:
        head = note.partition(",")[0]
        files = note.partition(": ")[2].partition(";")[0]
        same = [i for i, s in enumerate(merged) if s.partition(",")[0] == head]
        same = same or [i for i, s in enumerate(merged) if files and s.endswith(f": {files}")]
        if same:
            merged[same[0]] = note
        else:
            merged.append(note)
    return tuple(merged)
