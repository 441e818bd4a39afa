"""Operations from elsewhere, compared with the table and with the files that they speak of.

Invariant: what gets into a transaction is as good as what it wrote itself, wherever it came from.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import polars as pl

from polars_io_tools.errors import InvalidOperationsError
from polars_io_tools.tables._changes import Changes
from polars_io_tools.tables._commit import commits_since, committed_in
from polars_io_tools.tables._files import describe
from polars_io_tools.tables._footers import wrong_footer
from polars_io_tools.tables._keys import key_texts, ranges_filter, shown_key
from polars_io_tools.tables._live import read_files
from polars_io_tools.tables._ops import Head, Operation, TransactionOps
from polars_io_tools.tables._place import placed
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot
from polars_io_tools.tables._sorting import in_order

__all__ = ["CheckAdded", "check_added", "check_ops", "check_survivors", "check_there"]

# Takes what operations say of a file, the columns of the table, and its folder.
CheckAdded = Callable[[dict[str, Any], Layout, str], None]


def _check_head(head: Head, mine: Head, start: Snapshot) -> None:
    """Compare where operations come from with the transaction that is to include them.

    Raises:
        InvalidOperationsError: they are another table's, began before it, or were committed.
    """
    if head.table != mine.table:
        msg = f"operations of the table {head.table} cannot be included in one of {mine.table}"
        raise InvalidOperationsError(msg)
    if head.key != mine.key:
        raise InvalidOperationsError(f"operations with the key {head.key}, not {mine.key}")
    if head.txn == mine.txn:
        raise InvalidOperationsError("a transaction cannot include its own operations")
    if head.version < mine.version:
        raise InvalidOperationsError(
            f"operations of transaction {head.txn} began at version {head.version}, before this "
            f"one at {mine.version}: begin the transaction that includes others first"
        )
    newest = open_snapshot(start.path, mine.table, None)
    if head.version > newest.version:
        raise InvalidOperationsError(
            f"operations of transaction {head.txn} began at version {head.version}, which is not "
            f"there: the newest is {newest.version}"
        )
    version = committed_in(commits_since(newest.log, start.version), {head.txn})
    if version is not None:
        raise InvalidOperationsError(
            f"operations of transaction {head.txn} were committed already, in version {version}"
        )


def check_ops(
    ops: TransactionOps, mine: Head, start: Snapshot, changes: Changes, check: CheckAdded
) -> None:
    """Compare operations with the transaction that is to include them, and with their files.

    Args:
        ops: the operations.
        mine: what the operations of the transaction share.
        start: where it begins.
        changes: what it is to do so far; what it includes already is known to be right.
        check: compares a file.

    Raises:
        InvalidOperationsError: they cannot be included, or a file is another.
    """
    _check_head(ops.head, mine, start)
    known = changes.included(ops.head.txn)
    for op in ops:
        if op.kind == "add" and op not in known:
            check(op.body, start.layout, start.path)


def check_survivors(txns: Iterable[str], changes: Changes, start: Snapshot) -> None:
    """Compare the files that included transactions remove with those that they add.

    Rows outside of the ranges that a transaction replaces have to be in both.

    Args:
        txns: the transactions, of which all operations were included that will be.
        changes: what includes them.
        start: the state that it begins at.

    Raises:
        InvalidOperationsError: a row would be lost.
    """
    for txn in txns:
        _check_survivors(txn, changes.included(txn), start)


def _check_survivors(txn: str, ops: Collection[Operation], start: Snapshot) -> None:
    layout = start.layout
    removed, added = (
        [op.body["path"] for op in ops if op.kind == kind] for kind in ("remove", "add")
    )
    if not removed:
        return
    replaced = [op.body for op in ops if op.kind == "replace"]
    key = list(layout.key)

    def counted(paths: list[str]) -> pl.LazyFrame:
        rows = read_files(start.path, paths, layout).filter(~ranges_filter(replaced, layout))
        return rows.group_by(key).len()

    lost = counted(removed)
    if added:
        both = lost.join(counted(added), on=key, how="left", suffix="_added")
        lost = both.filter(pl.col("len") > pl.col("len_added").fill_null(0))
    try:
        found = lost.select(c.load(pl.col(c.name)) for c in layout.keys).head(1)
        first = found.collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError) as error:
        msg = f"the files that operations remove cannot be compared with those they add: {error}"
        raise InvalidOperationsError(msg) from error
    if first.height:
        named = shown_key(key_texts(first, layout)[0], layout)
        raise InvalidOperationsError(
            f"operations of transaction {txn} remove a file with the key {named}, which "
            "is in no range that they replace, and add no row with it: include all "
            "operations of a transaction"
        )


def check_there(add: dict[str, Any], layout: Layout, folder: str) -> None:  # noqa: ARG001  (a CheckAdded)
    """Compare a file's size with what operations say of it.

    Raises:
        InvalidOperationsError: it is not there, is no regular file, or is another.
    """
    place = placed(folder)
    path = place.file(add["path"])
    if place.is_local:
        _check_file(Path(path), add["size"])
    else:
        _check_size(path, place.size(add["path"]), add["size"])


def check_added(add: dict[str, Any], layout: Layout, folder: str) -> None:
    """Compare a file with what operations say of it.

    Raises:
        InvalidOperationsError: it is not there, is no regular file, or is another.
    """
    check_there(add, layout, folder)
    place = placed(folder)
    path = place.file(add["path"])
    scan = place.scan(add["path"])
    try:
        described = _described(scan, layout, path)
    except pl.exceptions.PolarsError as error:
        raise InvalidOperationsError(f"{path}: no Parquet file: {error}") from error
    for name, value in described.items():
        if add[name] != value:
            raise InvalidOperationsError(
                f"{path}: {name} is {value!r}, where the operations say {add[name]!r}"
            )
    try:
        wrong = wrong_footer(place, add["path"], add["rows"], layout)
    except OSError as error:
        raise InvalidOperationsError(f"{path}: no Parquet file: {error}") from error
    if wrong:
        raise InvalidOperationsError(
            f"{path}: its footer, by which readers skip rows, contradicts these: {wrong}"
        )


def _check_file(path: Path, size: int) -> None:
    try:
        found = path.lstat()
    except OSError as error:
        raise InvalidOperationsError(f"{path}: the file that is added is not there") from error
    if not stat.S_ISREG(found.st_mode):
        raise InvalidOperationsError(f"{path}: no regular file; links and folders are not added")
    _check_size(str(path), found.st_size, size)


def _check_size(path: str, found: int | None, size: int) -> None:
    if found is None:
        raise InvalidOperationsError(f"{path}: the file that is added is not there")
    if found != size:
        raise InvalidOperationsError(f"{path}: {found} bytes, where the operations say {size}")


def _described(scan: pl.LazyFrame, layout: Layout, path: str) -> dict[str, Any]:
    schema = scan.collect_schema()
    if schema != layout.stored:
        raise InvalidOperationsError(f"{path}: its columns are {schema}, not {layout.stored}")
    required = [c.name for c in layout.columns if not c.nullable]
    if any(scan.select(pl.col(required).null_count()).collect().row(0)):
        raise InvalidOperationsError(f"{path}: there are nulls in a column of {required}")
    keys = scan.select(layout.key).collect()
    if not in_order(keys, layout.key):
        raise InvalidOperationsError(f"{path}: its rows are not in the order of the key")
    return describe(scan, layout)
