"""Data files: written sorted, described, compared with what is said of them, removed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import key_texts, wire_key
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._types import Column

__all__ = ["describe", "key_columns", "remove_files", "write_sorted"]

# About as many bytes of rows go into a file.
_FILE_BYTES = 256 << 20

_GROUP_ROWS = 1 << 17


def write_sorted(
    stored: pl.DataFrame, layout: Layout, folder: str, names: Iterable[str]
) -> list[dict[str, Any]]:
    """Write sorted rows, and return what is said of the files in operations.

    A key that is there more than once may end one file and begin the next.
    """
    parts = max(1, -(-int(stored.estimated_size()) // _FILE_BYTES)) if stored.height else 0
    rows = -(-stored.height // parts) if parts else 0
    adds = []
    for i, name in zip(range(parts), names, strict=False):
        part = stored.slice(i * rows, rows)
        path = Path(folder) / name
        part.write_parquet(path, row_group_size=_GROUP_ROWS)
        found = path.stat()
        described = describe(part.lazy(), layout)
        adds.append(
            {
                "path": name,
                "size": found.st_size,
                "mtime": found.st_mtime_ns // 1_000_000,
                **described,
            }
        )
    return adds


def describe(stored: pl.LazyFrame, layout: Layout) -> dict[str, Any]:
    """Return the statistics, the first and the last key, and the number of stored rows."""
    counted = [c for c in layout.columns if _core.has_bounds(c.stored)]
    found = stored.select(
        pl.len().alias("rows"),
        pl.struct(pl.col(c.name).null_count() for c in layout.columns).alias("nulls"),
        _bounds(counted, "least"),
        _bounds(counted, "greatest"),
        pl.struct(pl.col(layout.key).first()).alias("lo"),
        pl.struct(pl.col(layout.key).last()).alias("hi"),
    ).collect()
    ends = [_key(found[end].struct.unnest(), layout) for end in ("lo", "hi")]
    rows = int(found["rows"].item())
    stats = _core.statistics(
        rows,
        found["nulls"].struct.unnest().row(0, named=True),
        found["least"].struct.unnest(),
        found["greatest"].struct.unnest(),
    )
    return {"stats": stats, "lo": ends[0], "hi": ends[1], "rows": rows}


def _bounds(columns: list[Column], which: str) -> pl.Expr:
    exprs = [pl.col(c.name).min() if which == "least" else pl.col(c.name).max() for c in columns]
    # A struct has at least one field.
    return pl.struct(*exprs, pl.lit(0).alias("")).alias(which)


def _key(stored: pl.DataFrame, layout: Layout) -> list[str]:
    return key_texts(stored.select(c.load(pl.col(c.name)) for c in layout.keys), layout)[0]


def remove_files(folder: str, names: Iterable[str]) -> None:
    """Remove files that no commit names."""
    for name in names:
        (Path(folder) / name).unlink(missing_ok=True)


def key_columns(layout: Layout) -> tuple[tuple[str, str], ...]:
    """Return the key columns with the names of their types."""
    return tuple((name, kind) for name, kind in wire_key(layout))
