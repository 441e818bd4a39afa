"""Plans whose Parquet scans open only the files that can hold rows.

On the driver the footers of a scan's files are read once, by Go, into an index of the columns that
filters use; the index goes to the object store. In the shipped plan the scan is replaced by a
`PrunedScan`, which chooses files in the worker.

Invariant: the rows are those of the scan as written. Where that cannot be proved, the plan stays as
it was. Of the files that a plan reads as it was, the identity goes along.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools._identity import FAILURES, Identities, file_index, is_local
from polars_io_tools._polars.filters import column_type, filtered_columns
from polars_io_tools._polars.grafts import (
    hands_over,
    is_known,
    reads_alike,
    replace_scans,
    scan_template,
)
from polars_io_tools._polars.payload import FileScan, Resolved, file_scans, resolve, serialise
from polars_io_tools._polars.payload import rewrite as rewrite_plan
from polars_io_tools._pruned_scan import FromPlan, PrunedScan, Source

__all__ = ["PrunedPlan", "index_columns", "prune"]


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
    columns = _filtered_columns(filtered)
    payload = serialise(lf)
    try:
        bare, scans = file_scans(payload)
    except ValueError:
        return PrunedPlan(payload, _watched(lf))
    planner = _Planner(payload, bare, columns)
    firsts = [i for i, s in enumerate(scans) if s["twin"] == i and s["paths"]]
    notes = tuple(planner.add(i, scans[i]) for i in firsts)
    sources = tuple(planner.sources.get(i) for i in firsts)
    return PrunedPlan(planner.finish(scans), notes, sources)


def _watched(lf: pl.LazyFrame) -> tuple[str, ...]:
    """Watch the files of a plan in bytes that are not known, and return the note of that."""
    unpruned = Identities(b"")
    count = unpruned.add_plan(lf)
    unpruned.offer()
    files = f"; {count} files are watched, others cannot be" if count else ""
    return (f"not pruned, as the plan bytes of Polars {pl.__version__} are not known{files}",)


def _filtered_columns(filtered: pl.LazyFrame) -> set[str]:
    try:
        return filtered_columns(filtered)
    except FAILURES:
        return set()


class _Planner:
    """Decides scan by scan, on the plan without its frames, and rewrites the plan at the end."""

    def __init__(self, payload: bytes, bare: bytes, columns: set[str]) -> None:
        self._payload = payload
        self._bare = bare
        self._known = is_known(payload)
        self._columns = columns
        self.sources: dict[int, Source] = {}
        self._unpruned = Identities(bare)

    def add(self, index: int, scan: FileScan) -> str:
        """Plan one scan, and return the note of it."""
        paths = scan["paths"] or []
        count = "1 file" if len(paths) == 1 else f"{len(paths)} files"
        name = f"scan_{scan['kind'].lower()}: {count}, first {paths[0] if paths else ''}"
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
        if not self._known:
            return f"the plan bytes of Polars {pl.__version__} are not known"
        return scan["obstacle"]

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


def _read(alone: bytes, plain: Resolved, columns: list[dict[str, Any]], missing: str) -> Source:
    """Read the footers of a scan's files."""
    index = file_index(plain.paths or [], columns, missing)
    template, first = scan_template(alone, plain)
    return Source(uuid.uuid4().hex, pl.Schema(plain.schema), FromPlan(template), first, index)


def index_columns(plain: Resolved, filtered: set[str]) -> list[dict[str, Any]]:
    """Return the columns to index: those that filters use, and whose type has an order.

    Keys of hive folders are free, and Polars does not show the filters on them.
    """
    columns = []
    for name, dtype in plain.schema:
        kind = column_type(dtype)
        hive = plain.hive is not None and name in plain.hive.columns
        if not (hive or name in filtered) or kind == "other" or kind.startswith("duration"):
            continue
        values = None
        if plain.hive is not None and hive:
            values = _hive_values(plain.hive[name], dtype)
            if values is None:
                continue
        columns.append({"name": name, "type": kind, "values": values})
    return columns


def _hive_values(values: pl.Series, dtype: pl.DataType) -> list[str | None] | None:
    """Return the values of a partition as text for the index, None for a type it cannot have."""
    if values.dtype != dtype:
        return None
    if dtype.is_temporal() or dtype.is_integer():
        return [None if v is None else str(v) for v in values.to_physical()]
    if dtype.is_float():
        return [None if v is None else repr(v) for v in values]
    if dtype == pl.Boolean:
        return [None if v is None else str(v).lower() for v in values]
    return list(values) if dtype == pl.String else None
