"""The IO sources of a plan, and what Polars would ask each of them for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools._polars.expressions import ExpressionEncoder
from polars_io_tools._polars.traverse import Traverser, nodes_below, traverse, view_of

__all__ = ["AskedSource", "asked_sources", "columns_read", "is_pushed_whole", "surveyed"]


@dataclass(frozen=True)
class AskedSource:
    """A source, and what it would be asked for.

    Attributes:
        source: what was registered; None for a source of another kind, such as a file.
        columns: the columns, None for all.
        predicate: the predicate as wire nodes with their root, None for none.
        n_rows: the most rows before the predicate, None for all.
        name: what plans call an IO source, "" for a source of another kind.
    """

    source: Any
    columns: list[str] | None
    predicate: dict[str, Any] | None
    n_rows: int | None
    name: str = ""


def asked_sources(lf: pl.LazyFrame, *, apart: bool = False) -> list[AskedSource]:
    """Return the leaves of a plan, optimised as for running. Nothing of it runs.

    Where they are to stay apart, equal parts of the plan do not become one.
    """
    return traverse(lf, _read, optimizations=pl.QueryOptFlags(comm_subplan_elim=not apart))


def surveyed(lf: pl.LazyFrame) -> tuple[int, bool]:
    """Return how many nodes a plan has as it was written, and whether there is an IO source."""
    return traverse(lf, _surveyed)


def _surveyed(traverser: Traverser) -> tuple[int, bool]:
    kinds = [type(view_of(traverser)).__name__ for _ in nodes_below(traverser)]
    return len(kinds), "PythonScan" in kinds


def is_pushed_whole(lf: pl.LazyFrame) -> bool:
    """Return whether Polars leaves all filters over an IO source to it, and does nothing itself.

    It does so with conditions that are asked of each row alone.
    """
    return traverse(
        lf,
        lambda traverser: type(traverser.view_current_node()).__name__ == "PythonScan",
        optimizations=pl.QueryOptFlags(),
    )


def columns_read(lf: pl.LazyFrame) -> list[str]:
    """Return the columns that the filters over an IO source read."""
    flags = pl.QueryOptFlags(predicate_pushdown=False)
    (asked,) = traverse(lf.select(pl.len()), _read, optimizations=flags)
    return lf.collect_schema().names() if asked.columns is None else asked.columns


def _read(traverser: Traverser) -> list[AskedSource]:
    return [
        _asked(traverser, view_of(traverser), node)
        for node, inputs in nodes_below(traverser)
        if not inputs
    ]


def _asked(traverser: Traverser, view: Any, node: int) -> AskedSource:
    if type(view).__name__ != "PythonScan":
        return AskedSource(None, None, None, None)
    function, columns, _, predicate, n_rows = view.options
    wire = None
    if predicate is not None and predicate[0] == "polars":
        encoder = ExpressionEncoder(traverser)
        root = encoder.encode(predicate[1], traverser.get_schema(), node)
        wire = {"exprs": encoder.wire, "root": root}
    return AskedSource(_registered(function), columns, wire, n_rows, _name(view))


def _name(view: Any) -> str:
    return str(view.options[2])


def _registered(function: Any) -> Any:
    """Return the callable behind the wrapper that Polars makes of it."""
    for cell in getattr(function, "__closure__", None) or ():
        if callable(cell.cell_contents) and hasattr(type(cell.cell_contents), "lazy"):
            return cell.cell_contents
    return None
