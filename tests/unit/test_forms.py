"""Every form of filter that bounds understand, written with Polars, and its negation.

One row a form: the filter, the bound that follows from it, and the bound that follows from its
negation. The texts are to be read; that they are right, and no wider than needed, is checked
against what Polars keeps of a frame that holds every day, or every quarter of an hour.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl
import pytest

import polars_io_tools as piot

D, T = dt.date, dt.datetime
BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, WEEK = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(weeks=1)
QUARTER = dt.timedelta(minutes=15)
EXACT = dt.timedelta()

day, other = pl.col("date"), pl.col("other")
us, ms, ns = pl.col("us"), pl.col("ms"), pl.col("ns")
utc, berlin = pl.col("utc"), pl.col("berlin")
x = pl.col("x")

JAN, FEB = D(2024, 1, 1), D(2024, 2, 1)
YEAR = day.is_between(D(2024, 1, 1), D(2024, 12, 31))
YEARS = day.is_between(D(2023, 7, 1), D(2025, 6, 30))


class Form(NamedTuple):
    """A filter beside others, its bound and that of its negation, and how wide they may be."""

    filter: pl.Expr
    bound: str
    negated: str
    beside: pl.Expr | None = None
    slack: dt.timedelta = EXACT


# "-∞" to "∞" without null says that a row without a date cannot pass.
FORMS = {
    # Comparisons.
    "==": Form(day == JAN, "[2024-01-01, 2024-01-01]", "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)"),
    "!=": Form(day != JAN, "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)", "[2024-01-01, 2024-01-01]"),
    "<": Form(day < JAN, "(-∞, 2023-12-31]", "[2024-01-01, ∞)"),
    "<=": Form(day <= JAN, "(-∞, 2024-01-01]", "[2024-01-02, ∞)"),
    ">": Form(day > JAN, "[2024-01-02, ∞)", "(-∞, 2024-01-01]"),
    ">=": Form(day >= JAN, "[2024-01-01, ∞)", "(-∞, 2023-12-31]"),
    "constant on the left": Form(pl.lit(JAN) < day, "[2024-01-02, ∞)", "(-∞, 2024-01-01]"),
    "is_between": Form(
        day.is_between(JAN, FEB), "[2024-01-01, 2024-02-01]", "(-∞, 2023-12-31] ∪ [2024-02-02, ∞)"
    ),
    "is_between, left": Form(
        day.is_between(JAN, FEB, closed="left"),
        "[2024-01-01, 2024-01-31]",
        "(-∞, 2023-12-31] ∪ [2024-02-01, ∞)",
    ),
    "is_between, right": Form(
        day.is_between(JAN, FEB, closed="right"),
        "[2024-01-02, 2024-02-01]",
        "(-∞, 2024-01-01] ∪ [2024-02-02, ∞)",
    ),
    "is_between, none": Form(
        day.is_between(JAN, FEB, closed="none"),
        "[2024-01-02, 2024-01-31]",
        "(-∞, 2024-01-01] ∪ [2024-02-01, ∞)",
    ),
    # is_in: lists, Series, nulls, empty.
    "is_in, list": Form(
        day.is_in([JAN, FEB]),
        "[2024-01-01, 2024-01-01] ∪ [2024-02-01, 2024-02-01]",
        "(-∞, 2023-12-31] ∪ [2024-01-02, 2024-01-31] ∪ [2024-02-02, ∞)",
    ),
    "is_in, set": Form(
        day.is_in({JAN, FEB}),
        "[2024-01-01, 2024-01-01] ∪ [2024-02-01, 2024-02-01]",
        "(-∞, 2023-12-31] ∪ [2024-01-02, 2024-01-31] ∪ [2024-02-02, ∞)",
    ),
    "is_in, Series": Form(
        day.is_in(pl.Series([JAN, FEB]).implode()),
        "[2024-01-01, 2024-01-01] ∪ [2024-02-01, 2024-02-01]",
        "(-∞, 2023-12-31] ∪ [2024-01-02, 2024-01-31] ∪ [2024-02-02, ∞)",
    ),
    "is_in, null in the list": Form(
        day.is_in([JAN, None]), "[2024-01-01, 2024-01-01]", "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)"
    ),
    "is_in, nulls_equal": Form(
        day.is_in([JAN, None], nulls_equal=True),
        "[2024-01-01, 2024-01-01] or null",
        "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)",
    ),
    "is_in, nulls_equal without null": Form(
        day.is_in([JAN], nulls_equal=True),
        "[2024-01-01, 2024-01-01]",
        "(-∞, 2023-12-31] ∪ [2024-01-02, ∞) or null",
    ),
    "is_in, of datetimes": Form(
        us.is_in([T(2024, 1, 1), T(2024, 2, 1)]),
        ("[2024-01-01 00:00:00, 2024-01-01 00:00:00] ∪ [2024-02-01 00:00:00, 2024-02-01 00:00:00]"),
        (
            "(-∞, 2023-12-31 23:59:59.999999] ∪ "
            "[2024-01-01 00:00:00.000001, 2024-01-31 23:59:59.999999] ∪ "
            "[2024-02-01 00:00:00.000001, ∞)"
        ),
    ),
    "is_in, of zoned datetimes": Form(
        berlin.is_in([T(2024, 1, 1, tzinfo=BERLIN)]),
        "[2023-12-31 23:00:00Z, 2023-12-31 23:00:00Z]",
        "(-∞, 2023-12-31 22:59:59.999999Z] ∪ [2023-12-31 23:00:00.000001Z, ∞)",
    ),
    "is_in, of years": Form(
        day.dt.year().is_in([2023, 2025]),
        "[2023-01-01, 2023-12-31] ∪ [2025-01-01, 2025-12-31]",
        "(-∞, 2022-12-31] ∪ [2024-01-01, 2024-12-31] ∪ [2026-01-01, ∞)",
    ),
    # eq_missing and ne_missing.
    "eq_missing": Form(
        day.eq_missing(JAN),
        "[2024-01-01, 2024-01-01]",
        "(-∞, 2023-12-31] ∪ [2024-01-02, ∞) or null",
    ),
    "ne_missing": Form(
        day.ne_missing(JAN),
        "(-∞, 2023-12-31] ∪ [2024-01-02, ∞) or null",
        "[2024-01-01, 2024-01-01]",
    ),
    "eq_missing null": Form(day.eq_missing(None), "null", "(-∞, ∞)"),
    "ne_missing null": Form(day.ne_missing(None), "(-∞, ∞)", "null"),
    # Logic: and, or, xor, all_horizontal, any_horizontal.
    "and": Form(
        (day >= JAN) & (day < FEB), "[2024-01-01, 2024-01-31]", "(-∞, 2023-12-31] ∪ [2024-02-01, ∞)"
    ),
    "or": Form(
        (day < JAN) | (day >= FEB), "(-∞, 2023-12-31] ∪ [2024-02-01, ∞)", "[2024-01-01, 2024-01-31]"
    ),
    "xor": Form(
        (day >= JAN) ^ (day >= FEB),
        "[2024-01-01, 2024-01-31]",
        "(-∞, 2023-12-31] ∪ [2024-02-01, ∞)",
    ),
    "all_horizontal": Form(
        pl.all_horizontal(day >= JAN, day < FEB),
        "[2024-01-01, 2024-01-31]",
        "(-∞, 2023-12-31] ∪ [2024-02-01, ∞)",
    ),
    "any_horizontal": Form(
        pl.any_horizontal(day == JAN, day == FEB),
        "[2024-01-01, 2024-01-01] ∪ [2024-02-01, 2024-02-01]",
        "(-∞, 2023-12-31] ∪ [2024-01-02, 2024-01-31] ∪ [2024-02-02, ∞)",
    ),
    "and, of another column": Form((day >= JAN) & (x > 5), "[2024-01-01, ∞)", "(-∞, ∞) or null"),
    "or, of another column": Form((day >= JAN) | (x > 5), "(-∞, ∞) or null", "(-∞, 2023-12-31]"),
    "a condition compared": Form(
        (day >= JAN) == (day < FEB),
        "[2024-01-01, 2024-01-31]",
        "(-∞, 2023-12-31] ∪ [2024-02-01, ∞)",
    ),
    # when/then/otherwise, of conditions and of dates.
    "when": Form(
        pl.when(x > 5).then(day == JAN).otherwise(day == FEB),
        "[2024-01-01, 2024-01-01] ∪ [2024-02-01, 2024-02-01]",
        "(-∞, ∞)",
    ),
    "when, chained": Form(
        pl.when(x > 5).then(day == JAN).when(x > 3).then(day == FEB).otherwise(False),
        "[2024-01-01, 2024-01-01] ∪ [2024-02-01, 2024-02-01]",
        "(-∞, ∞) or null",
    ),
    "when, without otherwise": Form(
        pl.when(day >= JAN).then(day < FEB), "[2024-01-01, 2024-01-31]", "[2024-02-01, ∞)"
    ),
    "when, of dates": Form(
        pl.when(day >= JAN).then(day).otherwise(None) < FEB,
        "[2024-01-01, 2024-01-31]",
        "[2024-02-01, ∞)",
    ),
    "when, of constants": Form(
        day >= pl.when(x > 5).then(JAN).otherwise(FEB), "[2024-01-01, ∞)", "(-∞, 2024-01-31]"
    ),
    # is_null, is_not_null, and what is done about nulls.
    "is_null": Form(day.is_null(), "null", "(-∞, ∞)"),
    "is_not_null": Form(day.is_not_null(), "(-∞, ∞)", "null"),
    "is_null or": Form(
        day.is_null() | (day == JAN),
        "[2024-01-01, 2024-01-01] or null",
        "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)",
    ),
    "fill_null of a condition": Form(
        (day >= JAN).fill_null(False), "[2024-01-01, ∞)", "(-∞, 2023-12-31] or null"
    ),
    "fill_null of the date": Form(
        day.fill_null(JAN) >= JAN, "[2024-01-01, ∞) or null", "(-∞, 2023-12-31]"
    ),
    "coalesce": Form(
        pl.coalesce(day, pl.lit(D(2000, 1, 1))).is_between(JAN, FEB),
        "[2024-01-01, 2024-02-01]",
        "(-∞, 2023-12-31] ∪ [2024-02-02, ∞) or null",
    ),
    # Literals.
    "datetime against a date": Form(
        day >= T(2024, 1, 1, 12), "[2024-01-02, ∞)", "(-∞, 2024-01-01]"
    ),
    "date against a datetime": Form(
        us >= JAN, "[2024-01-01 00:00:00, ∞)", "(-∞, 2023-12-31 23:59:59.999999]"
    ),
    "zoned datetime": Form(
        berlin >= T(2024, 1, 1, tzinfo=BERLIN),
        "[2023-12-31 23:00:00Z, ∞)",
        "(-∞, 2023-12-31 22:59:59.999999Z]",
    ),
    "pl.date": Form(
        day == pl.date(2024, 1, 1), "[2024-01-01, 2024-01-01]", "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)"
    ),
    "pl.datetime": Form(
        us < pl.datetime(2024, 1, 1, 12),
        "(-∞, 2024-01-01 11:59:59.999999]",
        "[2024-01-01 12:00:00, ∞)",
    ),
    "pl.datetime(time_zone=)": Form(
        berlin >= pl.datetime(2024, 1, 1, 12, time_zone="Europe/Berlin"),
        "[2024-01-01 11:00:00Z, ∞)",
        "(-∞, 2024-01-01 10:59:59.999999Z]",
    ),
    "str.to_date": Form(
        day == pl.lit("2024-01-01").str.to_date(),
        "[2024-01-01, 2024-01-01]",
        "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)",
    ),
    "str.to_date, with a format": Form(
        day == pl.lit("01/02/2024").str.to_date("%d/%m/%Y"),
        "[2024-02-01, 2024-02-01]",
        "(-∞, 2024-01-31] ∪ [2024-02-02, ∞)",
    ),
    "str.to_datetime": Form(
        us <= pl.lit("2024-01-01 12:00").str.to_datetime("%Y-%m-%d %H:%M"),
        "(-∞, 2024-01-01 12:00:00]",
        "[2024-01-01 12:00:00.000001, ∞)",
    ),
    "literal of another unit": Form(
        us >= pl.lit(T(2024, 1, 1), dtype=pl.Datetime("ms")),
        "[2024-01-01 00:00:00, ∞)",
        "(-∞, 2023-12-31 23:59:59.999999]",
    ),
    "constants moved": Form(
        day >= pl.lit(JAN).dt.offset_by("1mo") - pl.duration(days=1),
        "[2024-01-31, ∞)",
        "(-∞, 2024-01-30]",
    ),
    "year of a constant": Form(
        day.dt.year() == pl.lit(JAN).dt.year(),
        "[2024-01-01, 2024-12-31]",
        "(-∞, 2023-12-31] ∪ [2025-01-01, ∞)",
    ),
    "date and time put together": Form(
        us >= pl.lit(JAN).dt.combine(dt.time(12)),
        "[2024-01-01 12:00:00, ∞)",
        "(-∞, 2024-01-01 11:59:59.999999]",
    ),
    "null": Form(day >= pl.lit(None, dtype=pl.Date), "{}", "{}"),
    # Durations on either side.
    "date + duration": Form(
        day + DAY == JAN, "[2023-12-31, 2023-12-31]", "(-∞, 2023-12-30] ∪ [2024-01-01, ∞)"
    ),
    "duration + date": Form(
        pl.duration(days=1) + day == JAN,
        "[2023-12-31, 2023-12-31]",
        "(-∞, 2023-12-30] ∪ [2024-01-01, ∞)",
    ),
    "date - duration": Form(
        day - WEEK == JAN, "[2024-01-08, 2024-01-08]", "(-∞, 2024-01-07] ∪ [2024-01-09, ∞)"
    ),
    "datetime + duration": Form(
        us + HOUR < T(2024, 1, 1), "(-∞, 2023-12-31 22:59:59.999999]", "[2023-12-31 23:00:00, ∞)"
    ),
    "duration + datetime": Form(
        pl.duration(hours=1) + us >= T(2024, 1, 1),
        "[2023-12-31 23:00:00, ∞)",
        "(-∞, 2023-12-31 22:59:59.999999]",
    ),
    "date - date": Form(day - pl.lit(JAN) <= DAY, "(-∞, 2024-01-02]", "[2024-01-03, ∞)"),
    "constant - date": Form(pl.lit(FEB) - day <= WEEK, "[2024-01-25, ∞)", "(-∞, 2024-01-24]"),
    "datetime - datetime": Form(
        us - pl.lit(T(2024, 1, 1)) > HOUR,
        "[2024-01-01 01:00:00.000001, ∞)",
        "(-∞, 2024-01-01 01:00:00]",
    ),
    "constant - datetime": Form(
        pl.lit(T(2024, 2, 1)) - us <= WEEK,
        "[2024-01-25 00:00:00, ∞)",
        "(-∞, 2024-01-24 23:59:59.999999]",
    ),
    "between differences": Form(
        (pl.lit(FEB) - day).is_between(DAY, WEEK),
        "[2024-01-25, 2024-01-31]",
        "(-∞, 2024-01-24] ∪ [2024-02-01, ∞)",
    ),
    "days of a difference": Form(
        (pl.lit(FEB) - day).dt.total_days() <= 7, "[2024-01-25, ∞)", "(-∞, 2024-01-24]"
    ),
    "difference of two units": Form(
        ns - pl.lit(T(2024, 1, 1)) <= WEEK,
        "(-∞, 2024-01-08 00:00:00.000000999]",
        "[2024-01-08 00:00:00.000001, ∞)",
    ),
    "zoned datetime + duration": Form(
        berlin + HOUR >= T(2024, 1, 1, tzinfo=BERLIN),
        "[2023-12-31 22:00:00Z, ∞)",
        "(-∞, 2023-12-31 21:59:59.999999Z]",
    ),
    # Casts between dates, datetimes, units and integers.
    "cast Date to Datetime": Form(
        day.cast(pl.Datetime("us")) >= T(2024, 1, 1), "[2024-01-01, ∞)", "(-∞, 2023-12-31]"
    ),
    "cast Datetime to Date": Form(
        us.cast(pl.Date) == JAN,
        "[2024-01-01 00:00:00, 2024-01-01 23:59:59.999999]",
        "(-∞, 2023-12-31 23:59:59.999999] ∪ [2024-01-02 00:00:00, ∞)",
    ),
    "cast ms to us": Form(
        ms.cast(pl.Datetime("us")) > T(2024, 1, 1),
        "[2024-01-01 00:00:00.001, ∞)",
        "(-∞, 2024-01-01 00:00:00]",
    ),
    "cast us to ms": Form(
        us.cast(pl.Datetime("ms")) == T(2024, 1, 1),
        "[2024-01-01 00:00:00, 2024-01-01 00:00:00.000999]",
        "(-∞, 2023-12-31 23:59:59.999999] ∪ [2024-01-01 00:00:00.001, ∞)",
    ),
    "cast ns to us": Form(
        ns.cast(pl.Datetime("us")) == T(2024, 1, 1),
        "[2024-01-01 00:00:00, 2024-01-01 00:00:00.000000999]",
        "(-∞, 2023-12-31 23:59:59.999999999] ∪ [2024-01-01 00:00:00.000001, ∞)",
    ),
    "cast to an integer": Form(day.cast(pl.Int32) >= 19723, "[2024-01-01, ∞)", "(-∞, 2023-12-31]"),
    "to_physical": Form(
        day.to_physical() == 19723, "[2024-01-01, 2024-01-01]", "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)"
    ),
    "dt.cast_time_unit": Form(
        us.dt.cast_time_unit("ms") >= T(2024, 1, 1),
        "[2024-01-01 00:00:00, ∞)",
        "(-∞, 2023-12-31 23:59:59.999999]",
    ),
    # Functions of the date.
    "dt.date": Form(
        us.dt.date() == JAN,
        "[2024-01-01 00:00:00, 2024-01-01 23:59:59.999999]",
        "(-∞, 2023-12-31 23:59:59.999999] ∪ [2024-01-02 00:00:00, ∞)",
    ),
    "dt.year": Form(
        day.dt.year() == 2024, "[2024-01-01, 2024-12-31]", "(-∞, 2023-12-31] ∪ [2025-01-01, ∞)"
    ),
    "dt.iso_year": Form(
        day.dt.iso_year() == 2024, "[2024-01-01, 2024-12-29]", "(-∞, 2023-12-31] ∪ [2024-12-30, ∞)"
    ),
    "dt.truncate": Form(
        day.dt.truncate("1mo") == FEB,
        "[2024-02-01, 2024-02-29]",
        "(-∞, 2024-01-31] ∪ [2024-03-01, ∞)",
    ),
    "dt.truncate, hours": Form(
        us.dt.truncate("1h") == T(2024, 1, 1, 9),
        "[2024-01-01 09:00:00, 2024-01-01 09:59:59.999999]",
        "(-∞, 2024-01-01 08:59:59.999999] ∪ [2024-01-01 10:00:00, ∞)",
    ),
    "dt.truncate, weeks": Form(
        us.dt.truncate("1w") == T(2024, 1, 1),
        "[2024-01-01 00:00:00, 2024-01-07 23:59:59.999999]",
        "(-∞, 2023-12-31 23:59:59.999999] ∪ [2024-01-08 00:00:00, ∞)",
    ),
    "dt.round": Form(
        day.dt.round("1mo") == FEB, "[2024-01-01, 2024-02-29]", "(-∞, ∞)", slack=31 * DAY
    ),
    "dt.round, days": Form(
        us.dt.round("1d") == T(2024, 1, 1),
        "[2023-12-31 00:00:00, 2024-01-01 23:59:59.999999]",
        "(-∞, ∞)",
        slack=DAY,
    ),
    "dt.month_start": Form(
        day.dt.month_start() == FEB,
        "[2024-02-01, 2024-02-29]",
        "(-∞, 2024-01-31] ∪ [2024-03-01, ∞)",
    ),
    "dt.month_end": Form(
        day.dt.month_end() == D(2024, 2, 29),
        "[2024-02-01, 2024-02-29]",
        "(-∞, 2024-01-31] ∪ [2024-03-01, ∞)",
    ),
    "dt.month_start of a datetime": Form(
        us.dt.month_start() >= T(2024, 2, 1, 12),
        "[2024-02-01 00:00:00, ∞)",
        "(-∞, 2024-02-29 23:59:59.999999]",
        slack=31 * DAY,
    ),
    "dt.offset_by, days": Form(
        day.dt.offset_by("2d") == JAN,
        "[2023-12-30, 2023-12-30]",
        "(-∞, 2023-12-29] ∪ [2023-12-31, ∞)",
    ),
    "dt.offset_by, hours": Form(
        us.dt.offset_by("-90m") >= T(2024, 1, 1),
        "[2024-01-01 01:30:00, ∞)",
        "(-∞, 2024-01-01 01:29:59.999999]",
    ),
    "dt.offset_by, months": Form(
        day.dt.offset_by("1mo") == D(2024, 2, 29),
        "[2024-01-29, 2024-01-31]",
        "(-∞, 2024-01-28] ∪ [2024-02-01, ∞)",
    ),
    "dt.offset_by, months and days": Form(
        day.dt.offset_by("1mo1d") == D(2024, 3, 1),
        "[2024-01-29, 2024-01-31]",
        "(-∞, 2024-01-28] ∪ [2024-02-01, ∞)",
    ),
    "dt.offset_by, months of a datetime": Form(
        us.dt.offset_by("-1mo") < T(2024, 1, 1, 12),
        "(-∞, 2024-02-01 23:59:59.999999]",
        "[2024-02-01 00:00:00, ∞)",
        slack=DAY,
    ),
    "dt.epoch": Form(
        us.dt.epoch("s") >= 1704067200,
        "[2024-01-01 00:00:00, ∞)",
        "(-∞, 2023-12-31 23:59:59.999999]",
    ),
    "dt.epoch, days": Form(
        day.dt.epoch("d") == 19723, "[2024-01-01, 2024-01-01]", "(-∞, 2023-12-31] ∪ [2024-01-02, ∞)"
    ),
    "dt.timestamp": Form(
        us.dt.timestamp("ms") < 1704067200000,
        "(-∞, 2023-12-31 23:59:59.999999]",
        "[2024-01-01 00:00:00, ∞)",
    ),
    "functions of functions": Form(
        day.dt.month_start().dt.year() == 2024,
        "[2024-01-01, 2024-12-31]",
        "(-∞, 2023-12-31] ∪ [2025-01-01, ∞)",
    ),
    # Beside a two-sided bound only the months meant are left.
    "dt.month": Form(
        day.dt.month() == 2,
        "[2024-02-01, 2024-02-29]",
        "[2024-01-01, 2024-01-31] ∪ [2024-03-01, 2024-12-31]",
        beside=YEAR,
    ),
    "dt.month, several": Form(
        day.dt.month().is_in([2, 12]),
        "[2024-02-01, 2024-02-29] ∪ [2024-12-01, 2024-12-31]",
        "[2024-01-01, 2024-01-31] ∪ [2024-03-01, 2024-11-30]",
        beside=YEAR,
    ),
    "dt.month, between": Form(
        day.dt.month().is_between(2, 4),
        "[2024-02-01, 2024-04-30]",
        "[2024-01-01, 2024-01-31] ∪ [2024-05-01, 2024-12-31]",
        beside=YEAR,
    ),
    "dt.quarter": Form(
        day.dt.quarter() == 2,
        "[2024-04-01, 2024-06-30]",
        "[2024-01-01, 2024-03-31] ∪ [2024-07-01, 2024-12-31]",
        beside=YEAR,
    ),
    "dt.week": Form(
        day.dt.week() <= 2,
        "[2024-01-01, 2024-01-14] ∪ [2024-12-30, 2024-12-31]",
        "[2024-01-15, 2024-12-29]",
        beside=YEAR,
    ),
    "dt.month beside a year": Form(
        day.dt.month() == 2,
        "[2024-02-01, 2024-02-29]",
        "[2024-01-01, 2024-01-31] ∪ [2024-03-01, 2024-12-31]",
        beside=day.dt.year() == 2024,
    ),
    "dt.iso_year beside a bound": Form(
        day.dt.iso_year() == 2024,
        "[2024-01-01, 2024-12-29]",
        "[2023-07-01, 2023-12-31] ∪ [2024-12-30, 2025-06-30]",
        beside=YEARS,
    ),
    "dt.month of a datetime": Form(
        us.dt.month() == 2,
        "[2024-02-01 00:00:00, 2024-02-29 23:59:59.999999]",
        (
            "[2024-01-15 00:00:00, 2024-01-31 23:59:59.999999] ∪ "
            "[2024-03-01 00:00:00, 2024-03-05 00:00:00]"
        ),
        beside=us.is_between(T(2024, 1, 15), T(2024, 3, 5)),
    ),
    # Columns with a time zone: by the wall clock within a day, but for UTC.
    "utc, dt.date": Form(
        utc.dt.date() == JAN,
        "[2024-01-01 00:00:00Z, 2024-01-01 23:59:59.999999Z]",
        "(-∞, 2023-12-31 23:59:59.999999Z] ∪ [2024-01-02 00:00:00Z, ∞)",
    ),
    "utc, dt.year": Form(
        utc.dt.year() == 2024,
        "[2024-01-01 00:00:00Z, 2024-12-31 23:59:59.999999Z]",
        "(-∞, 2023-12-31 23:59:59.999999Z] ∪ [2025-01-01 00:00:00Z, ∞)",
    ),
    "utc, dt.truncate": Form(
        utc.dt.truncate("1mo") == T(2024, 2, 1, tzinfo=dt.UTC),
        "[2024-02-01 00:00:00Z, 2024-02-29 23:59:59.999999Z]",
        "(-∞, 2024-01-31 23:59:59.999999Z] ∪ [2024-03-01 00:00:00Z, ∞)",
    ),
    "dt.date, zoned": Form(
        berlin.dt.date() == JAN,
        "[2023-12-31 00:00:00Z, 2024-01-02 23:59:59.999999Z]",
        "(-∞, ∞)",
        slack=2 * DAY,
    ),
    "dt.year, zoned": Form(
        berlin.dt.year() >= 2024,
        "[2023-12-31 00:00:00Z, ∞)",
        "(-∞, 2024-01-01 23:59:59.999999Z]",
        slack=2 * DAY,
    ),
    "cast to Date, zoned": Form(
        berlin.cast(pl.Date) <= JAN,
        "(-∞, 2024-01-02 23:59:59.999999Z]",
        "[2024-01-01 00:00:00Z, ∞)",
        slack=2 * DAY,
    ),
    "dt.truncate, zoned": Form(
        berlin.dt.truncate("1mo") == T(2024, 2, 1, tzinfo=BERLIN),
        "[2024-01-31 00:00:00Z, 2024-03-01 23:59:59.999999Z]",
        "(-∞, ∞)",
        slack=31 * DAY,
    ),
    "dt.offset_by hours, zoned": Form(
        berlin.dt.offset_by("1h") < T(2024, 1, 1, tzinfo=BERLIN),
        "(-∞, 2023-12-31 21:59:59.999999Z]",
        "[2023-12-31 22:00:00Z, ∞)",
    ),
    "dt.offset_by days, zoned": Form(
        berlin.dt.offset_by("1d") < T(2024, 1, 1, tzinfo=BERLIN),
        "(-∞, 2024-01-01 22:59:59.999999Z]",
        "[2023-12-28 23:00:00Z, ∞)",
        slack=3 * DAY,
    ),
    "dt.convert_time_zone": Form(
        berlin.dt.convert_time_zone("UTC") >= T(2024, 1, 1, tzinfo=dt.UTC),
        "[2024-01-01 00:00:00Z, ∞)",
        "(-∞, 2023-12-31 23:59:59.999999Z]",
    ),
    "dt.replace_time_zone": Form(
        berlin.dt.replace_time_zone(None) >= T(2024, 1, 1),
        "[2023-12-31 00:00:00Z, ∞)",
        "(-∞, 2024-01-01 23:59:59.999999Z]",
        slack=2 * DAY,
    ),
    "dt.replace_time_zone, to a zone": Form(
        us.dt.replace_time_zone("Europe/Berlin") >= T(2024, 1, 1, tzinfo=BERLIN),
        "[2023-12-30 23:00:00, ∞)",
        "(-∞, 2024-01-01 22:59:59.999999]",
        slack=2 * DAY,
    ),
    "cast away the zone": Form(
        berlin.cast(pl.Datetime("us")) >= T(2024, 1, 1),
        "[2023-12-31 00:00:00Z, ∞)",
        "(-∞, 2024-01-01 23:59:59.999999Z]",
        slack=2 * DAY,
    ),
    "cast to a zone": Form(
        us.cast(pl.Datetime("us", "Europe/Berlin")) >= T(2024, 1, 1, tzinfo=BERLIN),
        "[2023-12-30 23:00:00, ∞)",
        "(-∞, 2024-01-01 22:59:59.999999]",
        slack=2 * DAY,
    ),
    # Nanoseconds: literals of which Polars shows the microsecond cost at most that.
    "ns, ==": Form(
        ns == T(2024, 1, 1),
        "[2024-01-01 00:00:00, 2024-01-01 00:00:00.000000999]",
        "(-∞, ∞)",
        slack=QUARTER,
    ),
    "ns, >=": Form(
        ns >= T(2024, 1, 1),
        "[2024-01-01 00:00:00, ∞)",
        "(-∞, 2024-01-01 00:00:00.000000998]",
        slack=QUARTER,
    ),
}

UNITS: dict[str, pl._typing.TimeUnit] = {
    "us": "us",
    "ms": "ms",
    "ns": "ns",
    "utc": "us",
    "berlin": "us",
}
ZONES = {"utc": "UTC", "berlin": "Europe/Berlin"}
PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}


def days() -> pl.DataFrame:
    """Return every day of three years, each with several values in other columns."""
    dates = pl.date_range(D(2022, 12, 1), D(2026, 3, 1), eager=True).extend_constant(None, 1)
    others = pl.DataFrame({"x": [2, 4, 9]}).with_columns(other=pl.lit(JAN))
    return dates.alias("date").to_frame().join(others, how="cross")


def quarters(column: str) -> pl.DataFrame:
    """Return the first and last tick of every quarter of an hour of a winter."""
    dtype = pl.Datetime(UNITS[column], ZONES.get(column))
    starts = pl.datetime_range(T(2023, 12, 20), T(2024, 3, 10), QUARTER, eager=True)
    ticks = starts.cast(pl.Datetime(UNITS[column])).to_physical()
    both = pl.concat([ticks, ticks - 1]).sort().extend_constant(None, 1)
    return both.cast(dtype).alias(column).to_frame()


SAMPLES = {"date": days()} | {column: quarters(column) for column in UNITS}


def explained(frame: pl.DataFrame, predicate: pl.Expr, time_unit: str) -> piot.RayPlan:
    namespace = piot.PiotNamespace(frame.lazy().filter(predicate))
    return namespace.explain_on_ray(date_column=frame.columns[0], time_unit=time_unit)


def check_bound(form: Form, predicate: pl.Expr, expected: str) -> None:
    """Compare the bound with the text, and with the rows that pass."""
    (column,) = {*form.filter.meta.root_names()} & {*SAMPLES} or {"date"}
    frame = SAMPLES[column]
    if form.beside is not None:
        predicate = form.beside & predicate
    unit, step = ("daily", DAY) if column == "date" else ("15m", QUARTER)
    assert explained(frame, predicate, unit).bounds == expected

    dates = frame[column]
    inside = pl.col(column).is_between(dates.min(), dates.max()) | pl.col(column).is_null()
    plan = explained(frame, inside & predicate, unit)
    ticks = 1 if column == "date" else 900 * PER_SECOND[UNITS[column]]
    planned = {
        part
        for p in plan.periods
        if p.start is not None and p.end is not None
        for part in range(p.start // ticks, -(-p.end // ticks))
    }
    kept = frame.filter(predicate)[column]
    held = {tick // ticks for tick in kept.to_physical().drop_nulls().to_list()}
    reach = form.slack // step
    near = {part + distance for part in held for distance in range(-reach, reach + 1)}
    assert held <= planned <= near
    assert any(p.start is None for p in plan.periods) == (kept.null_count() > 0)


@pytest.mark.parametrize("name", FORMS)
def test_bound(name: str) -> None:
    form = FORMS[name]
    check_bound(form, form.filter, form.bound)


@pytest.mark.parametrize("name", FORMS)
def test_bound_of_the_negation(name: str) -> None:
    form = FORMS[name]
    check_bound(form, ~form.filter, form.negated)


@pytest.mark.parametrize("none", [day.is_in([]), day.is_in(pl.Series([], dtype=pl.Date).implode())])
def test_nothing_is_in_an_empty_list(none: pl.Expr) -> None:
    assert explained(SAMPLES["date"], none, "daily").bounds == "{}"
    assert explained(SAMPLES["date"], none | (day == JAN), "daily").periods[0].label == "2024-01-01"


def test_drop_nulls_leaves_no_task_for_null_dates() -> None:
    frame = SAMPLES["date"].lazy().filter(day.is_null() | day.is_between(JAN, FEB))
    for lf, nulls in [(frame, True), (frame.drop_nulls(), False), (frame.drop_nulls("x"), True)]:
        plan = piot.PiotNamespace(lf).explain_on_ray(date_column="date", time_unit="monthly")
        assert [p.label for p in plan.periods] == ["2024-01", "2024-02", *["null"] * nulls]


UNKNOWN = {
    "another column": day >= other,
    "an aggregate": day == day.max(),
    "a window": day == day.max().over("x"),
    "a Python function": day.map_batches(lambda s: s > JAN, return_dtype=pl.Boolean),
    "a month alone": day.dt.month() == 2,
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_understood_is_unbounded_but_for_a_second_filter(name: str) -> None:
    for predicate in (UNKNOWN[name], ~UNKNOWN[name]):
        frame = SAMPLES["date"]
        assert explained(frame, predicate, "daily").bounds == "(-∞, ∞) or null"
        labels = [p.label for p in explained(frame, predicate & (day == FEB), "daily").periods]
        assert labels in (["2024-02-01"], [])  # a month that the other filter leaves out
