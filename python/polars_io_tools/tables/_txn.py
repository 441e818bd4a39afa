"""`Transaction`: changes of a table that become visible at once, or not at all."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import polars as pl

from polars_io_tools.errors import (
    CommitConflictError,
    InvalidOperationsError,
    InvalidRowsError,
    TransactionClosedError,
)
from polars_io_tools.tables import _core
from polars_io_tools.tables._changes import Changes
from polars_io_tools.tables._commit import Intent, commit
from polars_io_tools.tables._constraints import check_writable
from polars_io_tools.tables._files import remove_files, write_sorted
from polars_io_tools.tables._included import check_added, check_ops, check_survivors, check_there
from polars_io_tools.tables._keys import Range, key_texts, range_filter, tuple_of, wire_key
from polars_io_tools.tables._live import live_files
from polars_io_tools.tables._ops import Head, Operation, TransactionOps
from polars_io_tools.tables._parts import Parts, adapter
from polars_io_tools.tables._rows import check_unique, stored_frames, stored_keys
from polars_io_tools.tables._shard import key_columns
from polars_io_tools.tables._snapshot import Snapshot

if TYPE_CHECKING:
    from polars_io_tools.tables._ray import TableDatasink

__all__ = ["Mode", "Transaction"]

Mode = Literal["append", "upsert"]

State = Literal["open", "committed", "taken", "aborted", "failed"]


class Transaction:
    """Changes of a table. `Table.txn` makes it.

    As a context it commits at the end, and aborts on an exception. What it writes is in files of
    the table's folder at once, but no reader sees them before the commit.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(
        ...     tempfile.mkdtemp() + "/t", {"key": pl.Int64, "square": pl.Int64}, key="key"
        ... )
        >>> with t.txn() as txn:
        ...     txn.write({"key": [1, 2, 3], "square": [1, 4, 9]})
        >>> with t.txn(mode="upsert") as txn:
        ...     txn.write({"key": [3, 4], "square": [-9, 16]})
        ...     txn.delete_keys({"key": [1]})
        >>> t.scan().to_polars().sort("key").rows()
        [(2, 4), (3, -9), (4, 16)]
    """

    def __init__(
        self, start: Snapshot, mode: Mode, app: tuple[str, int] | None, txn: str | None = None
    ) -> None:
        self._start = start
        self._mode, self._app, self._id = mode, app, txn or str(uuid.uuid4())
        self._numbers = itertools.count()
        self._constraints = check_writable(start)
        self._changes = Changes(live_files(start), start.layout, start.path)
        self._parts = Parts(start, self._id, self._changes)
        self._foreign = set[str]()  # the transactions whose operations were given
        self._state: State = "open"
        self._version: int | None = None
        self._skipped = False

    def __repr__(self) -> str:
        return f"Transaction({self._start.path!r}, id={self._id!r}, {self._state})"

    @property
    def id(self) -> str:
        """The UUID of the transaction; names of its files begin with `part-` and it."""
        return self._id

    @property
    def version(self) -> int | None:
        """The version of the table that the commit made; None if there is none."""
        return self._version

    @property
    def skipped(self) -> bool:
        """Whether nothing was committed, as this version of the application had been before."""
        return self._skipped

    def write(self, rows: Any) -> None:
        """Add rows; with `mode="upsert"` they replace those with the same keys.

        Args:
            rows: a DataFrame, a LazyFrame, an Arrow table, a dict of columns or a list of dicts.
                Columns that are left out become null. A LazyFrame is read batch by batch.

        Raises:
            InvalidRowsError: they do not fit the table: types, nulls, constraints, or a key that
                is there twice. Keys that are in the table already are found by the commit.
        """
        self._check_open("write")
        if self._mode == "upsert":
            with self._changes.at_once():
                for stored in self._stored(rows):
                    check_unique(stored, self._start.layout)
                    self._take_away_keys(stored, new=False)
                    self._changes.upsert(self._write(stored))
        else:
            # By several threads at once.
            self._changes.add(itertools.chain.from_iterable(map(self._new, self._stored(rows))))

    def delete_keys(self, keys: Any) -> None:
        """Remove the rows with these keys, if there are any.

        Args:
            keys: the key columns, in a form that `write` takes. Other columns of the table are
                left aside.

        Raises:
            InvalidRowsError: a key column is not there, or does not fit.
        """
        self._check_open("delete_keys")
        with self._changes.at_once():
            for stored in stored_keys(keys, self._start.layout):
                self._take_away_keys(stored, new=True)

    def replace_range(self, lo: Any, hi: Any, rows: Any = None) -> None:
        """Replace all rows whose keys are at or after `lo` and before `hi`.

        Args:
            lo: a key, or the values of its first columns, as a tuple or a scalar; None is open.
            hi: likewise.
            rows: the rows that take their place, in a form that `write` takes.

        Raises:
            InvalidRowsError: a row is outside of the range or does not fit the table, or `lo` is
                not before `hi`.
        """
        self._check_open("replace_range")
        layout = self._start.layout
        within: Range = {"lo": tuple_of(lo, layout), "hi": tuple_of(hi, layout)}
        inside = range_filter(within, layout)
        if _core.is_empty(wire_key(layout), within):
            raise InvalidRowsError(
                f"the range [{lo!r}, {hi!r}) has no keys: lo has to be before hi"
            )
        frames = [] if rows is None else list(self._stored(rows))
        for stored in frames:
            outside = stored.filter(~inside)
            if outside.height:
                raise InvalidRowsError(
                    f"{outside.height} rows are outside of the range [{lo!r}, {hi!r}), such as "
                    f"{outside.row(0, named=True)}: replace a range that has them"
                )
            if layout.unique:
                check_unique(stored, layout)
        with self._changes.at_once():
            self._changes.take_away(within, lambda lf: lf.filter(~inside), self._write, new=True)
            for stored in frames:
                self._changes.add(self._write(stored))

    def include(self, *ops: TransactionOps | Operation) -> None:
        """Add what other transactions, which were taken, are to do.

        The same operations twice are the same as once.

        Raises:
            InvalidOperationsError: they are another table's, began before this transaction, were
                committed already, overlap with others, or say of a file what is not so.
        """
        self._check_open("include")
        with self._changes.at_once():
            for given in ops:
                whole = given if isinstance(given, TransactionOps) else given.alone()
                check_ops(whole, self._head(), self._start, self._changes, check_added)
                self._changes.include(whole)
                self._foreign.add(whole.head.txn)

    def _include_part(self, ops: TransactionOps) -> None:
        check_ops(ops, self._head(), self._start, self._changes, check_there)
        self._changes.include(ops, part=True)

    def to_ray_datasink(self) -> TableDatasink:
        """Return a sink for `ray.data.Dataset.write_datasink`, whose tasks write for this one.

        What they say of their files is included when all are done; the commit is this one's.

        Raises:
            MissingDependencyError: Ray Data is not installed.
        """
        self._check_open("to_ray_datasink")
        takes_away = self._take_away_keys if self._mode == "upsert" else None
        parts = self._parts.begin(self._include_part, takes_away)
        sink: TableDatasink = adapter("to_ray_datasink").TableDatasink(parts)
        return sink

    def take(self) -> TransactionOps:
        """End the transaction, and return what it is to do, for another one to include.

        Raises:
            InvalidOperationsError: rows would be lost, of which it includes only the removal.
        """
        self._check_open("take")
        check_survivors(self._foreign, self._changes, self._start)
        self._state = "taken"
        remove_files(self._start.path, self._changes.dropped)
        return self._changes.operations(self._head())

    def abort(self) -> None:
        """End the transaction without a commit, and remove the files that it wrote or included."""
        if self._state == "open":
            self._state = "aborted"
            self._parts.remove_all()

    def commit(self) -> int | None:
        """Make the changes visible, and return the version of the table that has them.

        Without changes, or if this version of the application was committed before, there is no
        commit, and the version is None.

        Raises:
            CommitConflictError: somebody else changed what this transaction saw or replaces.
            InvalidOperationsError: rows would be lost, of which it includes only the removal.
            InvalidRowsError: a key would be in the table twice.
            TableError: the log cannot be written.
        """
        self._check_open("commit")
        if self._changes or self._app is not None:
            try:
                check_survivors(self._foreign, self._changes, self._start)
                done = commit(Intent(self._start, self._id, self._changes, self._app))
            except (CommitConflictError, InvalidRowsError, InvalidOperationsError):
                # What it could not remove is not what the caller has to know.
                with suppress(Exception):
                    self.abort()
                raise
            except BaseException:
                # What became of it is not known: its files may be the table's.
                self._state = "failed"
                raise
            self._version, self._skipped = done.version, done.skipped
        self._state = "committed"
        if self._version is None:
            self._parts.remove_all()
        else:
            self._parts.remove_unneeded()
        return self._version

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Commit, or abort on an exception."""
        if self._state == "open" and error is None:
            self.commit()
        with suppress(Exception):
            self.abort()

    def _check_open(self, what: str) -> None:
        if self._state != "open":
            raise TransactionClosedError(
                f"{what}: the transaction is {self._state}; begin another one by Table.txn()"
            )

    def _stored(self, rows: Any) -> Iterator[pl.DataFrame]:
        return stored_frames(rows, self._start.layout, self._constraints)

    def _new(self, stored: pl.DataFrame) -> list[dict[str, Any]]:
        if self._start.layout.unique:
            check_unique(stored, self._start.layout)
        return self._write(stored)

    def _write(self, stored: pl.DataFrame) -> list[dict[str, Any]]:
        names = (self._changes.begin(f"part-{self._id}-{n}.parquet") for n in self._numbers)
        return write_sorted(stored, self._start.layout, self._start.path, names)

    def _take_away_keys(self, stored: pl.DataFrame, *, new: bool) -> None:
        layout = self._start.layout
        ends = pl.concat([stored.head(1), stored.tail(1)])
        lo, through = key_texts(ends.select(c.load(pl.col(c.name)) for c in layout.keys), layout)
        within: Range = {"lo": lo, "hi": None, "through": through}
        keys = stored.lazy().select(layout.key)
        self._changes.take_away(
            within, lambda lf: lf.join(keys, on=list(layout.key), how="anti"), self._write, new=new
        )

    def _head(self) -> Head:
        table, version = self._start.table_id, self._start.version
        return Head(table, version, self._id, key_columns(self._start.layout))
