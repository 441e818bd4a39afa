"""What a pushed predicate has to keep: every row on which Polars finds it true."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._polars.filters import encode_filters
from tests.pushdown.engines import Engine
from tests.pushdown.predicates import Predicates

__all__ = ["Tally", "bound", "encoded", "pushed", "run"]

# A predicate that Polars folds away, so that nothing of it is seen.
_FOLDED = {"exprs": [{"k": "call", "name": "a constant"}], "root": 0}

_BINDERS: dict[str, Any] = {
    "integer": int,
    "float": float,
    "text": str,
    "binary": bytes.fromhex,
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
}


@dataclass
class Tally:
    """How a run of predicates went."""

    drawn: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    inexact: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def failures(self) -> list[str]:
        return self.lost + self.inexact + self.errors

    def line(self) -> str:
        """Return the figures as one line."""
        shares = ", ".join(
            f"{s} {self.statuses[s] / max(self.drawn, 1):.0%}"
            for s in ("exact", "superset", "not pushed")
        )
        return (
            f"{self.drawn} predicates: {len(self.lost)} lost rows, "
            f"{len(self.inexact)} false exact, {len(self.errors)} query errors; {shares}"
        )


def encoded(frame: pl.DataFrame, predicate: pl.Expr) -> dict[str, Any]:
    """Return a predicate on the wire."""
    found = encode_filters(frame.schema, [predicate])
    return found if found["exprs"] else _FOLDED


def pushed(engine: Engine, predicate: pl.Expr | None, **request: Any) -> dict[str, Any]:
    """Return what `sql_push` answers for the ids of the rows."""
    wire = {} if predicate is None else encoded(engine.frame, predicate)
    asked = {
        "dialect": engine.dialect,
        "query": engine.query,
        "columns": engine.described(),
        "select": ["id"],
        "infinity": engine.infinity,
        **wire,
        **request,
    }
    answer: dict[str, Any] = json.loads(_gocore.sql_push(json.dumps(asked).encode()))
    return answer


def bound(answer: dict[str, Any]) -> list[Any]:
    """Return the parameters of an answer as values of Python."""
    return [_BINDERS[p["type"]](p["value"]) for p in answer["params"]]


def status(answer: dict[str, Any]) -> str:
    """Return the status of a whole predicate."""
    if answer["exact"]:
        return "exact"
    return "superset" if " WHERE " in answer["sql"].rpartition(") AS piot")[2] else "not pushed"


def check(engine: Engine, predicate: pl.Expr, answer: dict[str, Any], tally: Tally) -> None:
    """Compare the rows that the database gives with those of Polars."""
    told = f"{predicate}\n    {answer['sql']}\n    {answer['params']}"
    try:
        got = engine.run(answer["sql"], bound(answer))
    except Exception as error:  # noqa: BLE001  (of whatever client)
        tally.errors.append(f"{told}\n    {error!r}")
        return
    want = set(engine.frame.lazy().filter(predicate).collect()["id"]) - engine.unreadable
    found = set(got) - engine.unreadable
    if want - found or len(set(got)) < len(got):
        tally.lost.append(f"{told}\n    lost {sorted(want - found)}")
    elif answer["exact"] and found - want:
        tally.inexact.append(f"{told}\n    more {sorted(found - want)}")


def run(engine: Engine, count: int, seed: int) -> Tally:
    """Push many predicates to a database."""
    source = Predicates(engine.frame, engine.columns, seed)
    tally = Tally()
    for _ in range(count):
        predicate = source.draw()
        answer = pushed(engine, predicate)
        tally.drawn += 1
        tally.statuses[status(answer)] += 1
        check(engine, predicate, answer, tally)
    return tally
