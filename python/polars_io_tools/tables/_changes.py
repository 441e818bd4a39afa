"""What a transaction is to do: files that are added and removed, ranges that are replaced.

Invariant: the live files of the beginning without the removed ones, together with the added ones,
are the table as it is after the transaction. A change that fails half-way was never made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl

from polars_io_tools.errors import InvalidOperationsError
from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Range, shown, wire_key
from polars_io_tools.tables._live import may_overlap, read_files
from polars_io_tools.tables._ops import KINDS, Head, Kind, Operation, TransactionOps
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._sorting import sort_rows
from polars_io_tools.tables._unique import range_of

__all__ = ["Changes"]

Survivors = Callable[[pl.LazyFrame], pl.LazyFrame]
Write = Callable[[pl.DataFrame], list[dict[str, Any]]]


class Changes:
    """The changes of one transaction.

    Attributes:
        adds: the files that are added, by path.
        removes: the files that are removed, with their sizes.
        kept: those of `adds` that have only rows which were there before.
        upserted: those of `adds` whose rows replace others with the same keys.
        dropped: files that were begun, and are not added, or not any more.
        same_rows: whether the table has the same rows afterwards.
    """

    def __init__(self, live: pl.DataFrame, layout: Layout, folder: str) -> None:
        self._live = live
        self._layout = layout
        self._folder = folder
        self.adds: dict[str, dict[str, Any]] = {}
        self.removes: dict[str, int | None] = {}
        self.kept: set[str] = set()
        self.upserted: set[str] = set()
        self.dropped: set[str] = set()
        self.same_rows = False
        # By which transaction, None is this one.
        self._replaced: list[tuple[str | None, Range]] = []
        self._source: dict[str, str] = {}
        self._included: dict[str, set[Operation]] = {}
        # Rows may be appended from several threads.
        self._lock = threading.RLock()

    def __bool__(self) -> bool:
        return bool(self.adds or self.removes)

    @property
    def live(self) -> pl.DataFrame:
        """The files of the beginning that are not removed."""
        return self._live.filter(~pl.col("path").is_in([*self.removes]))

    def begin(self, path: str) -> str:
        """Return the name of a file that is about to be written."""
        self.dropped.add(path)
        return path

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Undo what was changed, if it ends by an exception; others wait meanwhile."""
        with self._lock:
            before = {name: _copied(value) for name, value in vars(self).items()}
            try:
                yield
            except BaseException:
                own = {path for path, add in self.adds.items() if "txn" not in add}
                begun = self.dropped | own
                vars(self).update(before)
                self.dropped = begun.difference(self.adds)
                raise

    def add(self, adds: Iterable[dict[str, Any]]) -> None:
        """Add files."""
        found = {a["path"]: a for a in adds}
        with self._lock:
            self.adds.update(found)
            self.dropped.difference_update(found)

    def take_away(self, within: Range, survivors: Survivors, write: Write, *, new: bool) -> None:
        """Take rows away: files with some of them are written anew without.

        Args:
            within: the range where these rows are.
            survivors: leaves the rows that stay.
            write: writes a file.
            new: whether rows that this transaction added are looked at as well.
        """
        self._replaced.append((None, within))
        old = may_overlap(self.live, within, self._layout).select("path", "size")
        for path, size in old.rows():
            left = self._left(path, survivors)
            if left is not None:
                self.removes[path] = size
                self.keep(write(left))
        for path in [p for p in self.adds if new or p in self.kept]:
            if self._meets(within, self.adds[path]):
                left = self._left(path, survivors)
                if left is not None:
                    self._rewrite(path, write(left))

    def _rewrite(self, path: str, written: list[dict[str, Any]]) -> None:
        """Add files in the place of one that was to be added."""
        del self.adds[path]
        self.dropped.add(path)
        self.add(written)
        for marked in (self.kept, self.upserted):
            if path in marked:
                marked.discard(path)
                marked.update(a["path"] for a in written)

    def _meets(self, within: Range, add: dict[str, Any]) -> bool:
        return _core.common(wire_key(self._layout), within, range_of(add)) is not None

    def _left(self, path: str, survivors: Survivors) -> pl.DataFrame | None:
        """Return the rows of a file that stay, None if all do."""
        rows = read_files(self._folder, [path], self._layout)
        left = survivors(rows).collect()
        same = left.height == rows.select(pl.len()).collect().item()
        return None if same else sort_rows(left, self._layout.key)

    def keep(self, adds: list[dict[str, Any]]) -> None:
        """Add files with rows that were there before."""
        self.add(adds)
        self.kept.update(a["path"] for a in adds)

    def upsert(self, adds: list[dict[str, Any]]) -> None:
        """Add files with rows that replace others with the same keys."""
        self.add(adds)
        self.upserted.update(a["path"] for a in adds)

    def rearrange(self) -> None:
        """Remove all files of the beginning: those that are added have the same rows."""
        self.removes.update(self._live.select("path", "size").rows())
        self.same_rows = True

    def operations(self, head: Head) -> TransactionOps:
        """Return the changes as values that travel."""
        adds = [Operation(head, "add", a) for a in self.adds.values()]
        removes = [
            Operation(head, "remove", {"path": p, "size": s}) for p, s in self.removes.items()
        ]
        replaced = [Operation(head, "replace", dict(r)) for r in self.replaced]
        return TransactionOps(head, (*adds, *removes, *replaced))

    def included(self, txn: str) -> set[Operation]:
        """Return the operations of a transaction that were included."""
        return self._included.get(txn, set())

    @property
    def transactions(self) -> set[str]:
        """The transactions whose operations were included, and whose files they add."""
        return {*self._included, *(a["txn"] for a in self.adds.values() if "txn" in a)}

    @property
    def replaced(self) -> list[Range]:
        """The ranges in which rows were taken away."""
        return [within for _, within in self._replaced]

    @property
    def paths(self) -> set[str]:
        """All files that are or were to be added."""
        return {*self.adds, *self.dropped}

    def include(self, ops: TransactionOps, *, part: bool = False) -> None:
        """Add operations of another transaction, which were checked by themselves.

        Args:
            ops: the operations.
            part: whether they are of a part of this one, which comes after what it did itself.

        Raises:
            InvalidOperationsError: they and what is there already exclude one another.
        """
        txn = ops.head.txn
        new = [op for op in ops if op not in self.included(txn)]
        bodies = {kind: [op.body for op in new if op.kind == kind] for kind in KINDS}
        self._check_paths(bodies, txn)
        # Parts of one transaction saw one another.
        mine: dict[str, list[Any]] = {
            "added": [range_of(a) for p, a in self.adds.items() if self._source.get(p) != txn],
            "replaced": [
                within
                for source, within in self._replaced
                if source != txn and not (part and source is None)
            ],
        }
        other: dict[str, list[Any]] = {
            "added": [range_of(a) for a in bodies["add"]],
            "replaced": bodies["replace"],
        }
        key = wire_key(self._layout)
        met = _core.meet(key, mine, other) or _core.meet(key, other, mine)
        if met is not None:
            raise InvalidOperationsError(
                f"operations of transaction {txn} overlap with others of this one: both change "
                f"keys in {shown(met)}; let each writer have keys of its own, such as those of a "
                "shard"
            )
        self.add([{"txn": txn, **a} for a in bodies["add"]])
        self._source.update({a["path"]: txn for a in bodies["add"]})
        self.removes.update({r["path"]: r["size"] for r in bodies["remove"]})
        self._replaced += [(txn, within) for within in bodies["replace"]]
        self._included.setdefault(txn, set()).update(new)

    def _check_paths(self, theirs: dict[Kind, list[dict[str, Any]]], txn: str) -> None:
        live = {*self._live["path"]}
        for remove in theirs["remove"]:
            if remove["path"] in self.removes:
                raise InvalidOperationsError(
                    f"operations of transaction {txn} remove {remove['path']}, which others that "
                    "are included remove as well: let each writer have keys of its own"
                )
            if remove["path"] not in live:
                raise InvalidOperationsError(
                    f"operations of transaction {txn} remove {remove['path']}, which is no file of "
                    "the table as it was when this transaction began"
                )
        for add in theirs["add"]:
            if add["path"] in live:
                raise InvalidOperationsError(
                    f"operations of transaction {txn} add {add['path']}, which is a file of the "
                    "table already: they were committed before this transaction began"
                )
            if add["path"] in self.adds:
                raise InvalidOperationsError(
                    f"operations of transaction {txn} say other things of {add['path']} than the "
                    "ones that were included before"
                )


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return value.copy() if isinstance(value, set | list) else value
