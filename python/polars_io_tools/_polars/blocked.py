"""Filters that Polars keeps above a node, and does not push down to the sources.

Nothing is written out as text: Polars panics where it has to write a date that no calendar has.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import polars as pl

from polars_io_tools._polars.expressions import ExpressionEncoder
from polars_io_tools._polars.nodes import opaque_name
from polars_io_tools._polars.traverse import Traverser, nodes_below, traverse, view_of

__all__ = ["Blocked", "blocked", "optimise"]

# What a user has written.
_NAMES = {
    "GroupBy": "group_by",
    "HStack": "with_columns",
    "Slice": "head, tail or slice",
    "SimpleProjection": "select",
    "Union": "concat",
}

# A filter above them repeats nothing but reading; and what is used twice is computed once.
_LEAVES = ("Cache", "DataFrameScan", "PythonScan", "Scan")

_MAX_COLUMNS = 3


class Blocked(NamedTuple):
    """A filter that stays above a node.

    Attributes:
        predicate: the filter, to be compared with others.
        node: the node, for people.
    """

    predicate: str
    node: str


def blocked(lf: pl.LazyFrame) -> list[Blocked]:
    """Return the filters of a plan, optimised as for running, that stay above a node."""
    return traverse(lf, _read, optimizations=pl.QueryOptFlags())


def optimise(lf: pl.LazyFrame) -> None:
    """Optimise a plan as for running, in which scans that choose their files do."""
    traverse(lf, lambda _: None, optimizations=pl.QueryOptFlags())


def _read(traverser: Traverser) -> list[Blocked]:
    found = []
    for node, inputs in nodes_below(traverser):
        view = view_of(traverser)
        kind = type(view).__name__
        if kind == "Filter":
            traverser.set_node(inputs[0])
            below = _name(view_of(traverser))
        elif kind == "Scan" and view.predicate is not None and view.file_options.n_rows is not None:
            below = _NAMES["Slice"]
        elif kind == "PythonScan" and view.options[3] is not None and view.options[4] is not None:
            found.append(Blocked(str(view.options[3]), _NAMES["Slice"]))
            continue
        else:
            continue
        if below:
            found.append(Blocked(_predicate(traverser, node, view), below))
    return found


def _predicate(traverser: Traverser, node: int, view: Any) -> str:
    traverser.set_node(node)
    encoder = ExpressionEncoder(traverser)
    encoder.encode(view.predicate.node, traverser.get_schema(), node)
    return json.dumps(encoder.wire, default=str)


def _name(view: Any) -> str:
    kind = type(view).__name__
    if kind in _LEAVES:
        return ""
    if isinstance(view, NotImplementedError):
        return opaque_name(view)
    name = _NAMES.get(kind, kind.lower())
    if kind == "HStack":
        made = [e.output_name for e in view.exprs]
        more = len(made) - _MAX_COLUMNS
        name += f" of {', '.join(made[:_MAX_COLUMNS])}" + (f" and {more} more" if more > 0 else "")
    return name
