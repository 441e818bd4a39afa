"""The plan nodes of Polars, one by one, as nodes of `gocore/plan`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from polars_io_tools._polars.expressions import Schema
from polars_io_tools._public import public

__all__ = ["NodeView", "frame_bytes", "inner_frame", "leaf", "opaque_name", "view_node"]

Wire = dict[str, Any]

# Joins as Polars names them in its plans.
_HOW = {
    "Inner": "inner",
    "Left": "left",
    "Right": "right",
    "Full": "full",
    "Cross": "cross",
    "Semi": "semi",
    "Anti": "anti",
    "AsOf": "asof",
}


@dataclass(frozen=True)
class NodeView:
    """One node of a plan, with the means to encode what it refers to.

    Attributes:
        view: what Polars shows of the node, or the error with which it refuses to.
        inputs: the node's inputs as Polars numbers them.
        positions: the same inputs in the wire list.
        schema: the output schema of a node.
        encode: encodes an expression over a schema.
    """

    view: Any
    inputs: list[int]
    positions: list[int]
    schema: Callable[[int], Schema]
    encode: Callable[[int, Schema, int], int]

    def expression(self, expression: Any, side: int = 0) -> int:
        node = self.inputs[side]
        return self.encode(expression.node, self.schema(node), node)

    def expressions(self, expressions: list[Any], side: int = 0) -> list[int]:
        return [self.expression(e, side) for e in expressions]

    def named(self, expressions: list[Any]) -> list[Wire]:
        return [{"name": e.output_name, "expr": self.expression(e)} for e in expressions]

    def columns(self, side: int) -> list[str]:
        return list(self.schema(self.inputs[side]))


def view_node(node: NodeView) -> Iterator[Wire]:
    """Yield the wire nodes that a node with inputs stands for, each the input of the next.

    A node that Polars cannot show, or that is not known here, is opaque.
    """
    encode = _ENCODERS.get(type(node.view).__name__)
    if encode is None:
        yield {"op": "opaque", "name": opaque_name(node.view), "in": node.positions}
        return
    yield from encode(node)


def opaque_name(view: Any) -> str:
    """Return what a node is called that Polars does not show, or that is not known here."""
    if not isinstance(view, NotImplementedError):
        return type(view).__name__
    reason = str(view)
    if "python mapfunction" in reason:
        return "map_batches"
    return "group_by with a Python function" if "apply" in reason else reason


def leaf(view: Any, inner: int | None) -> Wire:
    """Return a node without inputs: files, a frame in memory, or an IO source."""
    kind = type(view).__name__
    if kind == "Scan":
        first = public(str(view.paths[0])) if view.paths else ""
        files = "1 file" if len(view.paths) == 1 else f"{len(view.paths)} files"
        detail = {"detail": f"{files}, first {first}", "path": first, "files": len(view.paths)}
        return {"op": "scan", "name": view.scan_type[0]} | detail
    if kind == "DataFrameScan":
        height, width = view.df.height(), view.df.width()
        return {"op": "frame", "detail": f"{height} rows, {width} columns", "empty": height == 0}
    if kind == "PythonScan":
        return _source(view, inner)
    if "IR::Resolver" in str(view):  # it is asked for its files only when the query runs
        return {"op": "scan", "name": "resolver", "detail": ""}
    return {"op": "scan", "name": str(view).removesuffix(" scan"), "detail": ""}


def _source(view: Any, inner: int | None) -> Wire:
    known = _registered(view, "__piot_extents__")
    if known is not None:
        detail, extents = known
        return {"op": "scan", "name": "result", "detail": detail, "extents": extents}
    split = _registered(view, "__piot_split__")
    if split is not None:
        return {"op": "source", "name": split, "split": True}
    database = _registered(view, "__piot_database__")
    if database is not None:
        return {"op": "source", "name": "scan_db", "detail": database, "unordered": True}
    inputs = [] if inner is None else [inner]
    return {"op": "source", "detail": str(view.options[2]), "in": inputs}


def scanned_files(view: Any) -> tuple[str, ...]:
    """Return the absolute paths of the files of a scan, none of other nodes."""
    if type(view).__name__ != "Scan":
        return ()
    return tuple(str(Path.cwd() / str(path).removeprefix("file://")) for path in view.paths)


def frame_bytes(view: Any) -> int:
    """Return the size of the frame in memory that a node holds, 0 for other nodes."""
    if type(view).__name__ != "DataFrameScan":
        return 0
    return int(pl.DataFrame._from_pydf(view.df).estimated_size())  # noqa: SLF001 - no public way


def inner_frame(view: Any) -> pl.LazyFrame | None:
    """Return the query inside one of this project's own sources, else None.

    Polars hides a registered source behind a wrapper of its own, so the source is looked for
    among what that wrapper closes over.
    """
    if type(view).__name__ != "PythonScan":
        return None
    frame = _registered(view, "__piot_plan__")
    return frame if isinstance(frame, pl.LazyFrame) else None


def _registered(view: Any, attribute: str) -> Any:
    for cell in getattr(view.options[0], "__closure__", None) or ():
        found = getattr(cell.cell_contents, attribute, None)
        if found is not None:
            return found
    return None


def _slice(window: Any) -> Iterator[Wire]:
    """A slice that is part of another node is a node of its own on the wire."""
    if window is not None:
        yield {"op": "slice"}


def _filter(node: NodeView) -> Iterator[Wire]:
    yield {"op": "filter", "predicate": node.expression(node.view.predicate)}


def _select(node: NodeView) -> Iterator[Wire]:
    exprs = node.view.expr if hasattr(node.view, "expr") else node.view.exprs
    yield {"op": "select", "exprs": node.named(exprs)}


def _with_columns(node: NodeView) -> Iterator[Wire]:
    yield {"op": "with_columns", "exprs": node.named(node.view.exprs)}


def _project(_: NodeView) -> Iterator[Wire]:
    yield {"op": "project"}


def _group_by(node: NodeView) -> Iterator[Wire]:
    view = node.view
    yield {
        "op": "group_by",
        "keys": node.named(view.keys),
        "aggs": node.named(view.aggs),
        "maintain_order": view.maintain_order,
        "windowed": view.options.dynamic is not None or view.options.rolling is not None,
    }
    yield from _slice(view.options.slice)


def _join(node: NodeView) -> Iterator[Wire]:
    view = node.view
    how, nulls_equal, window, suffix, coalesce, order = view.options
    kind = how[0] if isinstance(how, tuple) else how
    wire = {
        "op": "join",
        "in": node.positions,
        "how": _HOW.get(str(kind), str(kind)),
        "left_on": node.expressions(view.left_on, 0),
        "right_on": node.expressions(view.right_on, 1),
        "columns": [node.columns(0), node.columns(1)],
        "suffix": suffix,
        "coalesce": coalesce,
        "nulls_equal": nulls_equal,
        "order": order,
    }
    yield wire
    yield from _slice(window)


def _union(node: NodeView) -> Iterator[Wire]:
    yield {"op": "union", "in": node.positions, "maintain_order": node.view.maintain_order}
    yield from _slice(node.view.slice)


def _merge_sorted(node: NodeView) -> Iterator[Wire]:
    yield {"op": "merge_sorted", "in": node.positions}


def _beside(node: NodeView) -> Iterator[Wire]:
    columns = [node.columns(side) for side in range(len(node.inputs))]
    yield {"op": "beside", "in": node.positions, "columns": columns}


def _distinct(node: NodeView) -> Iterator[Wire]:
    keep, subset, maintain_order, window = node.view.options
    yield {"op": "distinct", "keep": keep, "subset": subset, "maintain_order": maintain_order}
    yield from _slice(window)


def _sort(node: NodeView) -> Iterator[Wire]:
    by = node.expressions(node.view.by_column)
    yield {"op": "sort", "by": by, "maintain_order": node.view.sort_options[0]}
    yield from _slice(node.view.slice)


def _slice_node(_: NodeView) -> Iterator[Wire]:
    yield {"op": "slice"}


def _pass(_: NodeView) -> Iterator[Wire]:
    yield {"op": "pass"}


def _map(node: NodeView) -> Iterator[Wire]:
    name, *options = node.view.function
    if name == "rechunk":
        yield {"op": "pass"}
    elif name == "hint_sorted":
        yield {"op": "pass", "sorted": [column for column, *_ in options[0]]}
    elif name == "row_index":
        yield {"op": "row_index", "name": options[0]}
    elif name == "explode":
        yield {"op": "reshape", "name": name, "made": options[0]}
    elif name == "unnest":
        kept = set(node.columns(0)) - set(options[0])
        yield {"op": "reshape", "name": name, "made": _made_by_unnest(node, options[0], kept)}
    elif name == "unpivot":
        yield {"op": "reshape", "name": name, "made": [options[2], options[3]]}
    else:
        yield {"op": "opaque", "name": name}


def _made_by_unnest(node: NodeView, columns: list[str], kept: set[str]) -> list[str]:
    schema = node.schema(node.inputs[0])
    fields = [f for c in columns for f in getattr(schema[c], "fields", [])]
    separated = [
        f"{c}{node.view.function[2] or ''}{f.name}"
        for c in columns
        for f in getattr(schema[c], "fields", [])
    ]
    return [n for n in [*(f.name for f in fields), *separated] if n not in kept]


_ENCODERS: dict[str, Callable[[NodeView], Iterator[Wire]]] = {
    "Filter": _filter,
    "Select": _select,
    "Reduce": _select,
    "HStack": _with_columns,
    "SimpleProjection": _project,
    "GroupBy": _group_by,
    "Join": _join,
    "Union": _union,
    "MergeSorted": _merge_sorted,
    "HConcat": _beside,
    "Distinct": _distinct,
    "Sort": _sort,
    "Slice": _slice_node,
    "Cache": _pass,
    "MapFunction": _map,
}
