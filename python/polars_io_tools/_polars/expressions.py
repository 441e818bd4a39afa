"""From Polars' expression nodes to the flat list of `gocore/expr`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import polars as pl

from polars_io_tools._polars.constants import Constant, compute, constant_of
from polars_io_tools._polars.literals import literal
from polars_io_tools._polars.traverse import UNREADABLE, Traverser, full_type, type_name

__all__ = ["ExpressionEncoder"]

Schema = Mapping[str, pl.DataType]
Wire = dict[str, Any]

# A node on the wire, still without its arguments, and the arguments as Polars numbers them.
View = tuple[Wire, list[int]]

_OPERATORS = {
    "Eq": "eq",
    "NotEq": "ne",
    "Lt": "lt",
    "LtEq": "le",
    "Gt": "gt",
    "GtEq": "ge",
    "EqValidity": "eq_missing",
    "NotEqValidity": "ne_missing",
    "And": "and",
    "LogicalAnd": "and",
    "Or": "or",
    "LogicalOr": "or",
    "Xor": "xor",
    "Plus": "+",
    "Minus": "-",
    "Multiply": "*",
    "Divide": "/",
    "TrueDivide": "/",
    "RustDivide": "/",
    "FloorDivide": "//",
    "Modulus": "%",
}

# Namespaces as the user writes them. Functions of the other families have no prefix.
_NAMESPACES = {
    "StringFunction": "str.",
    "TemporalFunction": "dt.",
    "ListFunction": "list.",
    "ArrayFunction": "arr.",
    "StructFunction": "struct.",
    "BitwiseFunction": "bitwise.",
    "RollingFunction": "rolling_",
    "EwmFunction": "ewm_",
}

# Leaves that Polars names only in its refusal to show them. Anything else it hides may have
# arguments of any kind.
_HIDDEN_LEAVES = {"element": "element", "field": "struct.field"}


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class ExpressionEncoder:
    """Collects expressions as one flat list in which arguments come before their users.

    Attributes:
        wire: the list so far.
    """

    def __init__(self, traverser: Traverser) -> None:
        self._traverser = traverser
        self._positions: dict[tuple[int, int], int] = {}
        # By position; a literal that no function was applied to yet is its node.
        self._constants: dict[int, Constant | int] = {}
        self._columns: dict[tuple[str, str], int] = {}
        self.wire: list[Wire] = []

    def encode(self, node: int, schema: Schema, scope: int) -> int:
        """Return the position of an expression that reads columns of `schema`.

        `scope` identifies the schema, since one expression node may be used over several plan
        nodes. The walk keeps its own stack: a filter may be a chain of thousands of terms.
        """
        stack: list[tuple[int, Wire | None, list[int]]] = [(node, None, [])]
        while stack:
            current, wire, arguments = stack.pop()
            if (scope, current) in self._positions:
                continue
            if wire is None:
                wire, arguments = self._view(current, schema)
                stack.append((current, wire, arguments))
                stack.extend((a, None, []) for a in arguments)
                continue
            positions = [self._positions[scope, a] for a in arguments]
            self._positions[scope, current] = self._add(current, wire, positions)
        return self._positions[scope, node]

    def _add(self, node: int, wire: Wire, arguments: list[int]) -> int:
        """Return the position of a node in the list; a column stands there once."""
        if wire["k"] == "col":
            key = wire["name"], wire["type"]
            position = self._columns.setdefault(key, len(self.wire))
            if position == len(self.wire):
                self.wire.append(wire)
            return position
        full = wire | {"args": arguments} if arguments else wire
        self.wire.append(self._folded(node, wire, arguments) or full)
        return len(self.wire) - 1

    def _folded(self, node: int, wire: Wire, arguments: list[int]) -> Wire | None:
        """Return a node whose arguments are all constant as a literal, None if it is none."""
        if wire["k"] == "lit":
            self._constants[len(self.wire)] = node
            return None
        if not arguments or any(a not in self._constants for a in arguments):
            return None
        constants = [self._constant(a) for a in arguments]
        known = [c for c in constants if c is not None]
        if len(known) < len(constants):
            return None
        view = self._traverser.view_expression(node)
        constant = constant_of(wire, view, known, lambda: self._traverser.get_dtype(node))
        computed = None if constant is None else compute(constant)
        if constant is not None and computed is not None:
            self._constants[len(self.wire)] = constant
        return computed

    def _constant(self, position: int) -> Constant | None:
        """Return a constant in the list, None if it is a literal that is no scalar."""
        found = self._constants.get(position)
        if isinstance(found, int):
            view = self._traverser.view_expression(found)
            constant = constant_of(self.wire[position], view, [], lambda: view.dtype)
            if constant is None:
                return None
            found = self._constants[position] = constant
        return found

    def _view(self, node: int, schema: Schema) -> View:
        """Return one node and its arguments; what cannot be viewed is a call that says so."""
        try:
            view = self._traverser.view_expression(node)
            return _VIEWS.get(type(view).__name__, _unknown)(view, schema)
        except NotImplementedError as error:
            reason = str(error)
            return _call(_HIDDEN_LEAVES.get(reason, _hidden(reason))), []
        except UNREADABLE as error:
            return _call("unreadable literal", text=str(error)), []


def _column(view: Any, schema: Schema) -> View:
    dtype = schema.get(view.name)
    return {
        "k": "col",
        "name": view.name,
        "type": "other" if dtype is None else type_name(dtype),
    }, []


def _literal(view: Any, _: Schema) -> View:
    return literal(view.value, view.dtype), []


def _binary(view: Any, _: Schema) -> View:
    name = str(view.op).rpartition(".")[2]
    return {"k": "bin", "op": _OPERATORS.get(name, _snake(name))}, [view.left, view.right]


def _cast(view: Any, _: Schema) -> View:
    strict = view.options == 0
    return {"k": "cast", "type": full_type(view.dtype), "strict": strict}, [view.expr]


def _ternary(view: Any, _: Schema) -> View:
    return {"k": "when"}, [view.predicate, view.truthy, view.falsy]


def _function(view: Any, _: Schema) -> View:
    data = view.function_data
    # A function whose settings Polars does not show is its bare name.
    head, *options = data if isinstance(data, tuple) else (data,)
    family, _dot, name = str(head).rpartition(".")
    full_name = _NAMESPACES.get(family, "") + _snake(name)
    if full_name == "ffi_plugin":
        return _call("plugin", option="elementwise" if options[-1] is True else ""), view.input
    return _call(full_name, option=_option(full_name, options)), list(view.input)


def _aggregate(view: Any, _: Schema) -> View:
    return _call(view.name), list(view.arguments)


def _length(_view: Any, _: Schema) -> View:
    return _call("len"), []


def _sort(view: Any, _: Schema) -> View:
    return _call("sort"), [view.expr]


def _sort_by(view: Any, _: Schema) -> View:
    return _call("sort_by"), [view.expr, *view.by]


def _filter(view: Any, _: Schema) -> View:
    return _call("filter"), [view.input, view.by]


def _slice(view: Any, _: Schema) -> View:
    return _call("slice"), [view.input, view.offset, view.length]


def _gather(view: Any, _: Schema) -> View:
    return _call("gather"), [view.expr, view.idx]


def _explode(view: Any, _: Schema) -> View:
    return _call("explode"), [view.expr]


def _struct_eval(view: Any, _: Schema) -> View:
    return _call("struct_eval"), [view.expr]  # the rest reads its fields, not columns


def _rolling(view: Any, _: Schema) -> View:
    return _call("rolling"), [view.function, view.index_column]


def _window(view: Any, _: Schema) -> View:
    arguments, kind = [view.function, *view.partition_by], view.options.kind
    if kind in ("explode", "join"):  # groups one after another, or lists of their rows
        return _call(f'over(mapping_strategy="{kind}")'), arguments
    order = [] if view.order_by is None else [view.order_by]
    return {"k": "over"} | ({"option": "ordered"} if order else {}), [*arguments, *order]


def _unknown(view: Any, _: Schema) -> View:
    return _call(_hidden(type(view).__name__)), []


def _hidden(reason: str) -> str:
    return "python function" if reason.startswith("anonymous") else f"opaque {reason}"


def _call(name: str, *, option: str = "", text: str = "") -> Wire:
    wire = {"k": "call", "name": name, "option": option, "text": text}
    return {field: value for field, value in wire.items() if value}


# Functions of which one setting, by its place, changes what a reader may conclude.
_OPTIONS = {
    "is_between": 0,
    "rank": 0,
    "fill_null_with_strategy": 0,
    "dt.time_stamp": 0,
    "dt.cast_time_unit": 0,
    "dt.convert_time_zone": 0,
    "dt.replace_time_zone": 0,
}

# Functions whose first setting, where it is true, is an option by this name.
_FLAGS = {"is_in": "nulls_equal", "str.contains": "literal", "unique": "maintain_order"}


def _option(name: str, options: list[Any]) -> str:
    if name in _FLAGS:
        return _FLAGS[name] if options[:1] == [True] else ""
    place = _OPTIONS.get(name)
    if place is None or options[place] is None:
        return ""
    return str(options[place])


# One function for each class of expression node; a class that is not here is opaque.
_VIEWS: dict[str, Callable[[Any, Schema], View]] = {
    "Column": _column,
    "Literal": _literal,
    "BinaryExpr": _binary,
    "Cast": _cast,
    "Ternary": _ternary,
    "Function": _function,
    "Agg": _aggregate,
    "Len": _length,
    "Sort": _sort,
    "SortBy": _sort_by,
    "Filter": _filter,
    "Slice": _slice,
    "Gather": _gather,
    "Explode": _explode,
    "StructEval": _struct_eval,
    "Rolling": _rolling,
    "Window": _window,
}
