"""Parts of a transaction, which other processes write, and what is left of them.

Invariant: the driver's transaction decides. A file of a part that it did not commit is removed, of
killed and repeated attempts as well, which never told of it: the ids of parts begin like that of
the whole, so that their files are found by their names.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

import polars as pl

from polars_io_tools._installation import installing
from polars_io_tools.errors import MissingDependencyError
from polars_io_tools.tables._changes import Changes
from polars_io_tools.tables._commit import commits_since, committed_in
from polars_io_tools.tables._files import remove_files
from polars_io_tools.tables._live import read_files
from polars_io_tools.tables._ops import TransactionOps
from polars_io_tools.tables._place import placed
from polars_io_tools.tables._rows import check_unique
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot

__all__ = ["Parts", "adapter", "id_of_part"]

# A UUID without its last group.
_SHARED = 24


def adapter(what: str) -> Any:
    """Return the module that imports Ray.

    Raises:
        MissingDependencyError: something that it needs is not installed.
    """
    try:
        from polars_io_tools.tables import _ray
    except ImportError as error:
        msg = f"{what} needs Ray Data ({error}): {installing('ray-data')}"
        raise MissingDependencyError(msg) from error
    return _ray


def id_of_part(txn: str) -> str:
    """Return a new UUID for a part of a transaction."""
    return txn[:_SHARED] + secrets.token_hex(6)


class TakeAway(Protocol):
    """Takes the rows of keys away."""

    def __call__(self, stored: pl.DataFrame, *, new: bool) -> None:
        """Take them away; those of rows that the transaction added only if `new`."""


class Parts:
    """The files of a transaction and of its parts.

    Attributes:
        start: where the transaction and its parts begin.
        txn: the id of the transaction.
    """

    def __init__(self, start: Snapshot, txn: str, changes: Changes) -> None:
        self.start = start
        self.txn = txn
        self._changes = changes
        self._used = False
        self._include: Callable[[TransactionOps], None] = changes.include
        self._take_away: TakeAway | None = None

    def begin(self, include: Callable[[TransactionOps], None], take_away: TakeAway | None) -> Parts:
        """Let other processes write.

        Args:
            include: checks operations, and adds them to the transaction.
            take_away: takes rows with the same keys away, None if they may not be there.
        """
        self._used, self._include, self._take_away = True, include, take_away
        return self

    def include(self, parts: Iterable[TransactionOps]) -> None:
        """Add what parts of the transaction are to do."""
        names = []
        with self._changes.at_once():
            for ops in parts:
                self._include(ops)
                names += [op.path for op in ops if op.path is not None]
            if self._take_away is not None and names:
                layout = self.start.layout
                keys = read_files(self.start.path, names, layout).select(layout.key)
                stored = keys.sort(list(layout.key)).collect()
                check_unique(stored, layout)
                self._changes.upserted.update(names)
                self._take_away(stored, new=False)

    def remove_unneeded(self) -> None:
        """Remove what a commit did not need."""
        # It is committed: what stays behind is no reason to say that it failed.
        with suppress(OSError):
            remove_files(self.start.path, self._changes.dropped)
            self.remove_strays(committed=True)

    def remove_strays(self, *, committed: bool) -> None:
        """Remove files of parts that were not included, or included and not needed."""
        if not self._used:
            return
        known = {*self._changes.adds} if committed else self._changes.paths
        prefix = f"part-{self.txn[:_SHARED]}"
        found = [name for name, _ in placed(self.start.path).listed() if name.startswith(prefix)]
        remove_files(self.start.path, [name for name in found if name not in known])

    def remove_all(self) -> None:
        """Remove the files of the transaction, and those of others that no commit has."""
        path = self.start.path
        own = [p for p in self._changes.paths if p.startswith(f"part-{self.txn}-")]
        remove_files(path, own)
        others = self._changes.paths.difference(own)
        if others:
            newest = open_snapshot(path, self.start.table_id, None)
            # Of all commits: older states may have them, whatever the operations say.
            found = commits_since(newest.log, -1)
            authors = {p: p[len("part-") :][: len(self.txn)] for p in others}
            unused = [p for p, txn in authors.items() if committed_in(found, {txn}) is None]
            remove_files(path, unused)
        self.remove_strays(committed=False)
