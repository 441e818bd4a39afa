"""Scans of tables that choose their files: by the table's log, at the snapshot the driver reads.

Invariant: all tasks of a query read one snapshot, and no task reads the log. Where a scan cannot
be made of files here, tasks read the log of that snapshot themselves.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

import polars as pl

from polars_io_tools._identity import table_index
from polars_io_tools._indexed import index_columns, logged_columns
from polars_io_tools._polars.grafts import hands_over, reads_alike
from polars_io_tools._polars.payload import Resolved, resolve_frame
from polars_io_tools._polars.pickling import dumps_by_value
from polars_io_tools._polars.tables import Table, TableObstacle, table_files, table_scan
from polars_io_tools._pruned_scan import FromTable, PrunedScan, Source

__all__ = ["PlannedTable", "plan_table"]


class PlannedTable(NamedTuple):
    """What becomes of the scan of a table.

    Attributes:
        source: what the scan is replaced by, None if it stays.
        note: what was done or what stood in the way.
        files: the files of the snapshot, None if they are not known.
    """

    source: Source | None
    note: str
    files: list[str] | None


def plan_table(alone: bytes, table: Table, filtered: set[str], obstacle: str) -> PlannedTable:
    """Plan the scan of a table, which `alone` is a plan of.

    Args:
        alone: plan bytes of nothing but the scan.
        table: the table.
        filtered: the columns that filters use.
        obstacle: why the scan must stay as it is; "" if nothing is known to forbid it.
    """
    if table.snapshot is None:
        note = "not pruned, and each task reads the newest snapshot, as this one has no number"
        return PlannedTable(None, note, None)
    plain: Resolved | None = None
    try:
        plain = resolve_frame(table_scan(table))
        reason = obstacle or _obstacle(plain, filtered)
        if not reason:
            source, columns = _source(table, plain, filtered)
            if reads_alike(alone, PrunedScan(source), plain):
                return PlannedTable(source, _by(columns), plain.paths)
            reason = "Polars would not read the same"
    except TableObstacle as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001  (libraries of tables raise what they like)
        reason = _named(error)
    note = f"not pruned, as {reason}; each task reads {table.snapshot} from the log"
    return PlannedTable(None, note, None if plain is None else plain.paths)


def _named(error: Exception) -> str:
    # Its text may be a library's, with addresses and what stands in them.
    return f"{type(error).__name__} was raised"


def _obstacle(plain: Resolved, filtered: set[str]) -> str:
    if not hands_over(plain.schema, filtered):
        return f"Polars {pl.__version__} cannot hand over filters on categories"
    return ""


def _source(table: Table, plain: Resolved, filtered: set[str]) -> tuple[Source, list[str]]:
    """Index the files of a table.

    Raises:
        TableObstacle: the table is read in a way that is not known.
    """
    names = [c["name"] for c in index_columns(plain, filtered) if c["values"] is None]
    files, statistics = table_files(table, names)
    if files.paths != plain.paths:
        raise TableObstacle("Polars gives its files in another order each time")
    columns = logged_columns(plain, filtered, table.kind, statistics)
    schema = pl.Schema(plain.schema)
    over = FromTable(dumps_by_value(files), schema)
    index = table_index(files.paths, columns)
    source = Source(uuid.uuid4().hex, schema, over, first=False, index=index)
    return source, [c["name"] for c in columns]


def _by(columns: list[str]) -> str:
    if not columns:
        return "not pruned, as no filter on it compares a column with constants"
    return f"pruned by {', '.join(map(repr, columns))}"
