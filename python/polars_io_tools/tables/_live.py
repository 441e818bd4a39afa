"""The files of a state of a table with the bounds of their keys, as far as the log has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

from polars_io_tools._polars.tables import unskipped_scan, unskipped_scans
from polars_io_tools._polars.versions import KNOWS_CUT_TIMESTAMPS
from polars_io_tools.tables._keys import FULL, Range, overlaps, texts_of
from polars_io_tools.tables._place import placed
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._snapshot import Snapshot

__all__ = [
    "OURS",
    "high",
    "live_files",
    "low",
    "may_overlap",
    "ranges_of",
    "read_files",
    "stored_scan",
    "stored_scans",
]

# The files of a table are read in so many parts, if they are few enough to open all of them.
_PARTS = 64
_FEW_FILES = 512

# Names of files that this package writes, which are sorted, and whose statistics are exact.
OURS = "^part-[0-9a-f]{8}-[0-9a-f]{4}-"


def low(name: str) -> str:
    """Return the name of the column with the least values of a key column."""
    return f"low.{name}"


def high(name: str) -> str:
    """Return the name of the column with the greatest values of a key column."""
    return f"high.{name}"


def live_files(snapshot: Snapshot) -> pl.DataFrame:
    """Return path, size, rows, and bounds of the key columns of each file; null is not known."""
    actions = snapshot.actions
    bounds = [
        _bound(actions, which, c.name, c.stored).alias(name(c.name))
        for c in snapshot.layout.keys
        for which, name in (("min", low), ("max", high))
    ]
    counted = "num_records" in actions and not snapshot.has_vectors
    rows = pl.col("num_records") if counted else pl.lit(None, dtype=pl.Int64)
    return actions.select("path", pl.col("size_bytes").alias("size"), rows.alias("rows"), *bounds)


def _bound(actions: pl.DataFrame, which: str, name: str, dtype: pl.DataType) -> pl.Expr:
    field = {f.name: f.dtype for f in getattr(actions.schema.get(which), "fields", [])}
    # Other writers take decimals for floats.
    if name not in field or isinstance(dtype, pl.Decimal):
        return pl.lit(None, dtype=dtype)
    value = pl.col(which).struct.field(name).cast(dtype)
    if which == "max" and isinstance(dtype, pl.Datetime):
        # Other writers cut off what is less than a millisecond.
        wider = value + pl.duration(microseconds=999)
        return pl.when(pl.col("path").str.contains(OURS)).then(value).otherwise(wider)
    return value


def may_overlap(files: pl.DataFrame, within: Range, layout: Layout) -> pl.DataFrame:
    """Return the files that may have keys in a range."""
    return files.filter(overlaps(within, layout, low, high))


def ranges_of(files: pl.DataFrame, layout: Layout) -> list[Range]:
    """Return the range of keys of each file, as far as it is known."""
    ends = [_ends(files, layout, name) for name in (low, high)]
    return [
        {**FULL, "lo": lo or None, **({"through": hi} if hi else {})}
        for lo, hi in zip(*ends, strict=True)
    ]


def _ends(files: pl.DataFrame, layout: Layout, name: Callable[[str], str]) -> list[list[str]]:
    """Return the bounds of each file up to the first that is not known."""
    out: list[list[str]] = [[] for _ in range(files.height)]
    going = list(range(files.height))
    for column in layout.keys:
        values = files.select(column.load(pl.col(name(column.name)))).to_series()[going]
        known = values.is_not_null()
        going = [i for i, there in zip(going, known, strict=True) if there]
        for i, text in zip(going, texts_of(values.filter(known)), strict=True):
            out[i].append(text)
    return out


def read_files(
    folder: str, names: Iterable[str], layout: Layout, numbered: str | None = None
) -> pl.LazyFrame:
    """Return the stored rows of files, in the columns of the table.

    Args:
        folder: where they are.
        names: the files.
        layout: the columns of the table.
        numbered: the name of a column with the numbers of the rows, None for no such column.
    """
    return pl.scan_parquet(
        [placed(folder).file(name) for name in names],
        schema=layout.stored,
        row_index_name=numbered,
        glob=False,
        hive_partitioning=False,
        missing_columns="insert",
        extra_columns="ignore",
        storage_options=placed(folder).options or None,
    )


def stored_scan(snapshot: Snapshot) -> pl.LazyFrame:
    """Return the scan of the stored columns of a state.

    Other writers give the log decimals as floats, and timestamps that are cut, by which Polars
    would leave rows out: then it gets no statistics.
    """
    if _is_misled(snapshot):
        return unskipped_scan(snapshot.log, snapshot.version)
    return pl.scan_delta(snapshot.log, version=snapshot.version)


def stored_scans(snapshot: Snapshot) -> list[pl.LazyFrame]:
    """Return scans of parts of a state.

    Polars reads ahead in all the files that it is given, so that to read one part after another
    takes less memory. Of many files, statistics in the log save more: then there is one part.
    """
    names = snapshot.actions["path"]
    if len(names) > _FEW_FILES:
        return [stored_scan(snapshot)]
    if snapshot.has_vectors or not names.str.contains(OURS).all():
        return unskipped_scans(snapshot.log, snapshot.version, _PARTS)
    # For these, Polars need not import what it imports for tables.
    size = max(1, -(-len(names) // _PARTS))
    parts = [names[i : i + size].to_list() for i in range(0, len(names), size)]
    return [read_files(snapshot.path, part, snapshot.layout) for part in parts]


def _is_misled(snapshot: Snapshot) -> bool:
    """Tell whether Polars would leave rows out by what the log says of other writers' files."""
    kinds = (pl.Decimal,) if KNOWS_CUT_TIMESTAMPS else (pl.Decimal, pl.Datetime)
    columns = [c.name for c in snapshot.layout.columns if _has(c.stored, kinds)]
    if not columns or "max" not in snapshot.actions:
        return False
    theirs = snapshot.actions.filter(~pl.col("path").str.contains(OURS))
    bounds = theirs["max"].struct.unnest()
    return any(name in bounds and bounds[name].null_count() < bounds.height for name in columns)


def _has(dtype: Any, kinds: tuple[type[pl.DataType], ...]) -> bool:
    if isinstance(dtype, pl.Struct):
        return any(_has(f.dtype, kinds) for f in dtype.fields)
    return isinstance(dtype, kinds)
