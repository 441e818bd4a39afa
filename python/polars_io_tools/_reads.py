"""What each part of a split reads of files and databases, and what keeps its filter from them.

Nothing runs: Polars is asked for the optimised plan of a part, Go for the files and the SQL of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from polars_io_tools._identity import FAILURES
from polars_io_tools._period import AnyPartition, filter_of
from polars_io_tools._plan import PlannedReads, RayPlan
from polars_io_tools._polars.blocked import blocked, optimise
from polars_io_tools._polars.sources import AskedSource, asked_sources, surveyed
from polars_io_tools._prune import PrunedPlan
from polars_io_tools._pruned_scan import held_files, unchanged_files
from polars_io_tools.errors import PiotError

__all__ = [
    "Choosing",
    "reads_of",
    "repeats_of",
    "statements_of",
    "unreached_sources",
    "whole_scans",
]

# Of so many files the number of rows is looked up, in about a third of a millisecond each.
_MAX_FOOTERS = 200

# Filters that pass through hundreds of nodes grow on their way.
_MAX_NODES = 200

_UNREACHED = "no filter on it compares a column with constants"

_WHOLE = "the period filter does not reach {}: every task reads it whole"

# Frames in the object store are shared, so that a task that reads one whole does not pay for it.
_SHARED = "piot.put"


@dataclass(frozen=True)
class Choosing:
    """A query with scans that choose their files.

    Attributes:
        lf: it, None where it cannot be looked at here.
        pruned: what is known of its scans.
    """

    lf: pl.LazyFrame | None
    pruned: PrunedPlan

    def files(self, wanted: pl.Expr) -> tuple[tuple[int, ...], list[str]] | None:
        """Return how many files each scan opens under a filter, and the paths of all.

        Return None where no scan chooses, or that is not known.
        """
        if self.lf is None:
            return None
        with unchanged_files(self.lf) as watch:
            optimise(self.lf.filter(wanted))
        sources = self.pruned.sources
        if not watch.chooses:
            return None
        counts = [0] * len(sources)
        opened: list[str] = []
        for index, positions in {(id(i), p): (i, p) for i, p in watch.selected}.values():
            places = memoryview(positions).cast("I")
            found = [n for n, s in enumerate(sources) if s is not None and s.index is index]
            number = found[0] if found else len(counts)
            counts += [0] * (not found)
            counts[number] += len(places)
            paths = self.pruned.files(number) if found else held_files(index)
            opened += [paths[i] if paths else "" for i in places]
        return tuple(counts), opened


def reads_of(
    query: pl.LazyFrame, plan: RayPlan, choosing: Choosing, sample: Sequence[AnyPartition]
) -> tuple[PlannedReads, ...]:
    """Return what parts of a split read, nothing where no scan chooses and no database is asked.

    `query` has the filters after the call; `choosing` is the same with scans that choose.
    """
    sizes = _Sizes()
    asks = bool(statements_of(query))
    found = []
    for part in sample:
        wanted = filter_of(part, plan.dtype, plan.column)
        chosen = choosing.files(wanted)
        if chosen is None and not asks:
            return ()
        counts, opened = chosen or ((), [])
        asked = _statements(query.filter(wanted)) if asks else []
        found.append(
            PlannedReads(
                part.label,
                counts,
                None if chosen is None else sizes.bytes(opened),
                None if chosen is None else sizes.rows(opened),
                tuple(condition or "all rows" for _, _, condition in asked),
            )
        )
    return tuple(found)


class _Sizes:
    """Looks up sizes of files, each once."""

    def __init__(self) -> None:
        self._bytes: dict[str, int | None] = {"": None}
        self._rows: dict[str, int | None] = {"": None}

    def bytes(self, paths: Sequence[str]) -> int | None:
        for path in set(paths) - self._bytes.keys():
            self._bytes[path] = None
            with suppress(OSError):
                self._bytes[path] = Path(path).stat().st_size
        return _sum(self._bytes[path] for path in paths)

    def rows(self, paths: Sequence[str]) -> int | None:
        new = set(paths) - self._rows.keys()
        if len(self._rows) + len(new) > _MAX_FOOTERS:
            return None
        for path in new:
            self._rows[path] = None
            with suppress(pl.exceptions.PolarsError, OSError):
                if Path(path).is_file():  # of others, Polars would ask the network
                    file = pl.scan_parquet(path, glob=False)
                    self._rows[path] = file.select(pl.len()).collect(engine="in-memory").item()
        return _sum(self._rows[path] for path in paths)


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _is_quick(query: pl.LazyFrame, *, asks: bool = False) -> bool:
    """Return whether Polars optimises a query fast enough to be asked about its parts.

    With `asks`, return whether there is also an IO source to ask about.
    """
    nodes, has_source = surveyed(query)
    return nodes <= _MAX_NODES and (has_source or not asks)


def statements_of(query: pl.LazyFrame) -> list[tuple[str, str, str]]:
    """Return for each database source its name, the statement, and what it asks of rows.

    There are none of a source that would have to connect in order to tell.
    """
    with suppress(PiotError, *FAILURES):
        if _is_quick(query, asks=True):
            return _statements(query)
    return []


def _statements(query: pl.LazyFrame) -> list[tuple[str, str, str]]:
    found = []
    with suppress(PiotError, *FAILURES):
        for asked in asked_sources(query):
            statement = _statement(asked)
            if statement is not None:
                found.append((asked.source.shown(), *statement))
    return found


def _statement(asked: AskedSource) -> tuple[str, str] | None:
    if not hasattr(asked.source, "asked_sql"):
        return None
    found: tuple[str, str] | None = asked.source.asked_sql(
        asked.columns, asked.predicate, asked.n_rows
    )
    return found


def whole_scans(notes: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each scan of files whose files every part opens all."""
    for note in notes:
        name, _, reason = note.partition("; not pruned, as ")
        if reason == _UNREACHED:
            yield _WHOLE.format(name)
        elif reason:
            yield f"every task opens all files of {name}: {reason}"


def unreached_sources(query: pl.LazyFrame, plan: RayPlan) -> Iterator[str]:
    """Yield a warning for each source, not of files, that the filter of a part does not reach."""
    parts = plan.partitions
    if not parts or not _is_quick(query, asks=True):
        return
    part = filter_of(parts[0], plan.dtype, plan.column)
    before = asked_sources(query)
    after = asked_sources(query.filter(part))
    if len(before) != len(after):
        return
    for without, within in zip(before, after, strict=True):
        whole = without.name not in ("", _SHARED) and within.n_rows is None
        if whole and _asks_alike(without, within):
            database = hasattr(within.source, "asked_sql")
            name = f"scan_db: {within.source.shown()}" if database else "an IO source"
            yield _WHOLE.format(name)


def _asks_alike(left: AskedSource, right: AskedSource) -> bool:
    if left.predicate == right.predicate:
        return True
    told = _statement(right)
    return told is not None and told == _statement(left)


def repeats_of(query: pl.LazyFrame, plan: RayPlan) -> Iterator[str]:
    """Yield a warning for each node that Polars cannot push the filter of a part through."""
    if not plan.partitions or not _is_quick(query):
        return
    part = filter_of(plan.partitions[0], plan.dtype, plan.column)
    before = {each.predicate for each in blocked(query)}
    new = [each.node for each in blocked(query.filter(part)) if each.predicate not in before]
    for node in dict.fromkeys(new):
        yield f"every task repeats {node}: the rows of a period are chosen only after it"
