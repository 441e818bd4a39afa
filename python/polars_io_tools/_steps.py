"""Steps of a plan that tasks do to the rows of a part, after the filter of the part.

A step is an operation, its keys and its expressions, made of builtins so that it travels as it is;
expressions are in the bytes of `pl.Expr.meta.serialize`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["Step", "Steps", "done"]

# "filter", "with_columns", "select" or "group_by"; the keys of a group_by; the expressions.
Step = tuple[str, list[bytes], list[bytes]]


@dataclass(frozen=True)
class Steps:
    """Steps that make an aggregate of each part.

    Attributes:
        steps: the steps.
        schema: that of their result.
        kept: columns of the result that are those of the rows, so that a condition on them may be
            applied to the rows as well.
        text: what they are, for people.
    """

    steps: list[Step]
    schema: pl.Schema
    kept: frozenset[str]
    text: str


def done(rows: pl.LazyFrame, steps: Sequence[Step]) -> pl.LazyFrame:
    """Return rows with steps done to them, one after another.

    Example:
        >>> total = ("select", [], [pl.col("x").sum().meta.serialize()])
        >>> done(pl.LazyFrame({"x": [1, 2]}), [total]).collect().item()
        3
    """
    for op, keys, exprs in steps:
        by, values = ([pl.Expr.deserialize(io.BytesIO(e)) for e in some] for some in (keys, exprs))
        rows = rows.group_by(by).agg(values) if op == "group_by" else getattr(rows, op)(values)
    return rows
