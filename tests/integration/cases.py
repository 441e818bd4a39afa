"""What the integration tests compare with: plain Polars, in period order."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

__all__ = ["DATES", "QUARTER", "assert_same", "day", "in_period_order", "on_ray"]

day = pl.col("date")

# Every second day of five months.
DATES = pl.date_range(dt.date(2023, 12, 1), dt.date(2024, 4, 30), "2d", eager=True)

QUARTER = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))

_UNITS = {"daily": "1d", "monthly": "1mo", "yearly": "1y"}


def on_ray(lf: pl.LazyFrame, time_unit: Any = "monthly", **options: Any) -> pl.LazyFrame:
    namespace = lf.piot  # type: ignore[attr-defined]  # registered, which types do not show
    lazy: pl.LazyFrame = namespace.execute_on_ray(
        **{"date_column": "date", "time_unit": time_unit, "progress": False} | options
    )
    return lazy


def in_period_order(
    frame: pl.DataFrame, time_unit: str = "monthly", column: str = "date"
) -> pl.DataFrame:
    """Return the rows as a split yields them: by period, nulls last, else as they were."""
    period = pl.col(column).dt.truncate(_UNITS[time_unit])
    return frame.sort(period, nulls_last=True, maintain_order=True)


def assert_same(actual: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Rows, their order and the schema are the same, floats to the last bit."""
    assert_frame_equal(actual, expected, check_exact=True)
