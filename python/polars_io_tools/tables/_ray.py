"""Tables as sources and sinks of Ray Data. Only this module imports `ray`, when it is first used.

Invariant: the rows of the read tasks are the rows of the scan, each once, whatever Ray pushes into
them. A task that writes makes nothing visible: it sends its operations to the driver, and only
those of the attempt that came to an end, so that killed and repeated tasks neither lose nor double
rows.

What Ray pushes down is evaluated by Arrow, as Ray itself would; Polars gets a weaker form of it, by
which files and row groups are skipped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
from ray.data import Dataset, read_datasource
from ray.data.block import BlockAccessor, BlockMetadata
from ray.data.datasource import Datasink, Datasource, ReadTask, WriteResult

from polars_io_tools.tables._ops import TransactionOps
from polars_io_tools.tables._parts import Parts, id_of_part
from polars_io_tools.tables._ray_blocks import joined
from polars_io_tools.tables._ray_predicate import columns_of, weaker
from polars_io_tools.tables._shard import Shard
from polars_io_tools.tables._snapshot import open_snapshot
from polars_io_tools.tables._txn import Transaction

if TYPE_CHECKING:
    from polars_io_tools.tables._scan import TableScan

__all__ = ["Dataset", "TableDatasink", "TableDatasource", "dataset_of"]

# A task that writes gets about as many bytes, and sorts them at once; fewer make small files.
_WRITE_BYTES = 128 << 20

# So many rows of a file tell how wide rows are in memory.
_SAMPLE_ROWS = 1 << 10

_SAMPLE_FILES = 3

# The column by which Ray counts rows of which no column is wanted; it hides it.
_STUB = "__bsp_stub"

_Opened = tuple[Callable[..., Any], tuple[Any, ...]]


def dataset_of(scan: TableScan, shards: list[Shard] | None, limit: int | None) -> Dataset:
    """Return a scan without a limit as a Dataset that reads when it is used."""
    source = TableDatasource(scan, shards)
    found: Dataset = read_datasource(source, override_num_blocks=len(source.shards) or 1)
    if limit is not None:
        found = found.limit(limit)
    return found


class TableDatasource(Datasource):
    """A scan as a source: one read task for each shard.

    Attributes:
        shards: the shards that are read.
    """

    def __init__(self, scan: TableScan, shards: list[Shard] | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Ray's
        self._scan = scan
        # What somebody else says of a shard is not known to be so.
        self._own = shards is None
        self.shards = scan.shards() if shards is None else shards
        self._projection_map: dict[str, str] | None = None

    def get_name(self) -> str:
        """Return what progress and plans have after `Read`."""
        return _name(self._scan.uri)

    def supports_projection_pushdown(self) -> bool:
        """Tell Ray that columns may be left out."""
        return True

    def supports_predicate_pushdown(self) -> bool:
        """Tell Ray that filters may be moved here."""
        return True

    def apply_predicate(self, predicate_expr: Any) -> Datasource:
        """Return the source with a filter, itself if Arrow cannot evaluate it."""
        try:
            predicate_expr.to_pyarrow()
        except (TypeError, ValueError, NotImplementedError):
            return self
        return super().apply_predicate(predicate_expr)

    def estimate_inmemory_data_size(self) -> int | None:
        """Return about how many bytes the rows have in memory; None with a filter."""
        rows = self._rows if self._counted else None
        return None if rows is None else int(rows * self._row_bytes)

    def get_read_tasks(
        self,
        parallelism: int,  # noqa: ARG002  (a task is a shard)
        per_task_row_limit: int | None = None,
        data_context: Any = None,  # noqa: ARG002  (nothing depends on it)
    ) -> list[ReadTask]:
        """Return a task for each shard."""
        work = self._work()
        # Opened in the task, where an error tells what it is about.
        opened: _Opened = self._scan.__reduce__()
        schema = work.shown(_empty(self._scan.schema)).schema
        return [
            ReadTask(
                _Read(opened, part, work),
                self._metadata(part, per_task_row_limit),
                schema=schema,
                per_task_row_limit=per_task_row_limit,
            )
            # Without any task Ray would not know of the columns.
            for part in [[shard] for shard in self.shards] or [[]]
        ]

    def _work(self) -> _Work:
        predicate = self.get_current_predicate()
        schema = self._scan.schema
        shown = None if self._projection_map is None else [*self._projection_map]
        exact = None if predicate is None else predicate.to_pyarrow()
        skipping = None if predicate is None else weaker(predicate, schema)
        needed = {*(schema if shown is None else shown), *columns_of(predicate)}
        # Some column, as rows without any cannot be counted.
        read = [n for n in schema if n in needed] or [*schema][:1]
        return _Work(read, skipping, exact, shown)

    def _metadata(self, part: list[Shard], limit: int | None) -> BlockMetadata:
        rows = part[0].rows if part and self._counted else None
        if rows is not None and limit is not None:
            rows = min(rows, limit)
        size = None if rows is None else int(rows * self._row_bytes)
        if size is None and part:
            # Of rows that are known as a whole, each task has its share.
            whole = self.estimate_inmemory_data_size()
            size = None if whole is None else whole // len(self.shards)
        return BlockMetadata(num_rows=rows, size_bytes=size, input_files=None, exec_stats=None)

    @cached_property
    def _rows(self) -> int | None:
        known = [s.rows for s in self.shards if s.rows is not None]
        return sum(known) if len(known) == len(self.shards) else self._scan.logged_rows()

    @property
    def _counted(self) -> bool:
        return self._own and self.get_current_predicate() is None

    @cached_property
    def _widths(self) -> dict[str, float]:
        """Return about how many bytes a value of each column has in memory."""
        rows = self._scan.sample(_SAMPLE_FILES, _SAMPLE_ROWS).to_arrow()
        return {n: rows[n].nbytes / max(1, rows.num_rows) for n in rows.column_names}

    @property
    def _row_bytes(self) -> float:
        names = self._widths if self._projection_map is None else self._projection_map
        return sum(self._widths[n] for n in names)


@dataclass(frozen=True)
class _Work:
    """What a task does with the rows of its shard.

    Attributes:
        read: the columns that are read.
        skipping: what Polars filters by.
        exact: what Arrow filters by.
        columns: the columns that are shown, None for all of them.
    """

    read: list[str]
    skipping: pl.Expr | None
    exact: Any
    columns: list[str] | None

    def rows(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """Return the query of a scan, which may still have rows that Ray does not want."""
        return (lf if self.skipping is None else lf.filter(self.skipping)).select(self.read)

    def shown(self, table: pa.Table) -> pa.Table:
        """Return the part of a table that is shown."""
        if self.exact is not None and table.num_rows:
            table = table.filter(self.exact)
        if self.columns == []:
            return pa.table({_STUB: pa.nulls(table.num_rows)})
        return table if self.columns is None else table.select(self.columns)


class _Read:
    """The function of a read task."""

    def __init__(self, opened: _Opened, shards: list[Shard], work: _Work) -> None:
        self._opened = opened
        self._shards = shards
        self._work = work
        # Ray names the function in its warnings.
        self.__name__ = "read_shard"

    def __call__(self) -> Iterator[pa.Table]:
        """Yield the rows of the shards; without any, a table that has the columns."""
        make, args = self._opened
        scan: TableScan = make(*args)
        empty = True
        for frame in scan.frames(self._work.rows(scan.lazy(shards=self._shards))):
            table = self._work.shown(frame.to_arrow())
            if table.num_rows:
                empty = False
                yield table
        if empty:
            yield self._work.shown(_empty(scan.schema))


def _name(uri: str) -> str:
    """Return the name of a table for people: the last part of where it is."""
    return f"Table[{uri.rstrip('/').rpartition('/')[2]}]"


def _empty(schema: pl.Schema) -> pa.Table:
    return pl.DataFrame(schema=schema).to_arrow()


class TableDatasink(Datasink[str]):
    """A transaction as a sink: tasks write sorted files, the driver includes what they tell of.

    It commits nothing; that is for the transaction.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts: Parts | None = parts
        self._begin = (parts.start.path, str(parts.start.asof), parts.txn)

    def __getstate__(self) -> dict[str, Any]:
        """Travel to tasks without what is the driver's."""
        return {**self.__dict__, "_parts": None}

    def get_name(self) -> str:
        """Return what Ray says has finished."""
        return _name(self._begin[0])

    @property
    def min_bytes_per_write(self) -> int:
        """How many bytes Ray is to give to a task."""
        return _WRITE_BYTES

    def write(self, blocks: Iterable[Any], ctx: Any) -> str:  # noqa: ARG002  (names are random)
        """Write blocks in one task, and return the operations."""
        path, asof, whole = self._begin
        start = open_snapshot(path, None, asof)
        txn = Transaction(start, "append", None, id_of_part(whole))
        try:
            # Not in a loop, whose variable would keep rows while others are gathered.
            deque(map(txn.write, _gathered(blocks, start.layout.key)), maxlen=0)
            return txn.take().to_json()
        except BaseException:
            txn.abort()
            raise

    def on_write_complete(self, write_result: WriteResult[str]) -> None:
        """Include the operations of all tasks."""
        parts = [TransactionOps.from_json(text) for text in write_result.write_returns]
        self._driver.include(parts)

    def on_write_failed(self, error: Exception) -> None:  # noqa: ARG002  (Ray raises it)
        """Remove what was written, by killed tasks as well."""
        self._driver.remove_strays(committed=False)

    @property
    def _driver(self) -> Parts:
        if self._parts is None:
            raise RuntimeError("a copy of a sink has no transaction to include anything in")
        return self._parts


def _gathered(blocks: Iterable[Any], key: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield blocks in frames of about the size of a task, since a file is made of each."""
    held: list[pa.Table] = []
    size = 0
    for block in blocks:
        accessor = BlockAccessor.for_block(block)
        if accessor.num_rows():
            held.append(accessor.to_arrow())
            size += accessor.size_bytes()
        if size >= 2 * _WRITE_BYTES:
            yield joined(held, key)
            size = 0
    if held:
        yield joined(held, key)
