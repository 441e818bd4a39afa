"""What keeps a table in good order: files of dead transactions removed, others written anew.

Invariant: no row changes, and no file is removed that a state of the log has.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import polars as pl

from polars_io_tools.errors import CommitConflictError
from polars_io_tools.tables import _core
from polars_io_tools.tables._changes import Changes
from polars_io_tools.tables._commit import Intent, commit
from polars_io_tools.tables._constraints import check_writable
from polars_io_tools.tables._files import remove_files, write_sorted
from polars_io_tools.tables._keys import range_filter
from polars_io_tools.tables._live import OURS, live_files, stored_scan
from polars_io_tools.tables._place import Place, placed
from polars_io_tools.tables._planning import bounds_by_columns
from polars_io_tools.tables._scan import TableScan
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot

__all__ = ["clean", "compact", "history"]

_NAME = re.compile(r"part-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[0-9]+\.parquet")


def clean(path: str, table_id: str, older_than: dt.timedelta) -> list[str]:
    """Remove the files of transactions that no commit has; see `Table.clean`."""
    if not isinstance(older_than, dt.timedelta):
        kind = type(older_than).__name__
        raise TypeError(f"clean: older_than must be a timedelta, not {kind}")
    if older_than < dt.timedelta(0):
        raise ValueError(f"clean: older_than must not be negative, as {older_than} is")
    before = (dt.datetime.now(dt.UTC) - older_than).timestamp()
    # The files first: one that a commit adds meanwhile is in the log that is read after.
    written: dict[str, dict[str, float]] = {}
    for name, txn, modified in _written(placed(path)):
        written.setdefault(txn, {})[name] = modified
    log = open_snapshot(path, table_id, None)
    kept = {*log.actions["path"], *_named(placed(path))}
    removed = [
        name
        for files in written.values()
        # One that still writes may commit. One that did may have died before it removed the rest.
        if max(files.values()) <= before
        for name in files
        if name not in kept
    ]
    remove_files(path, removed)
    return sorted(removed)


def _written(place: Place) -> Iterator[tuple[str, str, float]]:
    """Yield the files that transactions wrote, with their transactions and when."""
    for name, modified in place.listed():
        match = _NAME.fullmatch(name)
        if match is not None:
            yield name, match[1], modified


def _named(place: Place) -> set[str]:
    """Return the files that any commit in the log names."""
    names: set[str] = set()
    for name, _ in place.listed("_delta_log"):
        if not name.endswith(".json"):
            continue
        for line in place.read(f"_delta_log/{name}").splitlines():
            entry = json.loads(line)
            names.update(entry[kind]["path"] for kind in ("add", "remove") if kind in entry)
    return names


# About as many bytes of files become one, if nothing is said of rows.
_TARGET_BYTES = 128 << 20


def compact(start: Snapshot, target_rows: int | None) -> int | None:
    """Write all rows of a state anew, sorted, without overlaps; see `Table.compact`."""
    check_writable(start)
    files = live_files(start)
    scan = TableScan(start, (), None, None, None)
    parts = max(1, -(-int(files["size"].sum()) // _TARGET_BYTES))
    shards = scan.compute_shards(rows=target_rows) if target_rows else scan.compute_shards(n=parts)
    if files.height <= len(shards) and _in_order(files, start):
        return None
    txn = str(uuid.uuid4())
    changes = Changes(files, start.layout, start.path)
    names = (changes.begin(f"part-{txn}-{number}.parquet") for number in range(1 << 40))
    try:
        for shard in shards:
            rows = stored_scan(start).filter(range_filter(shard.range, start.layout)).collect()
            key = list(start.layout.key)
            changes.keep(write_sorted(rows.sort(key), start.layout, start.path, names))
        changes.rearrange()
    except BaseException:
        remove_files(start.path, changes.paths)
        raise
    # Where this fails otherwise, the files may be the table's.
    try:
        return commit(Intent(start, txn, changes, None)).version
    except CommitConflictError as error:
        remove_files(start.path, changes.paths)
        raise CommitConflictError(f"compact: {error}") from error


def _in_order(files: pl.DataFrame, start: Snapshot) -> bool:
    if not files["path"].str.contains(OURS).all():
        return False
    request = bounds_by_columns(files, start.layout)
    return _core.spots({**request, "n": 1, "each": None})["why"] is None


def history(snapshot: Snapshot) -> pl.DataFrame:
    """Return the commits up to a state; see `Table.history`."""
    commits = snapshot.log.history()
    rows = [
        {
            "version": c["version"],
            "timestamp": c["timestamp"],
            "operation": c.get("operation"),
            "txn": c.get("piot.txn"),
            "parameters": str(c.get("operationParameters", {})),
        }
        for c in commits
    ]
    schema: dict[str, Any] = {
        "version": pl.Int64,
        "timestamp": pl.Datetime("ms", "UTC"),
        "operation": pl.String,
        "txn": pl.String,
        "parameters": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)
