"""`TableScan`: rows of one state of a table, whole or by shards.

Invariant: the rows of all shards are the rows of the scan, each once. A shard is a filter, so that
statistics, right or missing, decide only what is read for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl

from polars_io_tools.errors import MissingDependencyError, TableSchemaError
from polars_io_tools.tables._asof import Asof
from polars_io_tools.tables._counting import counted_parts
from polars_io_tools.tables._keys import Range, ranges_filter
from polars_io_tools.tables._live import live_files, read_files, stored_scan
from polars_io_tools.tables._parts import adapter
from polars_io_tools.tables._planning import Aim, cut_to, plan_shards
from polars_io_tools.tables._ranks import ranked_parts
from polars_io_tools.tables._shard import Shard, check_shards, shards_of
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot, vacuumed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from polars_io_tools.tables._ray import Dataset

__all__ = ["TableScan"]


class TableScan:
    """Rows of one state of a table. `Table.scan` makes it; it travels pickled.

    Every method that reads takes `shard=`, one shard, or `shards=`, some.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(
        ...     tempfile.mkdtemp() + "/t", {"key": pl.Int64, "square": pl.Int64}, key="key"
        ... )
        >>> with t.txn() as txn:
        ...     txn.write({"key": [1, 2, 3], "square": [1, 4, 9]})
        >>> scan = t.scan("square", where=t["key"] > 1)
        >>> scan.to_polars()["square"].to_list()
        [4, 9]
        >>> sum(scan.to_polars(shard=shard).height for shard in scan.shards())
        2
    """

    def __init__(
        self,
        snapshot: Snapshot,
        columns: tuple[str, ...],
        where: pl.Expr | None,
        shards: list[Shard] | None,
        limit: int | None,
    ) -> None:
        self._snapshot = snapshot
        self._columns = columns
        self._where = where
        self._shards = shards
        self._limit = limit
        for name in [*columns, *(where.meta.root_names() if where is not None else [])]:
            if name not in snapshot.schema:
                known = ", ".join(map(repr, snapshot.schema))
                raise TableSchemaError(f"the table has no column {name!r}; it has {known}")
        snapshot.check_files()

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the state that is read, and open it where it arrives."""
        snapshot = self._snapshot
        rest = (self._columns, self._where, self._shards, self._limit)
        return _opened, (snapshot.path, str(snapshot.asof), *rest)

    def __repr__(self) -> str:
        return f"TableScan({self._snapshot.path!r}, asof={str(self.asof)!r})"

    @property
    def uri(self) -> str:
        """Where the table is."""
        return str(self._snapshot.path)

    @property
    def asof(self) -> Asof:
        """The state that is read."""
        return self._snapshot.asof

    @property
    def schema(self) -> pl.Schema:
        """The columns that are read."""
        whole = self._snapshot.schema
        return pl.Schema({n: whole[n] for n in self._columns or whole})

    @property
    def key_schema(self) -> pl.Schema:
        """The key columns, read or not."""
        return pl.Schema({c.name: c.dtype for c in self._snapshot.layout.keys})

    def lazy(
        self, *, shard: Shard | None = None, shards: Iterable[Shard] | None = None
    ) -> pl.LazyFrame:
        """Return the scan as a LazyFrame, which `execute_on_ray` can split."""
        chosen = self._chosen(shard, shards)
        lf = self._rows(None if chosen is None else [s.range for s in chosen])
        lf = lf.select(self._columns) if self._columns else lf
        return lf if self._limit is None else lf.head(self._limit)

    def _rows(self, within: list[Range] | None) -> pl.LazyFrame:
        """Return the rows of the scan that are in ranges, with all columns."""
        return self._wanted(stored_scan(self._snapshot), within)

    def _wanted(self, lf: pl.LazyFrame, within: list[Range] | None) -> pl.LazyFrame:
        """Return those of stored rows that are in the scan, and in ranges."""
        layout = self._snapshot.layout
        if self._shards is not None:
            lf = lf.filter(ranges_filter([s.range for s in self._shards], layout))
        lf = lf if within is None else lf.filter(ranges_filter(within, layout))
        loaded = [c.load(pl.col(c.name)) for c in layout.columns if c.dtype != c.stored]
        lf = lf.with_columns(loaded) if loaded else lf
        return lf if self._where is None else lf.filter(self._where)

    def to_polars(
        self, *, shard: Shard | None = None, shards: Iterable[Shard] | None = None
    ) -> pl.DataFrame:
        """Read into a DataFrame.

        Raises:
            SnapshotNotFoundError: the table was vacuumed.
        """
        with self._files_there():
            return self.lazy(shard=shard, shards=shards).collect()

    def to_table(
        self, *, shard: Shard | None = None, shards: Iterable[Shard] | None = None
    ) -> pa.Table:
        """Read into a pyarrow Table."""
        _require("pyarrow")
        return self.to_polars(shard=shard, shards=shards).to_arrow()

    def to_pandas(
        self, *, shard: Shard | None = None, shards: Iterable[Shard] | None = None
    ) -> pd.DataFrame:
        """Read into a pandas DataFrame."""
        _require("pandas")
        _require("pyarrow")
        return self.to_polars(shard=shard, shards=shards).to_pandas()

    def to_record_batches(
        self, *, shard: Shard | None = None, shards: Iterable[Shard] | None = None
    ) -> pa.RecordBatchReader:
        """Read batch by batch, in bounded memory, as a pyarrow RecordBatchReader."""
        pyarrow = _require("pyarrow")
        frames = self.frames(self.lazy(shard=shard, shards=shards))
        batches = (batch for frame in frames for batch in frame.to_arrow().to_batches())
        schema = pl.DataFrame(schema=self.schema).to_arrow().schema
        return pyarrow.RecordBatchReader.from_batches(schema, batches)

    def to_ray_dataset(self, *, shards: Iterable[Shard] | None = None) -> Dataset:
        """Return a Dataset of Ray Data, which reads when it is used, a task for each shard.

        Columns that it leaves out are not read, and by its filters files are skipped.

        Args:
            shards: the shards, `shards()` without them.

        Raises:
            MissingDependencyError: Ray Data is not installed.
        """
        given = None if shards is None else check_shards(shards, self._snapshot.layout)
        # Ray cuts off what is over a limit, which a task cannot know of.
        whole = TableScan(self._snapshot, self._columns, self._where, self._shards, None)
        found: Dataset = adapter("to_ray_dataset").dataset_of(whole, given, self._limit)
        return found

    def frames(self, lf: pl.LazyFrame) -> Iterator[pl.DataFrame]:
        """Yield the rows of a query on this scan, batch by batch."""
        with self._files_there():
            yield from lf.collect_batches(maintain_order=True)

    def logged_rows(self) -> int | None:
        """Return how many rows the log says there are; None if it does not, or with a filter."""
        if self._where is not None or self._shards is not None:
            return None
        rows = live_files(self._snapshot)["rows"]
        return None if rows.null_count() else int(rows.sum())

    def sample(self, files: int, rows: int) -> pl.DataFrame:
        """Return the first rows of some files, whatever the filter, to tell how wide rows are."""
        layout = self._snapshot.layout
        names = self._snapshot.actions["path"].gather_every(
            max(1, -(-self._snapshot.actions.height // files))
        )
        parts = [read_files(self._snapshot.path, [n], layout).head(rows) for n in names]
        stored = pl.concat([pl.LazyFrame(schema=layout.stored), *parts])
        loaded = [c.load(pl.col(c.name)).alias(c.name) for c in layout.columns]
        with self._files_there():
            return stored.select(loaded).select(*self.schema).collect()

    def shards(self, target_rows: int | None = None) -> list[Shard]:
        """Return shards that follow the files: no data is read for them.

        They cover every key, and no key is in two. A table without rows has one.

        Args:
            target_rows: about how many rows a shard is to have; without it, as many as files have.
        """
        found = plan_shards(self._snapshot, self._shards, target_rows)
        if self._where is None and self._limit is None:
            return found
        return [_uncounted(s) for s in found]

    def compute_shards(self, n: int | None = None, rows: int | None = None) -> list[Shard]:
        """Return shards with equal numbers of rows, as far as rows with equal keys allow.

        They cover every key, and no key is in two. `where` is taken into account; a limit is not,
        and with one `rows` is None. A table of sorted files that do not overlap is not read but
        for a few rows, and the columns of `where`; else the keys of all rows are, a few times, in
        bounded memory.

        Args:
            n: how many shards; there are fewer where there are fewer keys.
            rows: how many rows a shard has at most, unless more have the same key.

        Raises:
            ValueError: neither or both are given, or one is no number above 0.
            SnapshotNotFoundError: the table was vacuumed.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
            >>> with t.txn() as txn:
            ...     txn.write({"key": range(10)})
            >>> [shard.rows for shard in t.scan().compute_shards(n=4)]
            [2, 3, 2, 3]
            >>> [shard.rows for shard in t.scan(where=t["key"] > 5).compute_shards(rows=2)]
            [2, 2]
        """
        aim, snapshot = Aim(n, rows), self._snapshot
        with self._files_there():
            parts = ranked_parts(snapshot, aim, self._where) if self._shards is None else None
            if parts is None:
                whole = self._where is None and self._shards is None
                nbytes = int(snapshot.actions["size_bytes"].sum()) if whole else None
                parts = counted_parts(self._wanted, snapshot, aim, nbytes)
        found = shards_of(parts, snapshot.layout)
        if self._shards is not None:
            found = cut_to(self._shards, found, counted=True)
        return found if self._limit is None else [_uncounted(s) for s in found]

    def _chosen(self, shard: Shard | None, shards: Iterable[Shard] | None) -> list[Shard] | None:
        given = both(shard, shards)
        return None if given is None else check_shards(given, self._snapshot.layout)

    @contextmanager
    def _files_there(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise vacuumed(self._snapshot, str(error).split(":")[0]) from error


def _uncounted(shard: Shard) -> Shard:
    return Shard(shard.key, shard.lo, shard.hi, None, shard.nbytes)


def both(shard: Shard | None, shards: Iterable[Shard] | None) -> Shard | Iterable[Shard] | None:
    """Return whichever of two arguments is given."""
    if shard is not None and shards is not None:
        raise TypeError("give shard= or shards=, not both")
    return shards if shard is None else shard


def _opened(path: str, asof: str, *rest: Any) -> TableScan:
    return TableScan(open_snapshot(path, None, asof), *rest)


def _require(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        msg = f"this needs {name}, which is not installed: pip install {name}; or use to_polars()"
        raise MissingDependencyError(msg) from error
