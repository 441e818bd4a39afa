"""Data files: written sorted, described, compared with what is said of them, removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import key_texts, texts_of, wire_type
from polars_io_tools.tables._place import placed
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._types import Column

__all__ = ["bounds_of", "describe", "remove_files", "write_sorted"]

# About as many bytes of rows go into a file.
_FILE_BYTES = 256 << 20


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
        size, mtime = placed(folder).write(part, name)
        described = describe(part.lazy(), layout)
        adds.append({"path": name, "size": size, "mtime": mtime, **described})
    return adds


def describe(stored: pl.LazyFrame, layout: Layout) -> dict[str, Any]:
    """Return the statistics, the first and the last key, and the number of sorted, stored rows."""
    columns = [c for c in layout.columns if not c.stored.is_nested()]
    found = stored.select(
        pl.len(),
        *(expr for i, column in enumerate(columns) for expr in bounds_of(i, column)),
        *(pl.col(c.name).first().alias(f"first{i}") for i, c in enumerate(layout.keys)),
        *(pl.col(c.name).last().alias(f"last{i}") for i, c in enumerate(layout.keys)),
    ).collect()
    rows = int(found["len"].item())
    stats = _core.statistics(rows, (_known(found, i, c) for i, c in enumerate(columns)))
    ends = {
        name: key_texts(
            found.select(
                c.load(pl.col(f"{which}{i}")).alias(c.name) for i, c in enumerate(layout.keys)
            ),
            layout,
        )[0]
        for name, which in (("lo", "first"), ("hi", "last"))
    }
    return {"stats": stats, **ends, "rows": rows}


def bounds_of(number: int, column: Column) -> list[pl.Expr]:
    """Return what is told of a column: `nulls`, `least`, `greatest` and `nan` with its number."""
    values = pl.col(column.name)
    exprs = [values.null_count().alias(f"nulls{number}")]
    if _has_bounds(column):
        exprs += [values.min().alias(f"least{number}"), values.max().alias(f"greatest{number}")]
    if column.stored.is_float():
        exprs.append(values.is_nan().any().alias(f"nan{number}"))
    return exprs


def _has_bounds(column: Column) -> bool:
    return not isinstance(column.stored, pl.Decimal | pl.Binary)


def _known(found: pl.DataFrame, number: int, column: Column) -> dict[str, Any]:
    """Return what is known of a column, as Go takes it."""
    nan = found[f"nan{number}"].item() if column.stored.is_float() else None
    texts: list[str | None] = [None, None]
    if _has_bounds(column) and not nan:
        ends = [found[f"{which}{number}"] for which in ("least", "greatest")]
        if ends[0].null_count() == 0:
            texts = [texts_of(end)[0] for end in ends]
    return {
        "path": [column.name],
        "type": wire_type(column.stored),
        "least": texts[0],
        "greatest": texts[1],
        "nulls": found[f"nulls{number}"].item(),
        "nan": nan,
    }


def remove_files(folder: str, names: Iterable[str]) -> None:
    """Remove files that no commit names."""
    for name in names:
        placed(folder).remove(name)
