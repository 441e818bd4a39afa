"""The footers of data files, compared with the rows: readers skip row groups by them.

Invariant: what a footer says of the rows of a column, they are. It may say less.

Page indexes and Bloom filters are not compared: Polars does not read them.
"""

from __future__ import annotations

import itertools
from typing import Any

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import texts_or_none, wire_type
from polars_io_tools.tables._place import Place
from polars_io_tools.tables._schema import Layout
from polars_io_tools.tables._types import Column

__all__ = ["wrong_footer"]


def wrong_footer(place: Place, name: str, rows: int, layout: Layout) -> str:
    """Return what the footer of a file says that its rows are not; "" without any.

    Args:
        place: where the file is.
        name: its name.
        rows: how many it has.
        layout: its columns.

    Raises:
        OSError: the footer cannot be read.
    """
    footer = place.footer(name)
    groups, wrong = _core.check_footer(footer, [])
    if wrong or sum(groups) != rows:
        return wrong or f"{sum(groups)} rows in its row groups, and there are {rows}"
    columns = [c for c in layout.columns if not c.stored.is_nested()]
    facts = _facts(place.scan(name), groups, columns)
    return _core.check_footer(
        footer, [_wire(facts, i, column) for i, column in enumerate(columns)]
    )[1]


def _facts(scan: pl.LazyFrame, groups: list[int], columns: list[Column]) -> pl.DataFrame:
    """Return the nulls and the ends of columns, a row each row group."""
    exprs = [
        expr
        for i, values in enumerate(pl.col(c.name) for c in columns)
        for expr in (
            values.null_count().alias(f"nulls{i}"),
            values.min().alias(f"least{i}"),
            values.max().alias(f"greatest{i}"),
        )
    ]
    starts = itertools.accumulate(groups, initial=0)
    parts = [
        scan.slice(start, count).select(exprs) for start, count in zip(starts, groups, strict=False)
    ]
    # A file without row groups has none of these rows.
    return pl.concat(pl.collect_all([*parts, scan.head(0).select(exprs)])).head(len(groups))


def _wire(facts: pl.DataFrame, number: int, column: Column) -> dict[str, Any]:
    ends = [facts[f"{end}{number}"] for end in ("least", "greatest")]
    least, greatest = map(texts_or_none, ends)
    return {
        "name": column.name,
        "type": wire_type(column.stored),
        "least": least,
        "greatest": greatest,
        "nulls": facts[f"nulls{number}"].to_list(),
    }
