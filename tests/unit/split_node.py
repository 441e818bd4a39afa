"""Plans to split, node by node: what each is made of, and the bounds that its date has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from polars_io_tools import PiotNamespace
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from tests.property.process_runner import ProcessRunner

__all__ = [
    "BOTH",
    "EITHER",
    "FIRST",
    "LEFT",
    "RIGHT",
    "SECOND",
    "UNBOUNDED",
    "Node",
    "between",
    "left",
    "right",
    "verify",
]

C = pl.col

# Two windows that overlap, and what they have in common and together.
FIRST = "[2024-01-10, 2024-02-20]"
SECOND = "[2024-02-01, 2024-03-10]"
BOTH = "[2024-02-01, 2024-02-20]"
EITHER = "[2024-01-10, 2024-03-10]"
UNBOUNDED = "(-∞, ∞) or null"


def between(window: str, column: str = "date") -> pl.Expr:
    first, last = (dt.date.fromisoformat(d) for d in window.strip("[]").split(", "))
    return C(column).is_between(first, last)


def _days(*days: str | None) -> list[dt.date | None]:
    return [None if d is None else dt.date.fromisoformat(f"2024-{d}") for d in days]


# Dates on both sides of every edge of the windows, one date twice, and null.
LEFT = pl.DataFrame(
    {
        "date": _days("01-09", "01-10", "01-31", "02-01", "02-01", "02-20", "02-21", None, "03-11"),
        "k": ["a", "a", "b", "c", "a", "b", "a", "a", None],
        "v": [1, 2, 3, 4, 5, 6, 7, 8, 9],
    }
)
RIGHT = pl.DataFrame(
    {
        "date": _days("01-10", "01-31", "02-01", "02-20", "02-20", "03-10", "03-11", None),
        "k": ["a", "b", "a", "b", "x", "y", "a", "a"],
        "w": [10, 20, 30, 40, 50, 60, 70, 80],
    }
)


def left() -> pl.LazyFrame:
    return LEFT.lazy().filter(between(FIRST))


def right() -> pl.LazyFrame:
    return RIGHT.lazy().filter(between(SECOND))


@dataclass(frozen=True)
class Node:
    """A plan with what is wanted of it.

    Attributes:
        build: makes the plan; files go into the folder that it is given.
        bounds: where the dates of the result lie.
        column: the column to split by.
        refused: a part of the error, for a plan that cannot be split.
    """

    build: Callable[[Path], pl.LazyFrame]
    bounds: str
    column: str = "date"
    refused: str = ""


def verify(node: Node, runner: ProcessRunner, folder: Path) -> None:
    """Check the bounds of a plan, and that its periods together are the plan's own answer."""
    lf = node.build(folder)
    plan = PiotNamespace(lf).explain_on_ray(date_column=node.column, time_unit="weekly")
    assert plan.bounds == node.bounds, plan
    if node.refused:
        assert node.refused in str(plan.problem)
        return
    assert plan.problem is None, plan
    split = Split("calendar", node.column, plan.dtype, 1_000, "weekly")
    result = IoSource(lf, split, runner, "arrow").lazy("test", None).collect()
    plain = lf.collect()
    assert plain.height > 0, "a plan without rows proves nothing"
    assert result.schema == plain.schema
    assert sorted(map(repr, result.rows())) == sorted(map(repr, plain.rows()))
    assert len(runner.labels) == len(plan.periods)
