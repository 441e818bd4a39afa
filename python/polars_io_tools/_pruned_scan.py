"""The scan that opens only the files that can hold rows, as it lives in a plan.

In a worker Polars hands a `PrunedScan` the filters of a period, Go searches the index of its files,
and the answer is the same scan over those that are left. Polars still applies the filters.

Invariant: the rows are those of the scan as written. A file that is not the one seen while planning
is an error.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._attach import attached, offer
from polars_io_tools._identity import FAILURES, Listing, PlanListing, identities
from polars_io_tools._polars.filters import encode_filters
from polars_io_tools._polars.grafts import FilterExpr, LazyFrameResolver, ResolvedLazyFrameProps
from polars_io_tools._polars.payload import deserialise
from polars_io_tools._polars.tables import SomeFiles, chosen_scan
from polars_io_tools.errors import SourceChangedError

__all__ = [
    "FromOptions",
    "FromPlan",
    "FromTable",
    "PrunedScan",
    "Source",
    "Watch",
    "held_files",
    "pruned_scan",
    "unchanged_files",
]

# Sources of this process, so that what it serialised itself needs no attachment here.
_held: weakref.WeakValueDictionary[str, Source] = weakref.WeakValueDictionary()

_watches: list[Watch] = []
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Source:
    """A scan of Parquet files, or of a table of them, and what is known of the files.

    Attributes:
        key: names it among the attachments.
        schema: the columns of the scan.
        over: makes a scan over some of the files.
        first: whether the scan needs the first of its files.
        index: the index of the files, see `gocore/prune`.
    """

    key: str
    schema: pl.Schema
    over: FromPlan | FromOptions | FromTable
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


@dataclass(frozen=True)
class FromTable:
    """A scan of a table, as the pickled files of one of its snapshots."""

    pickled: bytes
    schema: pl.Schema

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel without what was unpickled."""
        return FromTable, (self.pickled, self.schema)

    def scan(self, positions: bytes) -> pl.LazyFrame:
        """Return the scan over files of these positions."""
        return chosen_scan(self._files, self.schema, array("I", positions))

    @cached_property
    def _files(self) -> SomeFiles:
        files: SomeFiles = pickle.loads(self.pickled)  # noqa: S301  (written by the driver)
        return files


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
        offer(self._source.key, lambda _: self._source.items())
        return pruned_scan, (self._source.key,)

    def schema(self) -> pl.Schema:
        """Return the columns of the scan."""
        return self._source.schema

    def resolve_lazyframe(
        self,
        *,
        projection: list[str] | None,  # noqa: ARG002  (given by Polars)
        limit: int | None,
        filters: list[FilterExpr],
        filter_columns: list[str],  # noqa: ARG002  (given by Polars)
        filter_drop_columns_idx: int | None,  # noqa: ARG002  (given by Polars)
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
class Watch:
    """The files that one run of a plan reads.

    Attributes:
        selected: the indexes in which files were selected, with the positions of the files.
        listings: the scans that are expanded here.
        lf: the plan.
        error: what a resolver found changed.
        chooses: whether a scan chose files, be it none.
    """

    selected: list[tuple[Any, bytes]]
    listings: list[Listing | PlanListing]
    lf: pl.LazyFrame
    error: SourceChangedError | None = None
    chooses: bool = False

    def chosen(self) -> int | None:
        """Return how many files scans chose, None if no scan chooses; Polars may ask one twice."""
        if not self.chooses:
            return None
        return sum(len(p) // 4 for _, p in {(id(index), p) for index, p in self.selected})

    def check(self) -> None:
        """Raise SourceChangedError if a file is not what it was."""
        if self.error is not None:
            raise self.error
        for index, positions in self.selected:
            _gocore.prune_verify(index, positions)
        for listing in self.listings:
            listing.check(self.lf)


def held_files(index: Any) -> list[str]:
    """Return the paths of the files of an index of this process, none if they are not known."""
    over = next((s.over for s in _held.values() if s.index is index), None)
    return over.paths if isinstance(over, FromOptions) else []


def _note(found: tuple[Any, bytes] | SourceChangedError) -> None:
    """Tell all runs of this process that files were selected, or are not what they were."""
    with _lock:
        for watch in _watches:
            if isinstance(found, SourceChangedError):
                watch.error = found
                continue
            watch.chooses = True
            if found[1]:
                watch.selected.append(found)


@contextmanager
def unchanged_files(lf: pl.LazyFrame, keys: Iterable[str] = ()) -> Iterator[Watch]:
    """Make sure that what runs inside reads the files that were there at planning time.

    It runs the plan `lf`, to which `keys` are attached. The files are looked at before and after.

    Raises:
        SourceChangedError: a file has another size or modification time, or has vanished.
    """
    fixed, listings = identities(keys)
    watch = Watch([(index, b"") for index in fixed], listings, lf)
    watch.check()
    with _lock:
        _watches.append(watch)
    try:
        yield watch
    except Exception:
        watch.check()  # the reason, if it is one of the files
        raise
    else:
        watch.check()
    finally:
        with _lock:
            _watches.remove(watch)
