"""From Polars' plan nodes to the request that Go analyses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from polars_io_tools._polars.expressions import ExpressionEncoder, Schema
from polars_io_tools._polars.nodes import (
    NodeView,
    frame_bytes,
    inner_frame,
    leaf,
    scanned_files,
    view_node,
)
from polars_io_tools._polars.traverse import Traverser, full_type, traverse, type_name
from polars_io_tools._polars.types import wire_column
from polars_io_tools._polars.zones import offsets

__all__ = ["Extents", "calendar_question", "combine_request", "cut_request", "plan_request"]

Wire = dict[str, Any]

# Where columns of scans lie, by the absolute paths of the files.
Extents = dict[tuple[str, ...], list[Wire]]


def plan_request(
    lf: pl.LazyFrame,
    predicate: pl.Expr | None,
    question: Wire,
    listed: Sequence[pl.Expr] | None = None,
    extents: Extents | None = None,
) -> tuple[bytes, int]:
    """Return the plan of `lf` as wire bytes, with the question how to split it, and its load.

    The load is how many bytes of frames in memory the plan holds.

    Args:
        lf: the query.
        predicate: a filter written after the call: it is put on top of the plan and marked, so that
            bounds come from both sides and messages can tell them apart.
        question: how to split, such as `calendar_question` gives.
        listed: the predicates of partitions that the user lists, at least one.
        extents: what is known of files.

    Raises:
        polars.exceptions.PolarsError: what Polars raises for a plan that is not valid.
    """
    top = lf if predicate is None else lf.filter(predicate)
    encoder = _PlanEncoder(extents or {})
    if listed is None:
        root = filtered = encoder.encode_frame(top)
    else:
        root = encoder.encode_frame(top.select(e.alias(str(i)) for i, e in enumerate(listed)))
        filtered = encoder.nodes[root]["in"][0]
        question = question | {"columns": _columns_read(encoder, root, listed, lf)}
    wire = json.dumps(
        {
            "exprs": encoder.expressions,
            "plan": encoder.nodes,
            "root": root,
            "pushed": -1 if predicate is None else filtered,
            **question,
        },
        separators=(",", ":"),
    )
    return wire.encode(), encoder.frame_bytes


def cut_request(lf: pl.LazyFrame, columns: Sequence[str]) -> bytes:
    """Return the plan of `lf` as wire bytes, with the question whether it can be cut at its root.

    Raises:
        polars.exceptions.PolarsError: what Polars raises for a plan that is not valid.
    """
    question = {"method": "at root", "columns": [{"name": c, "type": "other"} for c in columns]}
    return plan_request(lf, None, question)[0]


def combine_request(lf: pl.LazyFrame) -> bytes:
    """Return the plan of `lf` with the question how its result follows from those of parts.

    Raises:
        polars.exceptions.PolarsError: what Polars raises for a plan that is not valid.
    """
    columns = [{"name": n, "type": full_type(t)} for n, t in lf.collect_schema().items()]
    return plan_request(lf, None, {"method": "at root", "columns": columns})[0]


def calendar_question(*, column: str, dtype: pl.DataType, time_unit: str, max_periods: int) -> Wire:
    """Return the question for the calendar periods of a column."""
    return {
        "column": column,
        "type": type_name(dtype),
        "unit": time_unit,
        "max_periods": max_periods,
        "offsets": _offsets(dtype),
    }


def _columns_read(
    encoder: _PlanEncoder, root: int, listed: Sequence[pl.Expr], lf: pl.LazyFrame
) -> list[Wire]:
    """Return the columns that predicates read, with their types as far as Go knows them.

    Polars hides the arguments of some functions, but tells the names in them.
    """
    names = dict.fromkeys(name for e in listed for name in e.meta.root_names())
    stack = [e["expr"] for e in encoder.nodes[root]["exprs"]]
    seen: set[int] = set()
    while stack:
        position = stack.pop()
        if position not in seen:
            seen.add(position)
            wire = encoder.expressions[position]
            stack.extend(wire.get("args", ()))
            if wire["k"] == "col":
                names[wire["name"]] = None
    schema = lf.collect_schema()
    return [
        wire_column(name, schema[name]) or {"name": name, "type": "other"}
        for name in names
        if name in schema
    ]


def _offsets(dtype: pl.DataType) -> tuple[tuple[int, int], ...]:
    zone = getattr(dtype, "time_zone", None)
    return () if zone is None else offsets(zone)


class _PlanEncoder:
    """Collects the nodes of a plan, and of the plans inside this project's own sources."""

    def __init__(self, extents: Extents) -> None:
        self.extents = extents
        self.expressions: list[Wire] = []
        self.nodes: list[Wire] = []
        self.frame_bytes = 0

    def encode_frame(self, lf: pl.LazyFrame, *, inner: bool = False) -> int:
        # What is known of files is known of the scans of the outer plan alone: a scan inside of a
        # source may read the same files in another way.
        extents = {} if inner else self.extents
        return traverse(lf, lambda traverser: _FrameEncoder(self, traverser, extents).encode())

    def add(self, wire: Wire) -> int:
        self.nodes.append(wire)
        return len(self.nodes) - 1


class _FrameEncoder:
    """Encodes the plan that one traverser stands in."""

    def __init__(self, plan: _PlanEncoder, traverser: Traverser, extents: Extents) -> None:
        self._extents = extents
        self._plan = plan
        self._traverser = traverser
        self._positions: dict[int, int] = {}
        self._schemas: dict[int, Schema] = {}
        self._expressions = ExpressionEncoder(traverser)
        self._expressions.wire = plan.expressions

    def encode(self) -> int:
        """Encode all nodes, inputs first, with a stack of its own as plans may be deep."""
        root: int = self._traverser.get_node()
        stack = [root]
        while stack:
            node = stack[-1]
            self._traverser.set_node(node)
            inputs = self._traverser.get_inputs()
            waiting = [i for i in inputs if i not in self._positions]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            if node not in self._positions:
                self._positions[node] = self._encode_node(node, inputs)
        return self._positions[root]

    def _schema(self, node: int) -> Schema:
        if node not in self._schemas:
            self._traverser.set_node(node)
            self._schemas[node] = self._traverser.get_schema()
        return self._schemas[node]

    def _encode_node(self, node: int, inputs: list[int]) -> int:
        self._traverser.set_node(node)
        try:
            view: Any = self._traverser.view_current_node()
        except NotImplementedError as error:
            view = error
        positions = [self._positions[i] for i in inputs]
        if not inputs:
            inner = inner_frame(view)
            self._plan.frame_bytes += frame_bytes(view)
            wire = leaf(view, None if inner is None else self._plan.encode_frame(inner, inner=True))
            paths = scanned_files(view) if self._extents else ()
            if paths in self._extents:
                wire["extents"] = self._extents[paths]
            return self._plan.add(wire)
        context = NodeView(view, inputs, positions, self._schema, self._expressions.encode)
        position = positions[0]
        for wire in view_node(context):
            position = self._plan.add({"in": [position]} | wire)
        return position
