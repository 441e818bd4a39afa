"""Random predicates over a date column: of every form that bounds understand, and of others."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from typing import Any, Literal

import polars as pl
from hypothesis import strategies as st

from tests.property.frames import DAYS, FIRST, ticks, zone, zone_info

__all__ = ["predicates", "windows"]

C = pl.col
Closed = Literal["both", "left", "right", "none"]

CLOSED: tuple[Closed, ...] = ("both", "left", "right", "none")
COMPARISONS: tuple[Callable[[Any, Any], Any], ...] = (
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
)
EPOCH = dt.date(1970, 1, 1)


def _days() -> st.SearchStrategy[dt.date]:
    return st.integers(-10, DAYS + 10).map(lambda d: FIRST + dt.timedelta(days=d))


def _ways(dtype: pl.DataType, moment: dt.datetime) -> list[Callable[[], pl.Expr]]:
    """Return the ways to write a moment as a constant that `dtype` compares with."""
    name = zone(dtype)
    day, time = moment.date(), moment.time()
    date = (day.year, day.month, day.day)
    parts = (*date, time.hour, time.minute, time.second, time.microsecond)
    if name is not None:
        return [
            lambda: pl.lit(moment.replace(tzinfo=zone_info(dtype))),
            lambda: pl.datetime(*parts, time_zone=name),
            lambda: pl.lit(moment).dt.replace_time_zone(
                name, ambiguous="earliest", non_existent="null"
            ),
        ]
    written = [lambda: pl.lit(moment), lambda: pl.datetime(*parts)]
    if time == dt.time():
        written += [
            lambda: pl.lit(day),
            lambda: pl.date(*date),
            pl.lit(str(day)).str.to_date,
        ]
    return written


def _constant(dtype: pl.DataType, moment: dt.datetime) -> pl.Expr:
    return _ways(dtype, moment)[0]()


@st.composite
def _constants(draw: st.DrawFn, dtype: pl.DataType, moment: dt.datetime) -> pl.Expr:
    return draw(st.sampled_from(_ways(dtype, moment)))()


@st.composite
def _literals(draw: st.DrawFn, dtype: pl.DataType) -> pl.Expr:
    time = draw(st.sampled_from([dt.time(), dt.time(), dt.time(23, 59, 59, 999_999)]))
    return draw(_constants(dtype, dt.datetime.combine(draw(_days()), time)))


def _in_us(dtype: pl.DataType) -> pl.Expr:
    if zone(dtype) is None:
        return C("date").cast(pl.Datetime("us"))
    return C("date").dt.cast_time_unit("us")


Forms = list[Callable[[], pl.Expr]]


@st.composite
def _atoms(draw: st.DrawFn, dtype: pl.DataType) -> pl.Expr:
    a, b = draw(_literals(dtype)), draw(_literals(dtype))
    date, x = C("date"), C("x")
    compared = st.sampled_from(COMPARISONS)
    forms: list[Forms] = [
        [lambda: draw(compared)(date, a)],
        [lambda: draw(compared)(a, date)],
        [lambda: date.is_between(a, b, closed=draw(st.sampled_from(CLOSED)))],
        [date.is_null, date.is_not_null, lambda: x > 1, lambda: C("k") == "a", x.is_null],
        [
            lambda: date.cast(pl.Date) < draw(_days()),
            lambda: date.cast(pl.Int64) < 20_000 * ticks(dtype),
        ],
        [
            lambda: date.eq_missing(a),
            lambda: date.ne_missing(a),
            lambda: date.eq_missing(None),
            lambda: a.eq_missing(date),
        ],
        [
            lambda: date > date.max().over("k"),
            lambda: date.is_in(date.filter(x == 1).implode()),
        ],
        [
            lambda: pl.all_horizontal(date > a, x > 1),
            lambda: pl.any_horizontal(date < a, date > b),
        ],
        [lambda: draw(_members())],
        [lambda: draw(_functions(dtype))],
    ]
    if zone(dtype) is None:
        forms.append(
            [lambda: date.cast(pl.Datetime("ns")) > a, lambda: date.cast(pl.Datetime("ms")) <= a]
        )
    return draw(st.sampled_from(draw(st.sampled_from(forms))))()


@st.composite
def _members(draw: st.DrawFn) -> pl.Expr:
    days = draw(st.lists(_days(), max_size=4))
    values: list[dt.date | None] = [*days, *draw(st.sampled_from([[], [None]]))]
    nulls_equal = draw(st.booleans())
    years = draw(st.lists(st.sampled_from([2022, 2023, 2024]), max_size=2))
    months = draw(st.lists(st.integers(1, 12), max_size=3))
    as_date = C("date").cast(pl.Date)
    series = pl.Series(values, dtype=pl.Date)
    forms: Forms = [
        lambda: as_date.is_in(values or series, nulls_equal=nulls_equal),
        lambda: as_date.is_in(series.implode(), nulls_equal=nulls_equal),
        lambda: C("date").dt.year().is_in(pl.Series(years, dtype=pl.Int32).implode()),
        lambda: C("date").dt.month().is_in(pl.Series(months, dtype=pl.Int8).implode()),
        lambda: ~as_date.is_in(series.implode()),
    ]
    return draw(st.sampled_from(forms))()


def _seconds(moment: dt.datetime) -> int:
    return int((moment - dt.datetime(1970, 1, 1)).total_seconds())


@st.composite
def _functions(draw: st.DrawFn, dtype: pl.DataType) -> pl.Expr:
    """Draw a comparison of a function of the date with a constant."""
    day = draw(_days())
    moment = dt.datetime.combine(day, dt.time(draw(st.sampled_from([0, 6, 23]))))
    span = dt.timedelta(days=draw(st.integers(-40, 40)), hours=draw(st.sampled_from([0, 5])))
    unit = draw(st.sampled_from(["1d", "3d", "1w", "2w", "1mo", "1q", "1y"]))
    offset = draw(st.sampled_from(["1d", "-3d", "2w", "1mo", "-1mo", "1q", "-1y", "1mo"]))
    midnight = draw(_constants(dtype, dt.datetime.combine(day, dt.time())))
    at = draw(_constants(dtype, moment))
    month = dt.datetime.combine(day.replace(day=1), dt.time())
    date, us = C("date"), _in_us(dtype)
    values: list[Callable[[], tuple[pl.Expr, object]]] = [
        lambda: (us.dt.date(), day),
        lambda: (date.dt.year(), day.year),
        lambda: (date.dt.iso_year(), day.year),
        lambda: (date.dt.month(), day.month),
        lambda: (date.dt.quarter(), 1 + (day.month - 1) // 3),
        lambda: (date.dt.week(), day.isocalendar().week),
        lambda: (date.dt.truncate(unit), midnight),
        lambda: (us.dt.truncate("6h"), at),
        lambda: (us.dt.round(unit), at),
        lambda: (date.dt.month_start(), _constant(dtype, month)),
        lambda: (us.dt.month_end(), at),
        lambda: (date.dt.offset_by(offset), midnight),
        lambda: (us.dt.offset_by("36h"), at),
        lambda: (date + span, midnight),
        lambda: (date - span, midnight),
        lambda: (us + span, at),
        lambda: (pl.lit(span) + us, at),
        lambda: (us - at, span),
        lambda: (at - us, span),
        lambda: (us.dt.epoch("s"), _seconds(moment)),
        lambda: (date.dt.epoch("d"), (day - EPOCH).days),
        lambda: (date.dt.timestamp("ms"), _seconds(moment) * 1000),
        lambda: (us.dt.cast_time_unit("ms"), at),
        lambda: (_in_utc(dtype).dt.convert_time_zone("UTC"), moment.replace(tzinfo=dt.UTC)),
        lambda: (us.dt.replace_time_zone(None), moment),
        lambda: (date.dt.truncate(unit).dt.year(), day.year),
        lambda: (us.dt.offset_by(offset).dt.date(), day),
        lambda: (date, pl.lit(day).dt.offset_by(offset)),
        lambda: (us, at + pl.lit(span)),
    ]
    value, constant = draw(st.sampled_from(values))()
    compared: pl.Expr = draw(st.sampled_from(COMPARISONS))(value, constant)
    return ~compared if draw(st.booleans()) else compared


def predicates(dtype: pl.DataType) -> st.SearchStrategy[pl.Expr]:
    """Draw boolean expressions of all the forms that bounds understand, and others."""
    return st.recursive(
        _atoms(dtype),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda p: p[0] & p[1]),
            st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
            inner.map(lambda p: ~p),
            st.tuples(inner, inner).map(lambda p: p[0] ^ p[1]),
            st.tuples(inner, inner, inner).map(lambda p: pl.when(p[0]).then(p[1]).otherwise(p[2])),
        ),
        max_leaves=5,
    )


def _in_utc(dtype: pl.DataType) -> pl.Expr:
    us = _in_us(dtype)
    return us.dt.replace_time_zone("UTC") if zone(dtype) is None else us


def _ranges(a: pl.Expr, b: pl.Expr, closed: Closed, low: pl.Expr) -> Forms:
    """Return the ways to say that the date lies between two constants.

    `low` is a constant of the column's own type: dates too far away for a Datetime are null when
    they are compared with one, and null chooses the second branch.
    """
    date = C("date")
    return [
        *[lambda: date.is_between(a, b, closed=closed)] * 3,
        lambda: (date >= a) & (date < b),
        lambda: (a <= date) & (b > date),
        lambda: ~((date < a) | (date > b)),
        lambda: pl.all_horizontal(date > a, date <= b),
        lambda: ~pl.any_horizontal(date < a, date >= b),
        lambda: (date >= a) ^ (date > b),
        lambda: pl.when(date < low).then(pl.lit(value=False)).otherwise(date <= b),
        lambda: pl.any_horizontal([date == a + dt.timedelta(days=d) for d in range(130)]),
        lambda: date.eq_missing(a),
        lambda: (date == a) | (date == b),
        lambda: ~date.ne_missing(b),
    ]


def _calendar(dtype: pl.DataType, low: dt.date, high: dt.date) -> Forms:
    """Return bounds by functions of the date, from one day to another."""
    date, us = C("date"), _in_us(dtype)
    start, end = (dt.datetime.combine(d, dt.time()) for d in (low, high))
    a, b = _constant(dtype, start), _constant(dtype, end)
    month = _constant(dtype, start.replace(day=1))
    as_date = date.cast(pl.Date)
    return [
        lambda: us.dt.date().is_between(low, high),
        lambda: as_date.is_in([low, high]),
        lambda: as_date.is_in(pl.Series([low, None]).implode(), nulls_equal=False),
        lambda: as_date.is_between(low, high),
        lambda: date.dt.year() == low.year,
        lambda: (date.dt.year() == high.year) & (date.dt.month() == high.month),
        lambda: date.dt.year().is_between(low.year, high.year),
        lambda: (date.dt.iso_year() == high.year) & (date.dt.week() > 3),
        lambda: (date.dt.year() == low.year) & (date.dt.quarter() == 4),
        lambda: date.dt.truncate("1mo") == month,
        lambda: date.dt.truncate("1w").is_between(a, b),
        lambda: us.dt.round("1d").is_between(a, b),
        lambda: date.dt.month_start() == month,
        lambda: us.dt.month_end().is_between(a, b),
        lambda: date.dt.offset_by("1mo").is_between(a, b),
        lambda: date.dt.offset_by("-2d").is_between(a, b),
        lambda: (date + dt.timedelta(days=3)).is_between(a, b),
        lambda: (us - a).is_between(dt.timedelta(days=-3), dt.timedelta(days=30)),
        lambda: (us.dt.epoch("s") >= _seconds(start)) & (us.dt.epoch("s") < _seconds(end)),
        lambda: date.dt.timestamp("ms").is_between(_seconds(start) * 1000, _seconds(end) * 1000),
        lambda: date.cast(pl.Int64).is_between(
            (low - EPOCH).days * ticks(dtype), (high - EPOCH).days * ticks(dtype)
        ),
        lambda: us.dt.cast_time_unit("ms").is_between(a, b),
        lambda: (
            _in_utc(dtype)
            .dt.convert_time_zone("UTC")
            .is_between(start.replace(tzinfo=dt.UTC), end.replace(tzinfo=dt.UTC))
        ),
        lambda: us.dt.replace_time_zone(None).is_between(start, end),
    ]


@st.composite
def windows(draw: st.DrawFn, dtype: pl.DataType) -> pl.Expr:
    """Draw predicates that bound `date` on both sides, with or without null dates."""
    low, high = sorted((draw(_days()), draw(_days())))
    start, end = (dt.datetime.combine(d, dt.time()) for d in (low, high))
    a, b = draw(_constants(dtype, start)), draw(_constants(dtype, end))
    own = pl.lit(low) if dtype == pl.Date else a
    kinds: list[Callable[[], Forms]] = [
        lambda: _ranges(a, b, draw(st.sampled_from(CLOSED)), own),
        lambda: _calendar(dtype, low, high),
    ]
    window = draw(st.sampled_from(draw(st.sampled_from(kinds))()))()
    return draw(st.sampled_from([window, window, window | C("date").is_null()]))
