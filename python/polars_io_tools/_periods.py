"""The rows of a plan that belong to a period, or to several that follow one another.

A period's rows are those that a filter on top of the plan lets through. The rows of neighbours can
therefore be computed at once: a filter over all of them lets the same rows through, and the order
of the periods, within which the query's own stays, is restored afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import polars as pl

from polars_io_tools._period import AnyPartition, Period

__all__ = ["in_period_order", "neighbours", "rows_of_each"]


def neighbours(parts: Sequence[AnyPartition]) -> Iterator[Sequence[AnyPartition]]:
    """Yield the periods in runs, in each of which one period ends where the next one starts.

    Partitions that are no periods come one by one.
    """
    breaks = [
        position
        for position, (left, right) in enumerate(pairwise(parts), 1)
        if not (isinstance(left, Period) and isinstance(right, Period))
        or left.end is None
        or left.end != right.start
    ]
    for start, end in pairwise([0, *breaks, len(parts)]):
        yield parts[start:end]


def in_period_order(frame: pl.DataFrame, column: str, run: Sequence[Period]) -> pl.DataFrame:
    """Return the rows of neighbouring periods, period by period, else in the order they have."""
    dates = frame.get_column(column).to_physical()
    if dates.is_sorted():
        return frame
    starts = pl.Series([period.start for period in run], dtype=dates.dtype)
    period = starts.search_sorted(dates, side="right").alias("period")
    order = period.to_frame().with_row_index("row").sort("period", maintain_order=True)
    return frame[order["row"]]


def rows_of_each(frame: pl.DataFrame, column: str, run: Sequence[Period]) -> list[int]:
    """Return how many rows each of neighbouring periods has, in a frame that is in their order."""
    dates = frame.get_column(column).to_physical()
    starts = pl.Series([period.start for period in run], dtype=dates.dtype)
    if dates.is_sorted():
        ends = [*dates.search_sorted(starts, side="left").to_list()[1:], len(dates)]
        return [end - start for start, end in pairwise([0, *ends])]
    found = starts.search_sorted(dates, side="right").value_counts()
    counts = dict(found.iter_rows())
    return [counts.get(number, 0) for number in range(1, len(run) + 1)]
