"""Plans whose scans open only the files that can hold rows.

On the driver the footers of a Parquet scan's files are read once, by Go, into an index of the
columns that filters use; of a table the log says the same. The index goes to the object store. In
the shipped plan the scan is replaced by a `PrunedScan`, which chooses files in the worker.

Invariant: the rows are those of the scan as written. Where that cannot be proved, the plan stays as
it was. Of the files that a plan reads as it was, the identity goes along.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._identity import FAILURES, Identities, file_index, is_local
from polars_io_tools._indexed import index_columns
from polars_io_tools._polars.filters import filtered_columns
from polars_io_tools._polars.grafts import (
    hands_over,
    is_known,
    reads_alike,
    replace_scans,
    scan_template,
)
from polars_io_tools._polars.payload import FileScan, Resolved, file_scans, resolve, serialise
from polars_io_tools._polars.payload import rewrite as rewrite_plan
from polars_io_tools._polars.plan import Extents
from polars_io_tools._polars.tables import Table, tables_seen
from polars_io_tools._pruned_scan import FromPlan, PrunedScan, Source
from polars_io_tools._public import public
from polars_io_tools._tables import plan_table

__all__ = ["PrunedPlan", "prune"]

# The kind of a scan of a table, as Polars calls it.
_TABLE = "PythonDataset"


@dataclass(frozen=True)
class PrunedPlan:
    """A plan whose scans choose their files.

    Attributes:
        payload: the plan bytes.
        notes: for each scan of files, what was done or what stood in the way.
        sources: for each note, what the scan became, None if it stayed.
    """

    payload: bytes
    notes: tuple[str, ...] = ()
    sources: tuple[Source | None, ...] = ()
    _paths: tuple[tuple[str, ...], ...] = ()
    _tables: tuple[tuple[str, ...], ...] = ()

    def files(self, number: int) -> tuple[str, ...]:
        """Return the paths of the files of a scan, or of those of its table."""
        return self._paths[number] or self._tables[number]

    def extents(self) -> Extents:
        """Return where columns of the scans lie that choose their files, by the files' paths.

        Scans of the same files say the same, unless they read them in different ways, as one may
        with columns of hive partitions and another without; then nothing is known of either.
        """
        found: Extents = {}
        for paths, source in zip(self._paths, self.sources, strict=True):
            if paths:
                extents = [] if source is None else json.loads(_gocore.prune_extents(source.index))
                found[paths] = extents if found.get(paths, extents) == extents else []
        return found


def prune(lf: pl.LazyFrame, filtered: pl.LazyFrame) -> PrunedPlan:
    """Serialise a query with Parquet scans that choose their files; call it in `collecting`.

    Args:
        lf: the query.
        filtered: the query with the filter of any period on top, whose filters tell which columns
            are worth an index.

    Raises:
        UnsplittablePlanError: see `serialise`.
        polars.exceptions.PolarsError: what plain Polars raises for this plan.
    """
    with tables_seen() as tables:
        payload = serialise(lf)
    try:
        bare, scans = file_scans(payload)
    except ValueError:
        return PrunedPlan(payload, _watched(lf))
    planner = _Planner(payload, bare, filtered)
    notes: dict[int, str] = {}
    for i, scan in enumerate(scans):
        if scan["twin"] == i and scan["kind"] == _TABLE:
            note = planner.add_table(i, scan, tables)
            if note is not None:
                notes[i] = note
        elif scan["twin"] == i and scan["paths"]:
            notes[i] = planner.add(i, scan)
    sources = tuple(planner.sources.get(i) for i in notes)
    paths = tuple(tuple(scans[i]["paths"] or ()) for i in notes)
    tables_files = tuple(planner.files.get(i, ()) for i in notes)
    return PrunedPlan(planner.finish(scans), tuple(notes.values()), sources, paths, tables_files)


def _watched(lf: pl.LazyFrame) -> tuple[str, ...]:
    """Watch the files of a plan in bytes that are not known, and return the note of that."""
    unpruned = Identities(b"")
    count = unpruned.add_plan(lf)
    unpruned.offer()
    files = f"; {count} files are watched, others cannot be" if count else ""
    return (f"not pruned, as the plan bytes of Polars {pl.__version__} are not known{files}",)


class _Planner:
    """Decides scan by scan, on the plan without its frames, and rewrites the plan at the end."""

    def __init__(self, payload: bytes, bare: bytes, filtered: pl.LazyFrame) -> None:
        self._payload = payload
        self._bare = bare
        self._known = is_known(payload)
        self._filtered = filtered
        self.sources: dict[int, Source] = {}
        self.files: dict[int, tuple[str, ...]] = {}  # of tables
        self._unpruned = Identities(bare)

    @cached_property
    def _columns(self) -> set[str]:
        # Optimising a query may take long, so only for scans that it matters for.
        try:
            return filtered_columns(self._filtered)
        except FAILURES:
            return set()

    def add(self, index: int, scan: FileScan) -> str:
        """Plan one scan, and return the note of it."""
        name = _name(scan["kind"], scan["paths"])
        if not scan["files"]:
            return f"{name}; not pruned, as this format is not known"
        if not is_local(scan):
            return f"{name}; not pruned, as its files are not local"
        try:
            reason = self._plan(index, scan)
        except FAILURES as error:
            reason = str(error).partition("\n")[0]
        source = self.sources.get(index)
        if source is None:
            unknown = "" if self._unpruned.add(index, scan) else "; its files cannot be watched"
            return f"{name}; not pruned, as {reason}{unknown}"
        return f"{name}; pruned by {reason}"

    def add_table(self, index: int, scan: FileScan, tables: dict[str, Table]) -> str | None:
        """Plan the scan of a table, and return the note of it, None if it is not known here."""
        alone = rewrite_plan(self._bare, isolate=index)
        table = next((t for mark, t in tables.items() if mark.encode() in alone), None)
        if table is None:
            return None
        planned = plan_table(alone, table, self._columns, self._unknown() or scan["obstacle"])
        if planned.source is not None:
            self.sources[index] = planned.source
            self.files[index] = tuple(planned.files or ())
        else:
            self._unpruned.add_files(planned.files or [])
        return f"{_name(table.kind, planned.files)}; {planned.note}"

    def _plan(self, index: int, scan: FileScan) -> str:
        """Return what a scan is pruned by, or why it is not."""
        obstacle = self._obstacle(scan)
        if obstacle:
            return obstacle
        alone = rewrite_plan(self._bare, isolate=index)
        plain = resolve(alone)
        columns = index_columns(plain, self._columns)
        if not columns or plain.paths != scan["paths"]:
            return "no filter on it compares a column with constants"
        if not hands_over(plain.schema, self._columns):
            return f"Polars {pl.__version__} cannot hand over filters on categories"
        source = _read(alone, plain, columns, scan["missing"])
        if not reads_alike(alone, PrunedScan(source), plain):
            return "Polars would not read the same"
        self.sources[index] = source
        return ", ".join(repr(c["name"]) for c in columns)

    def _obstacle(self, scan: FileScan) -> str:
        if scan["kind"] != "Parquet":
            return f"{scan['kind']} files have no statistics"
        return self._unknown() or scan["obstacle"]

    def _unknown(self) -> str:
        return "" if self._known else f"the plan bytes of Polars {pl.__version__} are not known"

    def finish(self, scans: list[FileScan]) -> bytes:
        """Return the plan with its scans replaced, and offer what tasks need."""
        payload = self._payload
        left = list(range(len(scans)))
        for first, source in self.sources.items():
            twins = [i for i, scan in enumerate(scans) if scan["twin"] == first]
            payload = replace_scans(payload, [left.index(i) for i in twins], PrunedScan(source))
            left = [i for i in left if i not in twins]
        self._unpruned.offer()
        return payload


def _name(kind: str, paths: list[str] | None) -> str:
    if paths is None:
        return f"scan_{kind.lower()}"
    count = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    return f"scan_{kind.lower()}: {count}, first {public(paths[0]) if paths else ''}"


def _read(alone: bytes, plain: Resolved, columns: list[dict[str, Any]], missing: str) -> Source:
    """Read the footers of a scan's files."""
    index = file_index(plain.paths or [], columns, missing)
    template, first = scan_template(alone, plain)
    return Source(uuid.uuid4().hex, pl.Schema(plain.schema), FromPlan(template), first, index)
