"""The rows of a plan that belong to a period, or to several that follow one another.

A period's rows are those that a filter on top of the plan lets through. The rows of neighbours can
therefore be computed at once: a filter over all of them lets the same rows through, and the order
of the periods, within which the query's own stays, is restored afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import polars as pl
import polars.selectors as cs

from polars_io_tools._plan import Period

__all__ = ["in_period_order", "neighbours", "period_filter"]


def period_filter(dtype: pl.DataType, column: str, period: Period) -> pl.Expr:
    """Return the filter of a period, in physical integers of the column's own type.

    The column is selected by its exact name, for `pl.col("^a$")` would be a pattern.
    """
    date = cs.by_name(column).as_expr()
    if period.start is None or period.end is None:
        return date.is_null()
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    start = pl.lit(period.start, dtype=physical).cast(dtype)
    end = pl.lit(period.end, dtype=physical).cast(dtype)
    return (date >= start) & (date < end)


def neighbours(periods: Sequence[Period]) -> Iterator[Sequence[Period]]:
    """Yield the periods in runs, in each of which one period ends where the next one starts."""
    breaks = [
        position
        for position, (left, right) in enumerate(pairwise(periods), 1)
        if left.end is None or left.end != right.start
    ]
    for start, end in pairwise([0, *breaks, len(periods)]):
        yield periods[start:end]


def in_period_order(frame: pl.DataFrame, column: str, run: Sequence[Period]) -> pl.DataFrame:
    """Return the rows of neighbouring periods, period by period, else in the order they have."""
    dates = frame.get_column(column).to_physical()
    if dates.is_sorted():
        return frame
    starts = pl.Series([period.start for period in run], dtype=dates.dtype)
    period = starts.search_sorted(dates, side="right").alias("period")
    order = period.to_frame().with_row_index("row").sort("period", maintain_order=True)
    return frame[order["row"]]
