"""What each part of a split reads of files, and what keeps its filter from reaching them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from polars_io_tools._period import AnyPartition, filter_of
from polars_io_tools._plan import PlannedReads, RayPlan
from polars_io_tools._prune import PrunedPlan
from polars_io_tools._pruned_scan import unchanged_files

__all__ = ["reads_of", "repeats_of", "whole_scans"]

# Of so many files the number of rows is looked up, in about a third of a millisecond each.
_MAX_FOOTERS = 200

_UNREACHED = "no filter on it compares a column with constants"

# What Polars calls nodes in its plans, and what a user has written.
_NODES = {"SLICE": "head, tail or slice", "WITH_COLUMNS": "with_columns over all rows"}


def reads_of(
    lf: pl.LazyFrame, pruned: PrunedPlan, plan: RayPlan, sample: Sequence[AnyPartition]
) -> tuple[PlannedReads, ...]:
    """Return what some parts read, of the scans that choose files; `lf` is the pruned plan."""
    sizes = _Sizes()
    found = []
    for part in sample:
        with unchanged_files(lf) as watch:
            lf.filter(filter_of(part, plan.dtype, plan.column)).explain()
        chosen: list[list[str]] = [[] for _ in pruned.sources]
        for index, positions in {(id(i), p): (i, p) for i, p in watch.selected}.values():
            for number, source in enumerate(pruned.sources):
                if source is not None and source.index is index:
                    paths = pruned.files(number)
                    places = memoryview(positions).cast("I")
                    chosen[number] = [paths[i] if paths else "" for i in places]
        opened = [path for some in chosen for path in some]
        counts = tuple(len(some) for some in chosen)
        found.append(PlannedReads(part.label, counts, sizes.bytes(opened), sizes.rows(opened)))
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
                file = pl.scan_parquet(path, glob=False)
                self._rows[path] = file.select(pl.len()).collect(engine="in-memory").item()
        return _sum(self._rows[path] for path in paths)


def _sum(values: Iterator[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def whole_scans(notes: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each scan of files whose files every part opens all."""
    for note in notes:
        name, _, reason = note.partition("; not pruned, as ")
        if reason == _UNREACHED:
            yield f"the period filter does not reach {name}: every task reads it whole"
        elif reason:
            yield f"every task opens all files of {name}: {reason}"


def repeats_of(query: pl.LazyFrame, plan: RayPlan) -> Iterator[str]:
    """Yield a warning if Polars cannot push the filter of a part to the bottom of the query."""
    if not plan.partitions:
        return
    part = filter_of(plan.partitions[0], plan.dtype, plan.column)
    before = {line.strip() for line in query.explain().splitlines()}
    lines = [line.strip() for line in query.filter(part).explain().splitlines()]
    for place, line in enumerate(lines):
        if line.startswith("FILTER ") and line not in before:
            below = next((text for text in lines[place + 1 :] if text != "FROM"), "")
            word = below.partition("[")[0].partition(" ")[0].rstrip(":")
            if word and not word.startswith(("DF", "Parquet", "PYTHON", "Csv", "SCAN")):
                yield (
                    "every task repeats all of what is below "
                    f"{_NODES.get(word, word.lower().replace('_', ' '))}: the rows of a period are "
                    "chosen only above it"
                )
                return
