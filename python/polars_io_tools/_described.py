"""What is said of the sources of a split: which scans choose files, and how many they read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from polars_io_tools._attach import collecting
from polars_io_tools._identity import FAILURES, is_identity
from polars_io_tools._period import AnyPartition, filter_of
from polars_io_tools._plan import RayPlan
from polars_io_tools._plan_html import FIRST, LAST
from polars_io_tools._planner import plan_split
from polars_io_tools._polars import deserialise
from polars_io_tools._prune import PrunedPlan, prune
from polars_io_tools._reads import (
    Choosing,
    reads_of,
    repeats_of,
    statements_of,
    unreached_sources,
    whole_scans,
)
from polars_io_tools._ship import in_any_part
from polars_io_tools._split import Split
from polars_io_tools.errors import PiotError

__all__ = ["described"]

# How many periods, evenly spread, are looked at beside those that a notebook shows.
_SAMPLE = 40

# Longer ones are cut: `explain_sql` has all of them.
_MAX_STATEMENT = 300

# Keys of what sources ask for when they run, and not when a plan is decoded.
_UNASKED = ("database-", "frame-", "result-", "secret-")

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
        sample = _sample(plan.partitions)
        reads = reads_of(query, plan, _choosing(query, pruned, offers), sample)
        notes = [*pruned.notes]
        for i, source in enumerate(pruned.sources):
            if source is not None and reads and reads[0].files:
                average = sum(r.files[i] for r in reads) / len(reads)
                notes[i] += f"; {average:.0f} read on average"
        warnings = (
            *plan.warnings,
            *whole_scans(pruned.notes),
            *unreached_sources(query, plan),
            *repeats_of(query, plan),
        )
    except (PiotError, *FAILURES):
        return plan  # a run says what is wrong
    sources = _asked(_merged(plan.sources, notes), query, plan)
    return replace(plan, sources=sources, reads=reads, warnings=tuple(dict.fromkeys(warnings)))


def _choosing(query: pl.LazyFrame, pruned: PrunedPlan, offers: Iterable[str]) -> Choosing:
    """Return the query as it travels, or as it is where `piot.scan_parquet` alone chooses."""
    ours = {source.key for source in pruned.sources if source is not None}
    known = all(key in ours or is_identity(key) or key.startswith(_UNASKED) for key in offers)
    if not ours:
        return Choosing(None if known else query, pruned)
    if known and len(pruned.payload) < _MAX_DECODED:
        return Choosing(deserialise(pruned.payload), pruned)
    return Choosing(None, pruned)


def _sample(parts: Sequence[AnyPartition]) -> list[AnyPartition]:
    """Return the parts that a notebook shows, and others that are evenly spread."""
    count = len(parts)
    shown = {*range(min(FIRST, count)), *range(max(0, count - LAST), count)}
    spread = range(0, count, max(1, -(-count // _SAMPLE)))
    return [parts[i] for i in sorted(shown.union(spread))]


def _asked(sources: tuple[str, ...], query: pl.LazyFrame, plan: RayPlan) -> tuple[str, ...]:
    """Add to each database the statement of the first part."""
    if not plan.partitions:
        return sources
    part = query.filter(filter_of(plan.partitions[0], plan.dtype, plan.column))
    shown = [*sources]
    for name, statement, _ in statements_of(part):
        plain = f"scan_db: {name}"
        if plain in shown:
            text = " ".join(statement.split())
            text = text if len(text) <= _MAX_STATEMENT else text[: _MAX_STATEMENT - 1] + "…"
            shown[shown.index(plain)] = f"{plain}; asked {text}"
    return tuple(shown)


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
