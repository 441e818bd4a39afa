"""Filters on their way to a scan: which columns they read, and what they say, for Go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from polars_io_tools._polars.expressions import ExpressionEncoder
from polars_io_tools._polars.traverse import Traverser, column_type, nodes_below, traverse, view_of

__all__ = ["column_type", "encode_filters", "filtered_columns", "of_single_rows"]


def encode_filters(schema: pl.Schema, filters: Sequence[pl.Expr]) -> dict[str, Any]:
    """Return the conjunction of filters over the columns of `schema` as wire nodes.

    Raises:
        polars.exceptions.PolarsError: they do not fit the schema.
    """

    def read(traverser: Traverser) -> dict[str, Any]:
        root = traverser.get_node()
        view = traverser.view_current_node()
        if type(view).__name__ != "Filter":  # one that is always true, or never
            return {"exprs": []}
        encoder = ExpressionEncoder(traverser)
        traverser.set_node(traverser.get_inputs()[0])
        columns = traverser.get_schema()
        position = encoder.encode(view.predicate.node, columns, root)
        return {"exprs": encoder.wire, "root": position}

    return traverse(pl.LazyFrame(schema=schema).filter(filters), read)


def filtered_columns(lf: pl.LazyFrame) -> set[str]:
    """Return the columns, by their names in the files, that filters of file scans read.

    The plan is optimised as for running, and nothing of it runs.
    """
    return traverse(lf, _read_filtered, optimizations=pl.QueryOptFlags())


def _read_filtered(traverser: Traverser) -> set[str]:
    found: set[str] = set()
    for node, _ in nodes_below(traverser):
        view = view_of(traverser)
        predicate = getattr(view, "predicate", None)
        if type(view).__name__ == "Scan" and predicate is not None:
            encoder = ExpressionEncoder(traverser)
            encoder.encode(predicate.node, traverser.get_schema(), node)
            found |= {w["name"] for w in encoder.wire if w["k"] == "col"}
    return found


def of_single_rows(where: pl.Expr, schema: pl.Schema) -> bool:
    """Tell whether what a filter says of a row depends on that row alone.

    Polars knows it: only then it hands the filter to a source, which may read in parts. What its
    `meta.is_row_separable` says is of the outermost function only.

    Raises:
        polars.exceptions.PolarsError: the filter does not fit the schema.
    """
    given: list[bool] = []

    def source(_: object, predicate: pl.Expr | None, *__: object) -> Iterator[pl.DataFrame]:
        given.append(predicate is not None)
        # Functions of the user are not called.
        raise _Seen
        yield pl.DataFrame()

    lf = register_io_source(source, schema=schema, is_pure=True).filter(where)
    try:
        lf.collect()
    except Exception:
        if not given:
            raise
    # A source is not asked for rows of which none are left.
    return all(given)


class _Seen(Exception):  # noqa: N818  (it is no error)
    """Ends a query of which enough is known."""
