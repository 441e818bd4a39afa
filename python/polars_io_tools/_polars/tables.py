"""Scans of tables inside of plans: Delta and Iceberg, at the snapshot that this process reads.

In a plan such a scan is a pickled object, which opens its table where it is unpickled: tasks that
start before and after a commit would read different tables. So what travels is the scan of one
snapshot, from `pinned`. From its files and statistics (`table_files`) the caller may make a scan
that opens fewer of them (`chosen_scan`).

Neither deltalake nor PyIceberg is imported here: a plan has such a scan only if they are there.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from polars_io_tools._polars.delta import delta_dataset, delta_files, is_delta, pin_delta
from polars_io_tools._polars.iceberg import iceberg_files, is_iceberg, pin_iceberg
from polars_io_tools._polars.unreadable import TableObstacle

__all__ = [
    "SomeFiles",
    "Table",
    "TableObstacle",
    "chosen_scan",
    "pinned",
    "table_files",
    "table_scan",
    "tables_seen",
    "unskipped_scan",
    "unskipped_scans",
]

_local = threading.local()


class SomeFiles(Protocol):
    """Files of one snapshot of a table; it travels pickled."""

    @property
    def paths(self) -> list[str]:
        """The files, in the order in which Polars reads them."""

    def scan(self, positions: Sequence[int]) -> pl.LazyFrame:
        """Return the scan over some of the files."""


@dataclass(frozen=True)
class Table:
    """A scan of a table in a plan.

    Attributes:
        kind: "delta" or "iceberg".
        dataset: the object of Polars that this process reads it through.
        snapshot: the name of the snapshot, None where the scan travels as written.
    """

    kind: str
    dataset: Any
    snapshot: str | None


@contextmanager
def tables_seen() -> Iterator[dict[str, Table]]:
    """Collect the tables of the plans that this thread serialises meanwhile.

    They are found by marks: the bytes of a scan contain the mark of its table.
    """
    outer = getattr(_local, "seen", None)
    seen: dict[str, Table] = {}
    _local.seen = seen
    try:
        yield seen
    finally:
        _local.seen = outer


def pinned(obj: Any) -> Any:
    """Return what an object inside of a plan is replaced by on its way: itself, if it is no table.

    Where the snapshot cannot be found out, the scan travels as written.
    """
    kind = "delta" if is_delta(obj) else "iceberg" if is_iceberg(obj) else None
    if kind is None:
        return obj
    # Not copy.copy: what these objects pickle is the dictionary that they use.
    copy = object.__new__(type(obj))
    vars(copy).update(vars(obj))
    snapshot = None
    with suppress(Exception):  # whatever its libraries raise, Polars raises as well
        snapshot = pin_delta(copy) if kind == "delta" else pin_iceberg(copy)
    seen = getattr(_local, "seen", None)
    if seen is not None:
        marks = [mark for mark, table in seen.items() if table.dataset is obj]
        mark = marks[0] if marks else f"piot-table-{uuid.uuid4().hex}"
        seen[mark] = Table(kind, obj, snapshot)
        copy._piot_mark = mark
    return copy


def table_scan(table: Table) -> pl.LazyFrame:
    """Return the scan of a table, as this process reads it."""
    return _dataset_scan(table.dataset)


def table_files(table: Table, columns: list[str]) -> tuple[SomeFiles, pl.DataFrame | None]:
    """Return the files of a table, and the statistics of columns by which Polars would skip some.

    Of a column c these are `c_min`, `c_max` and `c_nc` (the count of nulls), one row a file, and
    `len` is the number of rows; null is not known.

    Raises:
        TableObstacle: Polars reads this table in a way that is not known here.
    """
    read = delta_files if table.kind == "delta" else iceberg_files
    return read(table.dataset, columns)


def chosen_scan(files: SomeFiles, schema: pl.Schema, positions: Sequence[int]) -> pl.LazyFrame:
    """Return the scan over some of the files of a table.

    Polars is given it in the way that it is given the table, so that it reads columns by the
    schema of the table, whatever these files have.
    """
    return _dataset_scan(_ChosenFiles(files, schema, positions))


def unskipped_scan(log: Any, version: int) -> pl.LazyFrame:
    """Return the scan of all files of a version of a Delta table, whatever its statistics say."""
    return unskipped_scans(log, version, 1)[0]


def unskipped_scans(log: Any, version: int, parts: int) -> list[pl.LazyFrame]:
    """Return at most so many scans, at least one, of which each file of a version is in one."""
    dataset = delta_dataset(log, version)
    files, _ = delta_files(dataset, [])
    schema, count = dataset.schema(), len(files.paths)
    size = max(1, -(-count // parts))
    groups = [range(i, min(i + size, count)) for i in range(0, max(1, count), size)]
    return [chosen_scan(files, schema, group) for group in groups]


class _ChosenFiles:
    """Answers Polars as its own objects for tables do."""

    def __init__(self, files: SomeFiles, schema: pl.Schema, positions: Sequence[int]) -> None:
        self._files = files
        self._schema = schema
        self._positions = positions

    def schema(self) -> pl.Schema:
        return self._schema

    def to_dataset_scan(
        self, *, existing_resolved_version_key: str | None = None, **_: Any
    ) -> tuple[pl.LazyFrame, str] | None:
        # The files do not change, nor does the answer depend on what else is asked.
        if existing_resolved_version_key is not None:
            return None
        return self._files.scan(self._positions), "chosen"


def _dataset_scan(dataset: Any) -> pl.LazyFrame:
    """Return the scan of an object with the interface that Polars has for its own tables."""
    inner = type(pl.LazyFrame()._ldf)  # noqa: SLF001  (no public way)
    return pl.LazyFrame._from_pyldf(inner.new_from_dataset_object(dataset))  # noqa: SLF001  (as above)
