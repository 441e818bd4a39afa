"""`Table`: a handle, and what is asked of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl

from polars_io_tools.errors import TableSchemaError
from polars_io_tools.tables._asof import When
from polars_io_tools.tables._place import Place
from polars_io_tools.tables._scan import TableScan, both
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._shard import Shard, check_shards
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot
from polars_io_tools.tables._txn import Mode, Transaction
from polars_io_tools.tables._upkeep import clean, compact, history
from polars_io_tools.tables._verify import Report, verify
from polars_io_tools.tables._where import check_where

__all__ = ["Table", "write_table"]


class Table:
    """A table on Delta Lake, ordered by a key. `table` and `create_table` make it.

    It holds no state of the table: each scan, snapshot and transaction begins at the newest.
    Pickled, it opens the table where it arrives.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> uri = tempfile.mkdtemp() + "/t"
        >>> t = piot.create_table(uri, {"key": pl.Int64, "square": pl.Int64}, key="key")
        >>> for numbers in (range(0, 10, 2), range(1, 10, 2)):
        ...     with t.txn() as txn:
        ...         txn.write({"key": numbers, "square": [n * n for n in numbers]})
        >>> sorted(t.scan("square", where=t["key"] > 7).to_polars()["square"])
        [64, 81]
        >>> t.compact()
        3
        >>> t.clean()
        []
        >>> t.history().select("version", "operation").rows()
        [(3, 'WRITE'), (2, 'WRITE'), (1, 'WRITE'), (0, 'CREATE TABLE')]
    """

    def __init__(self, path: Place, table_id: str, layout: Layout) -> None:
        self._path = path
        self._id = table_id
        self._layout = layout

    def __repr__(self) -> str:
        return f"Table({self._path!r}, key={list(self._layout.key)})"

    @property
    def uri(self) -> str:
        """Where the table is."""
        return str(self._path)

    @property
    def table_id(self) -> str:
        """The id that the table got when it was made."""
        return self._id

    @property
    def schema(self) -> pl.Schema:
        """The columns, as they were when the table was opened."""
        return self._layout.schema

    @property
    def key_schema(self) -> pl.Schema:
        """The key columns, in the order in which they compare."""
        return pl.Schema({c.name: c.dtype for c in self._layout.keys})

    @property
    def unique(self) -> bool:
        """Whether a key may be there only once."""
        return self._layout.unique

    def __getitem__(self, name: str) -> pl.Expr:
        """Return `pl.col(name)`, if there is such a column.

        Raises:
            TableSchemaError: there is none.
        """
        if name not in self.schema:
            known = ", ".join(map(repr, self.schema))
            raise TableSchemaError(f"the table has no column {name!r}; it has {known}")
        return pl.col(name)

    def snapshot(self, asof: When = None) -> Snapshot:
        """Fix a state: the newest, that of a value, or the one that was the newest at a time.

        Args:
            asof: an `Asof`, its str or its JSON, or a datetime, which is local without a zone.

        Raises:
            SnapshotNotFoundError: there is no such state: it belongs to another table, was
                removed, is from before the first commit or in the future.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"k": pl.Int64}, key="k")
            >>> before = t.snapshot()
            >>> with t.txn() as txn:
            ...     txn.write({"k": [1]})
            >>> [t.scan(asof=asof).to_polars().height for asof in (before.asof, None)]
            [0, 1]
        """
        return open_snapshot(self._path, self._id, asof)

    def scan(
        self,
        *columns: str,
        where: pl.Expr | None = None,
        asof: When = None,
        shard: Shard | None = None,
        shards: Iterable[Shard] | None = None,
        limit: int | None = None,
    ) -> TableScan:
        """Say what to read: nothing is read yet, but the state is fixed.

        Rows come in the order of files, and within a file in that of the key.

        Args:
            *columns: the columns, all of them if none is named.
            where: which rows, by their own values only.
            asof: the state, as for `snapshot`.
            shard: the shard to read.
            shards: the shards to read.
            limit: how many rows at most, of each call that reads.

        Raises:
            SnapshotNotFoundError: there is no such state, or the table was vacuumed since.
            TableSchemaError: a column is not there, or `where` does not fit the schema.
            TableError: `where` needs more than a row: shards would each have another answer.
            ShardNotFoundError: a shard is another table's.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"k": pl.Int64}, key="k")
            >>> with t.txn() as txn:
            ...     txn.write({"k": range(9)})
            >>> scan = t.scan("k", where=t["k"] > 5)
            >>> [s.rows for s in scan.compute_shards(n=3)], scan.to_polars()["k"].sum()
            ([1, 1, 1], 21)
        """
        snapshot = self.snapshot(asof)
        given = both(shard, shards)
        chosen = None if given is None else check_shards(given, snapshot.layout)
        if limit is not None and limit < 0:
            raise ValueError(f"limit must be at least 0, not {limit}")
        scan = TableScan(snapshot, columns, where, chosen, limit)
        if where is not None:
            check_where(where, snapshot)
        return scan

    def txn(
        self, mode: Mode = "append", *, app_id: str | None = None, app_version: int | None = None
    ) -> Transaction:
        """Begin a transaction at the newest state.

        Args:
            mode: "append" adds rows, "upsert" replaces those with the same keys.
            app_id: the name of an application of which each version is to be committed once.
            app_version: the version of the application. If it or a later one was committed
                before, this transaction commits nothing and says so (`txn.skipped`).

        Raises:
            TableError: the table has features that this package cannot write.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"k": pl.Int64}, key="k")
            >>> for _ in range(2):
            ...     with t.txn(app_id="load", app_version=1) as txn:
            ...         txn.write({"k": [1]})
            >>> txn.skipped, t.scan().to_polars().height
            (True, 1)
        """
        if mode not in ("append", "upsert"):
            raise ValueError(f"mode must be 'append' or 'upsert', not {mode!r}")
        if (app_id is None) != (app_version is None):
            raise ValueError("give both app_id and app_version, or neither")
        app = None if app_id is None or app_version is None else (app_id, app_version)
        return Transaction(self.snapshot(), mode, app)

    def compact(self, target_rows: int | None = None) -> int | None:
        """Write all rows anew in one commit, sorted into files that do not overlap.

        Then `compute_shards` reads next to nothing. The rows of one file are in memory at a time.
        Others may append meanwhile.

        Args:
            target_rows: about how many rows a file is to have; without it, about 128 MiB of the
                files that are there become one.

        Returns:
            The version of the commit; None if the files were in order already.

        Raises:
            CommitConflictError: somebody else replaced rows meanwhile.
            TableError: the table has features that this package cannot write.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"k": pl.Int64}, key="k")
            >>> for k in range(3):
            ...     with t.txn() as txn:
            ...         txn.write({"k": [k]})
            >>> t.compact(), len(t.scan().shards())
            (4, 1)
        """
        return compact(self.snapshot(), target_rows)

    def optimize(self, target_rows: int | None = None) -> int | None:
        """Do what `compact` does; Delta Lake has this name for it. Reads are right without."""
        return self.compact(target_rows)

    def clean(self, older_than: dt.timedelta = dt.timedelta(days=7)) -> list[str]:
        """Remove files of transactions that no commit names, and return their names.

        Files of any state that the log has stay, and so do those of other writers.

        Args:
            older_than: how long ago a transaction must have written its last file. It has to be
                longer than transactions take, as those that still run are not in the log either.

        Raises:
            TypeError: `older_than` is no timedelta.
            ValueError: it is negative.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"k": pl.Int64}, key="k")
            >>> taken = t.txn()
            >>> taken.write({"k": [1]})
            >>> ops = taken.take()  # that nobody includes
            >>> import datetime as dt
            >>> t.clean(), len(t.clean(older_than=dt.timedelta(0)))
            ([], 1)
        """
        return clean(self._path, self._id, older_than)

    def verify(self, asof: When = None) -> Report:
        """Read a state and compare it with its log: nothing is changed.

        Missing files, order, repeated keys, nulls and statistics are checked. The keys of files
        that overlap are in memory together.

        Args:
            asof: the state, as for `snapshot`.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"k": pl.Int64}, key="k")
            >>> report = t.verify()
            >>> report.ok, report.findings.height
            (True, 0)
        """
        return verify(self.snapshot(asof))

    def history(self) -> pl.DataFrame:
        """Return the commits, newest first, a row each.

        The columns are `version`, `timestamp` (in UTC, to the millisecond), `operation` and
        `parameters` as the writer named them, and `txn`, the `id` of a transaction of this package.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"k": pl.Int64}, key="k")
            >>> t.history().select("version", "operation").rows()
            [(0, 'CREATE TABLE')]
        """
        return history(self.snapshot())


def write_table(rows: Any, into: Table, mode: Mode) -> int | None:
    """Write rows in one transaction, and return the version of the table that has them."""
    if not isinstance(into, Table):
        kind = type(into).__name__
        raise TypeError(f"write_table: the table must be a piot.Table, not {kind}; see piot.table")
    with into.txn(mode) as txn:
        txn.write(rows)
    return txn.version
