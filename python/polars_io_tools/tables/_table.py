"""`Table`: a handle, and how it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from polars_io_tools.errors import TableError, TableSchemaError
from polars_io_tools.tables._asof import When
from polars_io_tools.tables._delta import deltalake, open_log, plain
from polars_io_tools.tables._place import Place, place_of
from polars_io_tools.tables._scan import TableScan, both
from polars_io_tools.tables._schema import Layout, layout_of_log, new_layout
from polars_io_tools.tables._shard import Shard, check_shards
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot
from polars_io_tools.tables._txn import Mode, Transaction

__all__ = ["Table", "create_table", "table", "write_table"]


class Table:
    """A table on Delta Lake, ordered by a key. `table` and `create_table` make it.

    It holds no state of the table: each scan, snapshot and transaction begins at the newest.
    Pickled, it opens the table where it arrives.
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

        Args:
            *columns: the columns, all of them if none is named.
            where: which rows.
            asof: the state, as for `snapshot`.
            shard: the shard to read.
            shards: the shards to read.
            limit: how many rows at most, of each call that reads.

        Raises:
            SnapshotNotFoundError: there is no such state, or the table was vacuumed since.
            TableSchemaError: a column is not there.
            ShardNotFoundError: a shard is another table's.
        """
        snapshot = self.snapshot(asof)
        given = both(shard, shards)
        chosen = None if given is None else check_shards(given, snapshot.layout)
        if limit is not None and limit < 0:
            raise ValueError(f"limit must be at least 0, not {limit}")
        return TableScan(snapshot, columns, where, chosen, limit)

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
        """
        if mode not in ("append", "upsert"):
            raise ValueError(f"mode must be 'append' or 'upsert', not {mode!r}")
        if (app_id is None) != (app_version is None):
            raise ValueError("give both app_id and app_version, or neither")
        app = None if app_id is None or app_version is None else (app_id, app_version)
        return Transaction(self.snapshot(), mode, app)

    def history(self) -> pl.DataFrame:
        """Return the commits, newest first, a row each: version, time, operation, transaction."""
        commits = self.snapshot().log.history()
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


def table(uri: str | Path, *, storage_options: Mapping[str, str] | None = None) -> Table:
    """Open a table.

    Args:
        uri: the folder of the table, or `s3://bucket/prefix`.
        storage_options: how to get to the bucket, as Polars and deltalake take it; what is left out
            comes from the environment.

    Raises:
        TableNotFoundError: there is none, or none that has a key.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> uri = tempfile.mkdtemp() + "/t"
        >>> made = piot.create_table(uri, {"key": pl.Int64, "square": pl.Int64}, key=["key"])
        >>> list(piot.table(uri).key_schema)
        ['key']
    """
    return _opened(place_of(uri, storage_options))


def _opened(path: Place) -> Table:
    log = open_log(path)
    return Table(path, str(log.metadata().id), layout_of_log(log, path))


def create_table(  # noqa: PLR0913  (two forms of a key, and three options)
    uri: str | Path,
    schema: Any,
    key: Sequence[str] | str | None = None,
    *,
    key_schema: Any = None,
    unique: bool = True,
    exist_ok: bool = False,
    storage_options: Mapping[str, str] | None = None,
) -> Table:
    """Make a table without rows.

    Args:
        uri: the folder of the table, or `s3://bucket/prefix`.
        schema: the columns, as a pl.Schema, a dict or a pyarrow Schema. A field of the last that
            is not nullable may have no nulls.
        key: the names of the key columns, in the order in which they compare. They have no nulls.
        key_schema: the key columns with their types, instead of `key`.
        unique: whether a key may be there only once.
        exist_ok: whether a table with the same columns and key may be there already.
        storage_options: how to get to the bucket, as for `table`.

    Raises:
        TableSchemaError: a column cannot be stored, or the key is none. The message says what to
            use.
        TableError: there is a table already, or another one than that with `exist_ok`.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> schema = {"symbol": pl.String, "ts": pl.Datetime("us", "UTC"), "price": pl.Float64}
        >>> t = piot.create_table(tempfile.mkdtemp() + "/trades", schema, key=["symbol", "ts"])
        >>> list(t.key_schema)
        ['symbol', 'ts']
    """
    path = place_of(uri, storage_options)
    layout = new_layout(schema, key, key_schema, unique=unique)
    if _is_new(path, layout):
        return _opened(path)
    if not exist_ok:
        raise TableError(
            f"{path}: there is a table already; open it by piot.table, or exist_ok=True"
        )
    found = _opened(path)
    if found._layout != layout:  # noqa: SLF001  (made here)
        raise TableError(f"{path}: the table that is there differs: {_difference(found, layout)}")
    return found


def _is_new(path: Place, layout: Layout) -> bool:
    """Make a table where there is none, and return whether there was none."""
    package = deltalake()
    options = path.delta_options
    if package.DeltaTable.is_deltatable(path, options):
        return False
    try:
        package.DeltaTable.create(
            path,
            layout.delta_schema(),
            configuration=layout.properties(),
            raise_if_key_not_exists=False,
            storage_options=options,
        )
    except (package.exceptions.DeltaError, OSError) as error:
        # Somebody else may have made it meanwhile.
        if not package.DeltaTable.is_deltatable(path, options):
            raise TableError(f"{path}: no table could be made: {plain(error)}") from error
        return False
    return True


def write_table(rows: Any, into: Table, mode: Mode) -> int | None:
    """Write rows in one transaction, and return the version of the table that has them."""
    if not isinstance(into, Table):
        kind = type(into).__name__
        raise TypeError(f"write_table: the table must be a piot.Table, not {kind}; see piot.table")
    with into.txn(mode) as txn:
        txn.write(rows)
    return txn.version


def _difference(found: Table, wanted: Layout) -> str:
    there = found._layout  # noqa: SLF001  (made here)
    if there.schema != wanted.schema:
        return f"its columns are {there.schema}, not {wanted.schema}"
    if there.key != wanted.key:
        return f"its key is {list(there.key)}, not {list(wanted.key)}"
    if there.unique != wanted.unique:
        return f"it has unique={there.unique}"
    return "other columns may be null"
