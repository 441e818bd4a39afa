"""A translator as one would write it at first: the control that the tests have to catch.

Operators become those of SQL, NOT is NOT, values are written in the text without a type, and what
is not understood is left out.
"""

from __future__ import annotations

from typing import Any

__all__ = ["translate"]

Wire = dict[str, Any]

_OPERATORS = {
    "eq": "=",
    "ne": "<>",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "AND",
    "or": "OR",
    "eq_missing": "IS NOT DISTINCT FROM",
    "ne_missing": "IS DISTINCT FROM",
}
_PARTS = {"str.starts_with": "{}%", "str.ends_with": "%{}", "str.contains": "%{}%"}


class _NotUnderstoodError(Exception):
    pass


def translate(wires: list[Wire], root: int) -> str | None:
    """Return a condition in SQL, or None."""
    try:
        return _node(wires, root)
    except _NotUnderstoodError:
        return None


def _node(wires: list[Wire], at: int) -> str:
    w = wires[at]
    args = w.get("args", [])
    if w["k"] == "cast":
        return _node(wires, args[0])
    if w["k"] == "bin":
        return _binary(wires, w, args)
    if w["k"] == "call":
        return _call(wires, w, args)
    return _leaf(w)


def _leaf(w: Wire) -> str:
    if w["k"] == "col":
        name: str = w["name"]
        return '"' + name.replace('"', '""') + '"'
    if w["k"] == "lit":
        return _literal(w)
    if w["k"] == "list":
        values = [_value(v) for v in w.get("values", [])] + [str(i[0]) for i in w.get("items", [])]
        return f"({', '.join(values + ['NULL'] * bool(w.get('null')))})"
    raise _NotUnderstoodError


def _binary(wires: list[Wire], w: Wire, args: list[int]) -> str:
    if w["op"] == "and":
        return _conjunction(wires, args)
    operator = _OPERATORS.get(w["op"])
    if operator is None:
        raise _NotUnderstoodError
    return f"({_node(wires, args[0])} {operator} {_node(wires, args[1])})"


def _conjunction(wires: list[Wire], args: list[int]) -> str:
    sides = [translate(wires, a) for a in args]
    known = [s for s in sides if s is not None]
    if not known:
        raise _NotUnderstoodError
    return f"({' AND '.join(known)})"


def _call(wires: list[Wire], w: Wire, args: list[int]) -> str:
    name = w["name"]
    if name == "not":
        return f"(NOT {_node(wires, args[0])})"
    if name in ("is_null", "is_not_null"):
        return f"({_node(wires, args[0])} {name.replace('_', ' ').upper()})"
    if name == "is_in":
        return f"({_node(wires, args[0])} IN {_node(wires, args[1])})"
    if name == "is_between":
        x, low, high = (_node(wires, a) for a in args)
        return f"({x} BETWEEN {low} AND {high})"
    if name in _PARTS and wires[args[1]].get("scalar") == "string":
        part = _PARTS[name].format(wires[args[1]]["value"])
        return f"({_node(wires, args[0])} LIKE {_value(part)})"
    raise _NotUnderstoodError


def _literal(w: Wire) -> str:
    if w.get("null"):
        return "NULL"
    if "scalar" in w and w["scalar"] in ("string", "float"):
        return _value(w["value"]) if w["scalar"] == "string" else w["value"]
    if "lo" not in w or not w["type"].startswith(("boolean", "int", "uint")):
        raise _NotUnderstoodError
    return str(w["lo"])


def _value(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
