"""Asks Go for the SQL of a scan: `gocore/sqlpush`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._polars.filters import encode_filters
from polars_io_tools._polars.traverse import full_type
from polars_io_tools.db._reader import Description, Query, Reader
from polars_io_tools.errors import ExpressionError

__all__ = ["Pushed", "check_text", "push", "wire_predicate"]

# What goes wrong where a predicate cannot be read: then none of it is pushed.
_UNREADABLE = (pl.exceptions.PolarsError, ExpressionError, NotImplementedError, ValueError)

_VALUES: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "float": float,
    "text": str,
    "binary": bytes.fromhex,
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
}


@dataclass(frozen=True)
class Pushed:
    """The SQL of a scan.

    Attributes:
        sql: the text.
        params: values of the placeholders that come after those of the user.
        limited: whether the statement obeys the limit.
        exact: whether it gives no row on which the predicate is not true.
        conjuncts: what became of each term of the predicate.
        varies: what in the user's text may give other rows each time it runs.
    """

    sql: str
    params: tuple[Any, ...]
    limited: bool
    exact: bool
    conjuncts: tuple[dict[str, str], ...]
    varies: tuple[str, ...]


def check_text(query: Query, reader: Reader) -> None:
    """Check that a query is one SELECT, WITH or VALUES, and has as many values as placeholders.

    Raises:
        ValueError: it is not.
    """
    _ask(query, Description(()), reader, {})


def wire_predicate(schema: pl.Schema, predicate: pl.Expr | None) -> Mapping[str, Any]:
    """Return a predicate as Go takes it; nothing of one that cannot be read."""
    if predicate is None:
        return {}
    with suppress(*_UNREADABLE):
        return encode_filters(schema, [predicate])
    return {}


def push(
    query: Query,
    description: Description,
    reader: Reader,
    *,
    columns: Sequence[str] | None,
    predicate: Mapping[str, Any],
    limit: int | None,
) -> Pushed:
    """Return the SQL of some columns and rows of a query; `predicate` is on the wire.

    Raises:
        ValueError: the query cannot be a subquery, or its columns cannot be told apart.
    """
    asked = {"select": columns, "limit": limit, "infinity": query.infinity, **predicate}
    answer = _ask(query, description, reader, asked)
    return Pushed(
        sql=answer["sql"],
        params=tuple(_VALUES[p["type"]](p["value"]) for p in answer["params"]),
        limited=answer["limited"],
        exact=answer["exact"],
        conjuncts=tuple(answer["conjuncts"]),
        varies=tuple(answer["varies"]),
    )


def _ask(
    query: Query, description: Description, reader: Reader, asked: Mapping[str, Any]
) -> dict[str, Any]:
    columns = [
        {
            "name": c.name,
            "type": full_type(c.dtype),
            "db": {
                "type": c.type,
                "length": c.length,
                "scale": c.scale,
                "collation": c.collation,
            },
        }
        for c in description.columns
    ]
    request = {
        "dialect": reader.dialect,
        "quote": description.quote or reader.quote,
        "query": query.text,
        "columns": columns,
        "encoding": description.encoding,
        **asked,
    }
    answer: dict[str, Any] = json.loads(_gocore.sql_push(json.dumps(request).encode()))
    if answer["user_params"] != len(query.params):
        msg = (
            f"scan_db: the query has {answer['user_params']} placeholders, and params has "
            f"{len(query.params)} values"
        )
        raise ValueError(msg)
    return answer
