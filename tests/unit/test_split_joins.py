"""Joins, one by one: the bounds that they leave, and the rows of the split.

The column may come from the left or from the right, may be a key or not, and may be made one of
two. Where a row may lack a partner, the date may be null.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.property.process_runner import ProcessRunner
from tests.unit.split_node import (
    BOTH,
    EITHER,
    FIRST,
    LEFT,
    RIGHT,
    SECOND,
    UNBOUNDED,
    Node,
    between,
    left,
    right,
    verify,
)

C = pl.col


def joined(how: Any, bounds: str, column: str = "date", refused: str = "", **options: Any) -> Node:
    """Return a join of the two windows."""

    def build(_: Path) -> pl.LazyFrame:
        return left().join(right(), how=how, **options)

    return Node(build, bounds, column, refused)


def sides(how: Any, bounds: str, column: str = "date", **options: Any) -> Node:
    """Return a join of one window with rows of any date, on another column."""

    def build(_: Path) -> pl.LazyFrame:
        return left().join(RIGHT.lazy(), on="k", how=how, **options)

    return Node(build, bounds, column)


def asof(
    bounds: str, column: str = "date", *, on: str = "date", refused: str = "", **options: Any
) -> Node:
    def build(_: Path) -> pl.LazyFrame:
        near = right().sort("date", maintain_order=True).rename({"date": on})
        return (
            left()
            .sort("date", maintain_order=True)
            .join_asof(
                near,
                left_on="date",
                right_on=on,
                **options,
            )
        )

    return Node(build, bounds, column, refused)


day = RIGHT.lazy().rename({"date": "day"})

JOINS: dict[str, Node] = {
    # The date is on the left and no key: rows of the right are of any date.
    "inner": sides("inner", FIRST),
    "left": sides("left", FIRST),
    "right": sides("right", FIRST + " or null"),
    "full": sides("full", FIRST + " or null"),
    "full, coalesced": sides("full", FIRST + " or null", coalesce=True),
    "semi": sides("semi", FIRST),
    "anti": sides("anti", FIRST),
    "left, not coalesced": sides("left", FIRST, coalesce=False),
    "left, ordered": sides("left", FIRST, maintain_order="left_right"),
    "inner, nulls equal": sides("inner", FIRST, nulls_equal=True),
    "inner, validated": Node(
        lambda _: left().join(RIGHT.lazy().unique("k", keep="first"), on="k", validate="m:1"),
        FIRST,
    ),
    # The date of the right, which has a suffix.
    "inner, right": joined("inner", SECOND, "date_right", on="k"),
    "left, right": joined("left", SECOND + " or null", "date_right", on="k"),
    "right, right": joined("right", SECOND, "date_right", on="k"),
    "full, right": joined("full", SECOND + " or null", "date_right", on="k"),
    "inner, suffix": joined("inner", SECOND, "date2", on="k", suffix="2"),
    "inner, suffix that is a column": Node(
        lambda _: (
            left()
            .with_columns(date_r=C("date"))
            .join(right().with_columns(date_x=C("date")), on="k", suffix="_x2")
        ),
        SECOND,
        "date_x",
    ),
    "inner, right without a suffix": Node(
        lambda _: LEFT.lazy().drop("date").join(right(), on="k"), SECOND
    ),
    "left, right without a suffix": Node(
        lambda _: LEFT.lazy().drop("date").join(right(), on="k", how="left"), SECOND + " or null"
    ),
    # The date is the key.
    "inner on date": joined("inner", BOTH, on="date"),
    "inner on date and k": joined("inner", BOTH, on=["date", "k"]),
    "left on date": joined("left", FIRST, on="date"),
    "right on date": joined("right", SECOND, on="date"),
    "full on date": joined("full", FIRST + " or null", on="date"),
    "full on date, right": joined("full", SECOND + " or null", "date_right", on="date"),
    "full on date, coalesced": joined("full", EITHER, on="date", coalesce=True),
    "semi on date": joined("semi", BOTH, on="date"),
    "anti on date": joined("anti", FIRST, on="date"),
    "left on date, not coalesced": joined(
        "left", SECOND + " or null", "date_right", on="date", coalesce=False
    ),
    "inner on date, not coalesced": joined("inner", BOTH, "date_right", on="date", coalesce=False),
    "right on date, not coalesced": joined("right", FIRST + " or null", on="date", coalesce=False),
    "right on date, not coalesced, right": joined(
        "right", SECOND, "date_right", on="date", coalesce=False
    ),
    "inner on date, nulls equal": Node(
        lambda _: left().join(RIGHT.lazy(), on="date", nulls_equal=True), FIRST
    ),
    "inner on null dates": Node(
        lambda _: (
            LEFT.lazy()
            .filter(C("date").is_null() | (C("v") > 100))
            .filter(C("date").is_null())
            .join(RIGHT.lazy(), on="date", nulls_equal=True)
        ),
        "null",
    ),
    # A key that bounds the other side.
    "inner on date, right filtered": Node(lambda _: LEFT.lazy().join(right(), on="date"), SECOND),
    "semi on date, right filtered": Node(
        lambda _: LEFT.lazy().join(right(), on="date", how="semi"), SECOND
    ),
    "left on date, right filtered": Node(
        lambda _: LEFT.lazy().join(right(), on="date", how="left"),
        UNBOUNDED,
        refused="no lower and no upper bound",
    ),
    # Keys of different names.
    "inner on two names": Node(lambda _: left().join(day, left_on="date", right_on="day"), FIRST),
    "right on two names": Node(
        lambda _: left().join(
            day.filter(C("day") < pl.date(2024, 2, 10), C("day") > pl.date(2024, 1, 1)),
            left_on="date",
            right_on="day",
            how="right",
        ),
        "[2024-01-02, 2024-02-09]",
        "day",
    ),
    "full on two names": Node(
        lambda _: left().join(
            right().rename({"date": "day"}),
            left_on="date",
            right_on="day",
            how="full",
            coalesce=True,
        ),
        EITHER,
    ),
    "inner on an expression of the date": Node(
        lambda _: left().join(
            RIGHT.lazy().with_columns(m=C("date").dt.month()),
            left_on=C("date").dt.month(),
            right_on="m",
        ),
        FIRST,
    ),
    # As-of: the left rows, each with the nearest right one or none.
    "asof": asof(FIRST),
    "asof, forward": asof(FIRST, strategy="forward"),
    "asof, nearest": asof(FIRST, strategy="nearest"),
    "asof, by": asof(FIRST, by="k"),
    "asof, tolerance": asof(FIRST, tolerance="2d"),
    "asof, not coalesced": asof(SECOND + " or null", "date_right", coalesce=False),
    "asof, right": asof(SECOND + " or null", "day", on="day", coalesce=False),
    # All with all.
    "cross": Node(lambda _: left().join(day, how="cross"), FIRST),
    "cross, right": Node(
        lambda _: left().join(right().rename({"date": "day"}), how="cross"), SECOND, "day"
    ),
    "cross, suffix": Node(lambda _: left().join(right(), how="cross"), SECOND, "date_right"),
    # Inequalities.
    "where": Node(lambda _: left().join_where(day, C("v") < C("w")), FIRST),
    "where, one inequality of dates": Node(
        lambda _: left().join_where(day, C("date") <= C("day")), FIRST
    ),
    "where, two inequalities": Node(
        lambda _: left().join_where(day, C("date") <= C("day"), C("v") < C("w")), FIRST
    ),
    "where, equal and less": Node(
        lambda _: left().join_where(day, C("k") == C("k_right"), C("v") < C("w")), FIRST
    ),
    "where, equal": Node(lambda _: left().join_where(day, C("date") == C("day")), FIRST),
    "where, any condition": Node(
        lambda _: left().join_where(day, (C("date") <= C("day")) | (C("v") == C("w"))), FIRST
    ),
    "where, right": Node(
        lambda _: left().join_where(right().rename({"date": "day"}), C("v") < C("w")),
        SECOND,
        "day",
    ),
    "where, then a filter": Node(
        lambda _: LEFT.lazy().join_where(day, C("date") <= C("day")).filter(between(FIRST)), FIRST
    ),
    "where, a condition on one side": Node(
        lambda _: LEFT.lazy().join_where(day, C("v") < C("w"), between(FIRST)), FIRST
    ),
    "where, left": Node(lambda _: left().join_where(day, C("v") * 10 == C("w"), how="left"), FIRST),
    # Two joins, and a frame with itself.
    "twice": Node(lambda _: left().join(day, on="k").join(right(), on="date", suffix="_2"), BOTH),
    "with itself": Node(lambda _: left().join(left(), on="k"), FIRST),
    "with itself, right": Node(lambda _: left().join(left(), on="k"), FIRST, "date_right"),
}


@pytest.mark.parametrize("name", JOINS)
def test_join(name: str, runner: ProcessRunner, tmp_path: Path) -> None:
    verify(JOINS[name], runner, tmp_path)
