"""The files that a plan reads as written: what the driver saw of them travels along.

A scan that names its files one by one is checked file by file, by size and modification time. One
that the worker has to expand, a pattern or a folder that could not be replaced by its files, is
expanded anew in the worker and compared as well: a file that appears is an error too, as its rows
would be in the answer of some tasks only. So are all scans of a plan in bytes that are not known,
as far as Polars shows their files.

What is no regular file, such as a pipe, has no identity, nor have remote files.
"""

from __future__ import annotations

import json
import pickle
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._attach import attached, offer
from polars_io_tools._polars.payload import FileScan, expanded, rewrite, scanned_paths
from polars_io_tools.errors import ExpressionError, SourceChangedError

__all__ = [
    "FAILURES",
    "Identities",
    "Listing",
    "PlanListing",
    "file_index",
    "identities",
    "is_identity",
    "is_local",
    "table_index",
]

# Keys of attachments that every task looks at.
_FILES = "files-"
_LISTINGS = "listings-"

# What goes wrong when a plan cannot be read or rewritten: then it stays as it was.
FAILURES = (
    *(ValueError, TypeError, OSError, NotImplementedError),
    *(pl.exceptions.PolarsError, ExpressionError),
)

_URI = "file://"


@dataclass(frozen=True)
class Listing:
    """The files that the driver found for a scan that workers expand.

    Attributes:
        plan: the scan alone.
        files: the files.
    """

    plan: bytes
    files: list[str]

    def check(self, lf: pl.LazyFrame) -> None:  # noqa: ARG002  (which others need)
        """Raise SourceChangedError if the scan reads other files here and now."""
        _compare(self.files, lambda: expanded(self.plan))


@dataclass(frozen=True)
class PlanListing:
    """The files that Polars showed the driver for the scans of a whole plan."""

    files: list[str]

    def check(self, lf: pl.LazyFrame) -> None:
        """Raise SourceChangedError if the plan, which is `lf`, reads others here and now."""
        _compare(self.files, lambda: scanned_paths(lf))


def _compare(files: Sequence[str], find: Callable[[], list[str]]) -> None:
    try:
        now = find()
    except FAILURES as error:
        msg = f"a scan of {len(files)} files when the query was planned now fails: {error}"
        raise SourceChangedError(msg) from error
    for path in sorted({*now} - {*files}):
        msg = f"{path} has appeared since the query was planned, and would be read"
        raise SourceChangedError(msg)
    for path in sorted({*files} - {*now}):
        raise SourceChangedError(f"{path} has vanished since the query was planned")


@dataclass(frozen=True)
class _Found:
    files: list[str]
    listing: Listing | None  # None: the scan names its files


class Identities:
    """Collects the files that a plan reads, and offers what is known of them.

    Args:
        bare: the plan without its frames in memory.
    """

    def __init__(self, bare: bytes) -> None:
        self._bare = bare
        self._files: dict[str, None] = {}
        self._listings: list[Listing | PlanListing] = []

    def add(self, index: int, scan: FileScan) -> bool:
        """Add the files of a scan, and return whether it is known which they are."""
        try:
            found = self._find(index, scan)
        except FAILURES:
            return False
        self._files |= dict.fromkeys(found.files)
        if found.listing is not None:
            self._listings.append(found.listing)
        return True

    def add_plan(self, lf: pl.LazyFrame) -> int:
        """Add the files that Polars shows for a whole plan, and return how many."""
        files = scanned_paths(lf)
        self.add_files(files)
        if files:
            self._listings.append(PlanListing(files))
        return len(files)

    def add_files(self, paths: Sequence[str]) -> None:
        """Add files by their names; those that are not on this machine are left out."""
        self._files |= dict.fromkeys(_local(paths))

    def _find(self, index: int, scan: FileScan) -> _Found:
        paths = scan["paths"] or []
        if all(_is_file(path) and not _is_pattern(path) for path in paths):
            return _Found(_local(paths), None)
        alone = rewrite(self._bare, isolate=index)
        files = expanded(alone)
        return _Found(_local(files), None if files == paths else Listing(alone, files))

    def offer(self) -> None:
        """Offer the identities to the tasks of the query.

        Raises:
            OSError: a file vanished while it was looked at.
        """
        files = [path for path in self._files if _is_file(path)]
        if files:
            index = file_index(files)
            offer(_FILES + uuid.uuid4().hex, lambda _: (pickle.PickleBuffer(index),))
        if self._listings:
            listings = pickle.dumps(self._listings)
            offer(_LISTINGS + uuid.uuid4().hex, lambda _: (listings,))


def file_index(
    paths: Sequence[str], columns: Sequence[dict[str, Any]] = (), missing: str = "raise"
) -> bytes:
    """Return the index of files: their identities, and the statistics of columns of Parquet.

    Raises:
        OSError: a file is not there.
    """
    request = {"paths": list(paths), "columns": list(columns), "missing": missing}
    return _gocore.prune_index(json.dumps(request).encode())


def table_index(paths: Sequence[str], columns: Sequence[dict[str, Any]]) -> bytes:
    """Return the index of the files of a table, by the statistics of its log; none is opened.

    The files that are found on this machine are watched.
    """
    request = {"paths": _local(paths), "columns": list(columns), "statistics": "log"}
    return _gocore.prune_index(json.dumps(request).encode())


def is_identity(key: str) -> bool:
    """Tell whether an attachment is one that `Identities` offered."""
    return key.startswith((_FILES, _LISTINGS))


def identities(keys: Iterable[str]) -> tuple[list[Any], list[Listing | PlanListing]]:
    """Return what is attached to this process under those keys that `Identities` offered."""
    indexes: list[Any] = []
    listings: list[Listing | PlanListing] = []
    for key in keys:
        if key.startswith(_FILES):
            indexes.append(attached(key, lambda items: items[0]))
        elif key.startswith(_LISTINGS):
            listings += attached(key, _unpickled)
    return indexes, listings


def _unpickled(items: tuple[Any, ...]) -> list[Listing | PlanListing]:
    listings: list[Listing | PlanListing] = pickle.loads(items[0])  # noqa: S301  (written by the driver)
    return listings


def is_local(scan: FileScan) -> bool:
    """Tell whether the files of a scan are on this machine."""
    paths = scan["paths"] or []
    return scan["location"] == "absolute" or all(path.startswith(_URI) for path in paths)


def _local(paths: Sequence[str]) -> list[str]:
    return [path.removeprefix(_URI) for path in paths]


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def _is_pattern(path: str) -> bool:
    return any(c in path for c in "*?[")
