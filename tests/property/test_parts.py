"""Parts of kept results: what filters leave out has no rows."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from polars_io_tools._statistics import PartIndex, statistics_of
from tests.property.values import POOLS, filters, frames

LEFT_OUT: list[int] = []


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[pl.DataFrame], pl.Expr]:
    """Draw parts, sorted by a column so that they can be told apart, and a filter on it."""
    kind = draw(st.sampled_from(sorted(POOLS)))
    frame = draw(frames([kind]))
    if draw(st.booleans()):
        frame = frame.sort("c0")
    ends = sorted(draw(st.lists(st.integers(0, frame.height), max_size=4)))
    cuts = [0, *ends, frame.height]
    parts = [frame[start:end] for start, end in pairwise(cuts)]
    return parts, draw(filters("c0", kind))


@settings(max_examples=300, deadline=None)
@given(questions())
def check_no_row_is_left_out(question: tuple[list[pl.DataFrame], pl.Expr]) -> None:
    parts, predicate = question
    index = PartIndex(parts[0].schema, [statistics_of(part) for part in parts])
    chosen = index.holding(predicate)
    assert chosen == sorted(set(chosen))
    for position in set(range(len(parts))) - set(chosen):
        assert parts[position].filter(predicate).height == 0, (position, str(predicate))
        LEFT_OUT.append(position)


def test_no_row_is_left_out() -> None:
    check_no_row_is_left_out()
    assert len(LEFT_OUT) > 50, "nothing is chosen"
