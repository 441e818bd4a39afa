"""Parquet scans that open only the files that can hold rows.

On the driver the footers of a scan's files are read once, by Go, into an index of the columns that
filters use; the index goes to the object store. In the shipped plan the scan is replaced by a
resolver. In a worker Polars hands that resolver the filters of a period, Go searches the index, and
the answer is the same scan over the files that are left. Polars still applies the filters.

Invariant: the rows are those of the scan as written. Where that cannot be proved, the plan stays as
it was. A file that is not the one seen while planning is an error, for every scan of local files.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
import uuid
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._attach import attached, offer
from polars_io_tools._polars.filters import column_type, encode_filters, filtered_columns
from polars_io_tools._polars.grafts import (
    FilterExpr,
    LazyFrameResolver,
    ResolvedLazyFrameProps,
    is_known,
    reads_alike,
    replace_scans,
    scan_template,
)
from polars_io_tools._polars.payload import FileScan, Resolved, deserialise, file_scans, resolve
from polars_io_tools._polars.payload import rewrite as rewrite_plan
from polars_io_tools.errors import ExpressionError, SourceChangedError

__all__ = [
    "FAILURES",
    "FromOptions",
    "PrunedPlan",
    "PrunedScan",
    "Source",
    "index_columns",
    "prune",
    "pruned_scan",
    "unchanged_files",
]

# Keys of attachments that are identities of files which every task reads.
_FILES = "files-"

# What goes wrong when a plan cannot be read or rewritten: then it stays as it was.
FAILURES = (
    *(ValueError, TypeError, OSError, NotImplementedError),
    *(pl.exceptions.PolarsError, ExpressionError),
)

# Sources of this process, so that what it serialised itself needs no attachment here.
_held: weakref.WeakValueDictionary[str, Source] = weakref.WeakValueDictionary()

_watches: list[_Watch] = []
_lock = threading.Lock()


@dataclass(frozen=True)
class PrunedPlan:
    """A plan whose scans choose their files.

    Attributes:
        payload: the plan bytes.
        notes: for each scan of files, what was done or what stood in the way.
    """

    payload: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """A Parquet scan and what is known of its files.

    Attributes:
        key: names it among the attachments.
        schema: the columns of the scan.
        over: makes a scan over some of the files.
        first: whether the scan needs the first of its files.
        index: the index of the files, see `gocore/prune`.
    """

    key: str
    schema: pl.Schema
    over: FromPlan | FromOptions
    first: bool
    index: Any

    def items(self) -> tuple[Any, ...]:
        """Return what a worker needs, as objects of the store."""
        return (
            (pickle.dumps((self.schema, self.over, self.first)), pickle.PickleBuffer(self.index)),
        )

    def select(self, filters: Sequence[pl.Expr]) -> tuple[bytes, bytes]:
        """Return positions of the files that can hold rows, and a plan over them, if it has one.

        Raises:
            SourceChangedError: one of these files is not what it was.
        """
        request: dict[str, Any] = {"first": self.first}
        if filters:
            # What is not understood restricts nothing.
            with suppress(*FAILURES):
                request |= encode_filters(self.schema, filters)
        template = self.over.template if isinstance(self.over, FromPlan) else b""
        found = _gocore.prune_select(self.index, template, json.dumps(request).encode())
        end = 4 + 4 * int.from_bytes(found[:4], "little")
        return found[4:end], found[end:]

    def scan(self, positions: bytes, plan: bytes) -> pl.LazyFrame:
        """Return the scan over files that `select` gave."""
        if not positions:
            return pl.LazyFrame(schema=self.schema)
        if isinstance(self.over, FromPlan):
            return deserialise(plan)
        return self.over.scan(positions)


@dataclass(frozen=True)
class FromPlan:
    """A scan as plan bytes, without its files."""

    template: bytes


@dataclass(frozen=True)
class FromOptions:
    """A scan as the arguments of `pl.scan_parquet`."""

    paths: list[str]
    options: dict[str, Any]

    def scan(self, positions: bytes) -> pl.LazyFrame:
        """Return the scan over files of these positions."""
        chosen = [self.paths[i] for i in array("I", positions)]
        return pl.scan_parquet(chosen, **self.options)


def _from_items(key: str, items: tuple[Any, ...]) -> Source:
    head, index = items[0]
    schema, over, first = pickle.loads(head)  # noqa: S301  (written by the driver)
    return Source(key, schema, over, first, index)


class PrunedScan(LazyFrameResolver):
    """Answers Polars with a scan over the files that can hold rows of the filters given."""

    def __init__(self, source: Source) -> None:
        self._source = source
        _held[source.key] = source

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the key of an attachment."""
        offer(self._source.key, self._source.items)
        return pruned_scan, (self._source.key,)

    def schema(self) -> pl.Schema:
        """Return the columns of the scan."""
        return self._source.schema

    def resolve_lazyframe(
        self,
        *,
        projection: list[str] | None,  # noqa: ARG002
        limit: int | None,
        filters: list[FilterExpr],
        filter_columns: list[str],  # noqa: ARG002
        filter_drop_columns_idx: int | None,  # noqa: ARG002
        existing_resolved_version_key: str | None,
    ) -> tuple[pl.LazyFrame | None, ResolvedLazyFrameProps]:
        """Return the scan over the files that are left; the plan applies filters and limit itself.

        It is called for every run, for a file may change between two of them.
        """
        exprs = [f.expr for f in filters] if limit is None else []
        try:
            positions, plan = self._source.select(exprs)
        except SourceChangedError as error:
            _note(error)
            raise
        _note((self._source.index, positions))
        version = f"{self._source.key} {hashlib.blake2b(positions, digest_size=16).hexdigest()}"
        props = ResolvedLazyFrameProps(version_key=version)
        if version == existing_resolved_version_key:
            return None, props
        return self._source.scan(positions, plan), props


def pruned_scan(key: str) -> PrunedScan:
    """Return the scan of a source that is attached to this process, or of its own."""
    source = _held.get(key)
    return PrunedScan(source or attached(key, lambda items: _from_items(key, items)))


@dataclass
class _Watch:
    """The files that one run of a plan reads."""

    selected: list[tuple[Any, bytes]] = field(default_factory=list)
    error: SourceChangedError | None = None

    def check(self) -> None:
        if self.error is not None:
            raise self.error
        for index, positions in self.selected:
            _gocore.prune_verify(index, positions)


def _note(found: tuple[Any, bytes] | SourceChangedError) -> None:
    """Tell all runs of this process that files were selected, or are not what they were."""
    with _lock:
        for watch in _watches:
            if isinstance(found, SourceChangedError):
                watch.error = found
            elif found[1]:
                watch.selected.append(found)


@contextmanager
def unchanged_files(keys: Iterable[str]) -> Iterator[None]:
    """Make sure that what runs inside reads the files that were there at planning time.

    `keys` are those of the attachments of the plan. The files are looked at before and after.

    Raises:
        SourceChangedError: a file has another size or modification time, or has vanished.
    """
    fixed = [attached(k, lambda items: items[0]) for k in keys if k.startswith(_FILES)]
    watch = _Watch([(index, b"") for index in fixed])
    watch.check()
    with _lock:
        _watches.append(watch)
    try:
        yield
    except Exception:
        watch.check()  # the reason, if it is one of the files
        raise
    else:
        watch.check()
    finally:
        with _lock:
            _watches.remove(watch)


def prune(payload: bytes, filtered: pl.LazyFrame) -> PrunedPlan:
    """Make the Parquet scans of a plan choose their files; call it inside of `collecting`.

    Args:
        payload: the plan as `serialise` gives it.
        filtered: the query with the filter of any period on top, whose filters tell which columns
            are worth an index.
    """
    try:
        _, scans = file_scans(payload)
    except ValueError:
        return PrunedPlan(payload, (f"the plan bytes of Polars {pl.__version__} are not known",))
    local = [s["files"] and s["location"] == "absolute" for s in scans]
    columns = _filtered_columns(filtered) if any(local) else set()
    planner = _Planner(payload, columns)
    notes = [
        planner.add(index, scan)
        for index, scan in enumerate(scans)
        if scan["twin"] == index and scan["paths"] is not None
    ]
    return PrunedPlan(planner.finish(scans), tuple(notes))


def _filtered_columns(filtered: pl.LazyFrame) -> set[str]:
    try:
        return filtered_columns(filtered)
    except FAILURES:
        return set()


class _Planner:
    """Decides scan by scan, and rewrites the plan at the end."""

    def __init__(self, payload: bytes, columns: set[str]) -> None:
        self._payload = payload
        self._known = is_known(payload)
        self._columns = columns
        self._sources: dict[int, Source] = {}
        self._unpruned: list[str] = []

    def add(self, index: int, scan: FileScan) -> str:
        """Plan one scan, and return the note of it."""
        paths = scan["paths"] or []
        name = (
            f"{scan['kind']} of {len(paths)} files" if len(paths) != 1 else f"{scan['kind']} file"
        )
        name += f", first {paths[0]}" if len(paths) > 1 else "".join(f" {p}" for p in paths)
        if not scan["files"] or scan["location"] != "absolute":
            return f"{name}: not pruned, as it is not of local files"
        try:
            reason = self._plan(index, scan)
        except FAILURES as error:
            reason = str(error).partition("\n")[0]
        source = self._sources.get(index)
        if source is None:
            self._unpruned.extend(paths)
            return f"{name}: not pruned, as {reason}"
        return f"{name}: pruned by {reason}"

    def _plan(self, index: int, scan: FileScan) -> str:
        """Return what a scan is pruned by, or why it is not."""
        if scan["kind"] != "Parquet":
            return f"{scan['kind']} files have no statistics"
        if not self._known:
            return f"the plan bytes of Polars {pl.__version__} are not known"
        if scan["obstacle"]:
            return scan["obstacle"]
        alone = rewrite_plan(self._payload, isolate=index)
        plain = resolve(alone)
        if plain.paths != scan["paths"]:
            return "its files are not known on the driver"
        columns = index_columns(plain, self._columns)
        if not columns:
            return "no filter on it compares a column with constants"
        request = {"paths": plain.paths, "columns": columns, "missing": scan["missing"]}
        index_bytes = _gocore.prune_index(json.dumps(request).encode())
        template, first = scan_template(alone, plain)
        schema = pl.Schema(plain.schema)
        source = Source(uuid.uuid4().hex, schema, FromPlan(template), first, index_bytes)
        if not reads_alike(alone, PrunedScan(source), plain):
            return "Polars would not read the same"
        self._sources[index] = source
        return ", ".join(repr(c["name"]) for c in columns)

    def finish(self, scans: list[FileScan]) -> bytes:
        """Return the plan with its scans replaced, and offer what tasks need."""
        payload = self._payload
        left = list(range(len(scans)))
        for first, source in self._sources.items():
            twins = [i for i, scan in enumerate(scans) if scan["twin"] == first]
            payload = replace_scans(payload, [left.index(i) for i in twins], PrunedScan(source))
            left = [i for i in left if i not in twins]
        if self._unpruned:
            request = {"paths": list(dict.fromkeys(self._unpruned)), "columns": []}
            try:
                identities = _gocore.prune_index(json.dumps(request).encode())
            except OSError:
                return payload  # a folder, or gone: the tasks will say so
            items = (pickle.PickleBuffer(identities),)
            offer(_FILES + uuid.uuid4().hex, lambda: items)
        return payload


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
