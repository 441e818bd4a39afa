"""`scan_parquet`: a scan that chooses its files, built from the arguments of Polars' own."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._attach import offer
from polars_io_tools._identity import FAILURES, file_index
from polars_io_tools._indexed import index_columns
from polars_io_tools._polars.grafts import (
    FilterExpr,
    LazyFrameResolver,
    ResolvedLazyFrameProps,
    hands_over,
)
from polars_io_tools._polars.payload import Resolved, deserialise, resolve_frame, serialise
from polars_io_tools._pruned_scan import FromOptions, PrunedScan, Source
from polars_io_tools._pruned_scan import pruned_scan as attached_scan
from polars_io_tools.errors import SourceChangedError

__all__ = ["scan_parquet"]

# Options that bind the answer to the list of files, and what they are when not used.
_BINDING = {"n_rows": None, "row_index_name": None, "decryption": None, "storage_options": None}

# Options of the scan over chosen files, which are named one by one.
_FILES_BY_NAME = {"glob": False, "hidden_file_prefix": None}


def scan_parquet(source: Any, **options: Any) -> pl.LazyFrame:
    """Scan Parquet files, of which a query opens only those that can hold its rows.

    The rows are those of `pl.scan_parquet`. The footers of local files are read once, in parallel,
    when the first filter reaches the scan, and again for files that changed or columns that had no
    filter before; then any filtered column tells which files are left out. Inside of a distributed
    query the tasks use what the driver read. `execute_on_ray` does the same for a
    `pl.scan_parquet`, with versions of Polars that it knows; this scan needs no such knowledge.

    Scans that cannot choose their files are those of `pl.scan_parquet` as they are: with `n_rows`,
    `row_index_name` or decryption, of remote files, or of open files.

    Args:
        source: a path, a glob, a folder or a list of them, as for `pl.scan_parquet`.
        **options: the other arguments of `pl.scan_parquet`.

    Returns:
        A LazyFrame.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> for day in range(3):
        ...     pl.DataFrame({"day": [day]}).write_parquet(f"{folder}/{day}.parquet")
        >>> piot.scan_parquet(f"{folder}/*.parquet").filter(pl.col("day") == 1).collect().height
        1
    """
    plain = pl.scan_parquet(source, **options)
    bound = any(options.get(k, unused) != unused for k, unused in _BINDING.items())
    private = any(k.startswith("_") and v is not None for k, v in options.items())
    if bound or private or not _is_local(source):
        return plain
    schema = plain.collect_schema()
    return _HomeScan(source, options).lazy() if hands_over(schema.items(), schema) else plain


def _is_local(source: Any) -> bool:
    sources = source if isinstance(source, list | tuple) else [source]
    return all(isinstance(s, str | Path) and ":" not in str(s).partition("/")[0] for s in sources)


class _HomeScan(LazyFrameResolver):
    """A scan in the process that made it: it looks at the files anew for every run."""

    def __init__(self, source: Any, options: dict[str, Any]) -> None:
        self._given = source
        self._options = options
        self._columns: set[str] = set()
        self._source: Source | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the key of an attachment, with what is known of the files now."""
        key = uuid.uuid4().hex
        try:
            source = replace(self._current(set()), key=key)
        except FAILURES:
            return _AsWritten, (serialise(self._plain()), self.schema())
        offer(key, lambda _: source.items())
        return attached_scan, (key,)

    def _plain(self) -> pl.LazyFrame:
        """Return the scan as written; one that was used before would know its files by heart."""
        return pl.scan_parquet(self._given, **self._options)

    def schema(self) -> pl.Schema:
        """Return the columns of the scan."""
        return self._plain().collect_schema()

    def resolve_lazyframe(
        self,
        *,
        projection: list[str] | None,
        limit: int | None,
        filters: list[FilterExpr],
        filter_columns: list[str],
        filter_drop_columns_idx: int | None,
        existing_resolved_version_key: str | None,
    ) -> tuple[pl.LazyFrame | None, ResolvedLazyFrameProps]:
        """Return the scan over the files that are left, or the scan as written."""
        as_written = self._plain(), ResolvedLazyFrameProps(version_key=uuid.uuid4().hex)
        if not filters or limit is not None:
            return as_written
        try:
            scan = PrunedScan(self._current(set(filter_columns)))
        except FAILURES:
            return as_written
        return scan.resolve_lazyframe(
            projection=projection,
            limit=limit,
            filters=filters,
            filter_columns=filter_columns,
            filter_drop_columns_idx=filter_drop_columns_idx,
            existing_resolved_version_key=existing_resolved_version_key,
        )

    def _current(self, columns: set[str]) -> Source:
        """Return what is known of the files as they are, with an index of these columns.

        Raises:
            ValueError: the scan cannot be made of its files.
            OSError: one of them cannot be read.
        """
        with self._lock:
            plain = resolve_frame(self._plain())
            if self._source is None or not columns <= self._columns or self._is_stale(plain):
                self._columns |= columns
                self._source = _look(plain, self._options, self._columns)
            return self._source

    def _is_stale(self, plain: Resolved) -> bool:
        source = self._source
        if source is None or not isinstance(source.over, FromOptions):
            return True
        if source.over.paths != _absolute(plain.paths):
            return True
        try:
            _gocore.prune_verify(source.index, b"")
        except SourceChangedError:
            return True
        return False


class _AsWritten(LazyFrameResolver):
    """A scan that cannot be made of its files one by one, in another process."""

    def __init__(self, plan: bytes, schema: pl.Schema) -> None:
        self._plan = plan
        self._schema = schema

    def schema(self) -> pl.Schema:
        """Return the columns of the scan."""
        return self._schema

    def resolve_lazyframe(self, **_: Any) -> pl.LazyFrame:
        """Return the scan."""
        return deserialise(self._plan)


def _absolute(paths: list[str] | None) -> list[str]:
    # Not resolved: "link/../x" would mean something else.
    return [str(Path.cwd() / path) for path in paths or []]


def _look(plain: Resolved, options: dict[str, Any], columns: set[str]) -> Source:
    paths = _absolute(plain.paths)
    named = options | _FILES_BY_NAME | {"hive_partitioning": plain.hive is not None}
    if plain.hive is None:
        hidden = options.get("include_file_paths")
        named["schema"] = {n: t for n, t in plain.schema if n != hidden}
    if not resolve_frame(pl.scan_parquet(paths, **named)).reads_as(plain, paths):
        raise ValueError("Polars would not read the same from a list of files")
    missing = options.get("missing_columns", "raise")
    index = file_index(paths, index_columns(plain, columns), missing)
    return Source(
        key=uuid.uuid4().hex,
        schema=pl.Schema(plain.schema),
        over=FromOptions(paths, named),
        first=plain.hive is not None,
        index=index,
    )
