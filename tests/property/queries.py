"""Random frames, predicates and plans, with what is known of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl
from hypothesis import strategies as st
from polars._typing import JoinStrategy

__all__ = ["TYPES", "Query", "dated_frames", "predicates", "queries"]

TYPES = (pl.Date(), pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns"))

FIRST = dt.date(2023, 11, 20)
DAYS = 110

C = pl.col

CLOSED: tuple[Literal["both", "left", "right", "none"], ...] = ("both", "left", "right", "none")


@dataclass(frozen=True)
class Query:
    """A query over a column `date`.

    Attributes:
        lf: the query.
        ordered: its rows come in the same order in every run.
        settled: its rows are the same in every run.
    """

    lf: pl.LazyFrame
    ordered: bool = True
    settled: bool = True

    def then(self, step: Callable[[pl.LazyFrame], pl.LazyFrame], **known: bool) -> Query:
        return replace(self, lf=step(self.lf), **known)


@st.composite
def dated_frames(draw: st.DrawFn, dtype: pl.DataType) -> pl.DataFrame:
    """Draw up to 40 rows of dates within four months, or null, with other columns."""
    rows = draw(st.integers(0, 40))
    rng = draw(st.randoms(use_true_random=False))
    date: list[int | None] = [
        None if rng.random() < 0.1 else rng.randrange(DAYS) for _ in range(rows)
    ]
    base = (FIRST - dt.date(1970, 1, 1)).days
    if dtype == pl.Date:
        column = pl.Series("date", [d and base + d for d in date], dtype=pl.Int32).cast(dtype)
    else:
        assert isinstance(dtype, pl.Datetime)
        ticks = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}[dtype.time_unit]
        # Many values at midnight or one tick before it, where bounds go wrong.
        inside = [0, ticks - 1, ticks // 2, 1]
        physical = [None if d is None else (base + d) * ticks + rng.choice(inside) for d in date]
        column = pl.Series("date", physical, dtype=pl.Int64).cast(dtype)
    return pl.DataFrame(
        [
            column,
            pl.Series("k", [rng.choice(["a", "b", "c", None]) for _ in range(rows)], pl.String),
            pl.Series("x", [rng.choice([1, 2, 3, None]) for _ in range(rows)], pl.Int64),
            pl.Series("n", range(rows), pl.Int64),
        ]
    )


def _days() -> st.SearchStrategy[dt.date]:
    return st.integers(-10, DAYS + 10).map(lambda d: FIRST + dt.timedelta(days=d))


@st.composite
def _literals(draw: st.DrawFn) -> pl.Expr:
    day = draw(_days())
    kind = draw(st.sampled_from(["date", "datetime", "pl.date", "late"]))
    if kind == "date":
        return pl.lit(day)
    if kind == "pl.date":
        return pl.date(day.year, day.month, day.day)
    time = dt.time() if kind == "datetime" else dt.time(23, 59, 59, 999_999)
    return pl.lit(dt.datetime.combine(day, time))


@st.composite
def _atoms(draw: st.DrawFn) -> pl.Expr:
    a, b = draw(_literals()), draw(_literals())
    date = C("date")
    forms = [
        [date < a, date <= a, date > a, date >= a, date == a, date != a],
        [a < date, a <= date, a > date, a >= date, a == date, a != date],
        [date.is_between(a, b, closed=c) for c in CLOSED],
        [date.is_null(), date.is_not_null(), C("x") > 1, C("k") == "a", C("x").is_null()],
        [date.cast(pl.Datetime("ns")) > a, date.cast(pl.Date) < a, date.cast(pl.Int64) < 20_000],
        [date.eq_missing(a), date.ne_missing(a), date.eq_missing(None), a.eq_missing(date)],
        [date > date.max().over("k"), date.is_in(date.filter(C("x") == 1).implode())],
        [pl.all_horizontal(date > a, C("x") > 1), pl.any_horizontal(date < a, date > b)],
        draw(_members()),
        draw(_functions()),
    ]
    return draw(st.sampled_from(draw(st.sampled_from(forms))))


@st.composite
def _members(draw: st.DrawFn) -> list[pl.Expr]:
    days = draw(st.lists(_days(), max_size=4))
    values: list[dt.date | None] = [*days, *draw(st.sampled_from([[], [None]]))]
    series = pl.Series(values, dtype=pl.Date)
    nulls_equal = draw(st.booleans())
    years = draw(st.lists(st.sampled_from([2022, 2023, 2024]), max_size=2))
    months = draw(st.lists(st.integers(1, 12), max_size=3))
    as_date = C("date").cast(pl.Date)
    return [
        as_date.is_in(series.to_list(), nulls_equal=nulls_equal),
        as_date.is_in(series.implode(), nulls_equal=nulls_equal),
        C("date").dt.year().is_in(pl.Series(years, dtype=pl.Int32).implode()),
        C("date").dt.month().is_in(pl.Series(months, dtype=pl.Int8).implode()),
        ~as_date.is_in(series.to_list()),
    ]


@st.composite
def _functions(draw: st.DrawFn) -> list[pl.Expr]:
    """Draw comparisons of functions of the date with constants."""
    day = draw(_days())
    moment = dt.datetime.combine(day, dt.time(draw(st.sampled_from([0, 6, 23]))))
    span = dt.timedelta(days=draw(st.integers(-40, 40)), hours=draw(st.sampled_from([0, 5])))
    unit = draw(st.sampled_from(["1d", "3d", "1w", "2w", "1mo", "1q", "1y"]))
    offset = draw(st.sampled_from(["1d", "-3d", "2w", "1mo", "-1mo", "1q", "-1y", "1mo"]))
    date, us = C("date"), C("date").cast(pl.Datetime("us"))
    values: list[tuple[pl.Expr, object]] = [
        (us.dt.date(), day),
        (date.dt.year(), day.year),
        (date.dt.iso_year(), day.year),
        (date.dt.month(), day.month),
        (date.dt.quarter(), 1 + (day.month - 1) // 3),
        (date.dt.week(), day.isocalendar().week),
        (date.dt.truncate(unit), day),
        (us.dt.truncate("6h"), moment),
        (us.dt.round(unit), moment),
        (date.dt.month_start(), day.replace(day=1)),
        (us.dt.month_end(), moment),
        (date.dt.offset_by(offset), day),
        (us.dt.offset_by("36h"), moment),
        (date + span, day),
        (date - span, day),
        (us + span, moment),
        (us - moment, span),
        (moment - us, span),
        (us.dt.epoch("s"), int(moment.timestamp())),
        (date.dt.epoch("d"), (day - dt.date(1970, 1, 1)).days),
        (date.dt.timestamp("ms"), int(moment.timestamp()) * 1000),
        (us.dt.cast_time_unit("ms"), moment),
        (us.dt.replace_time_zone("UTC").dt.convert_time_zone("UTC"), moment.replace(tzinfo=dt.UTC)),
        (date.dt.truncate(unit).dt.year(), day.year),
        (us.dt.offset_by(offset).dt.date(), day),
        (date, pl.lit(str(day)).str.to_date()),
        (date, pl.lit(day).dt.offset_by(offset)),
        (us, pl.lit(moment) + pl.lit(span)),
    ]
    value, constant = draw(st.sampled_from(values))
    return [
        value == constant,
        value != constant,
        value < constant,
        value >= constant,
        ~(value > constant),
        value <= constant,
    ]


def predicates() -> st.SearchStrategy[pl.Expr]:
    """Draw boolean expressions of all the forms that bounds understand, and others."""
    return st.recursive(
        _atoms(),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda p: p[0] & p[1]),
            st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
            inner.map(lambda p: ~p),
            st.tuples(inner, inner).map(lambda p: p[0] ^ p[1]),
            st.tuples(inner, inner, inner).map(lambda p: pl.when(p[0]).then(p[1]).otherwise(p[2])),
        ),
        max_leaves=5,
    )


def windows() -> st.SearchStrategy[pl.Expr]:
    """Draw predicates that bound `date` on both sides, with or without null dates."""
    closed = st.sampled_from(CLOSED)
    between = st.tuples(_days(), _days(), closed).map(
        lambda w: C("date").is_between(min(w[:2]), max(w[:2]), closed=w[2])
    )
    null = C("date").is_null()
    return st.one_of(between, between.map(lambda b: b | null))


def _row_wise(draw: st.DrawFn, q: Query) -> Query:
    steps: list[Callable[[pl.LazyFrame], pl.LazyFrame]] = [
        lambda lf: lf.with_columns(y=C("x") * 2 + 1),
        lambda lf: lf.rename({"k": "kk"}).rename({"kk": "k"}),
        lambda lf: lf.rename({"date": "d"}).with_columns(x=C("x") + 1).rename({"d": "date"}),
        lambda lf: lf.select("n", "date", "x", k=C("k").str.to_uppercase()),
        lambda lf: lf.with_columns(t=C("x").sum().over("k")),
        lambda lf: lf.filter(C("x").is_not_null()),
        lambda lf: lf.drop_nulls("k"),
        lambda lf: lf.with_columns(l=pl.concat_list("x", "n")).explode("l").drop("l"),
        lambda lf: lf.map_batches(lambda df: df.filter(C("n") % 2 == 0)),
        lambda lf: lf.select(C("date", "k"), "x", pl.struct("n").alias("s")).unnest("s"),
    ]
    step = draw(st.sampled_from(steps))
    return q.then(step)


def _order_dependent(draw: st.DrawFn, q: Query) -> Query:
    n = draw(st.integers(0, 30))
    steps: list[Callable[[pl.LazyFrame], pl.LazyFrame]] = [
        lambda lf: lf.head(n),
        lambda lf: lf.tail(n),
        lambda lf: lf.slice(2, n),
        lambda lf: lf.with_columns(c=C("x").cum_sum()),
        lambda lf: lf.with_columns(c=C("x").shift(1)),
        lambda lf: lf.with_row_index("row").drop("row"),
        lambda lf: lf.with_row_index("row").with_columns(c=C("row").cast(pl.Int64)).drop("row"),
        lambda lf: lf.with_columns(c=C("n").cum_count().over("k")),
        lambda lf: lf.with_columns(c=C("n").first()),
        lambda lf: lf.reverse(),
        lambda lf: lf.filter(C("k").is_first_distinct()),
        lambda lf: lf.unique("k", keep="first", maintain_order=True),
        lambda lf: lf.unique("k", keep="last", maintain_order=True),
    ]
    step = draw(st.sampled_from(steps))
    return q.then(step)


def _grouped(draw: st.DrawFn, q: Query) -> Query:
    stable = draw(st.booleans())
    keys = draw(st.sampled_from([["date"], ["date", "k"], ["k", "date"]]))
    agg = [C("x").sum(), C("n").min()]
    if draw(st.booleans()):
        agg = [C("x").last(), C("n").first()]
    q = q.then(
        lambda lf: (
            lf.group_by(keys, maintain_order=stable)
            .agg(*agg)
            .with_columns(k=C("k") if "k" in keys else pl.lit("a"))
        ),
        ordered=stable and q.ordered,
        settled=q.settled and (q.ordered or agg[0].meta.eq(C("x").sum())),
    )
    if draw(st.booleans()):
        q = q.then(lambda lf: lf.sort(keys), ordered=q.settled)
    return q


def _joined(draw: st.DrawFn, q: Query, other: pl.DataFrame) -> Query:
    right = other.lazy().rename({"x": "x2"})
    hows: tuple[JoinStrategy, ...] = ("inner", "left", "semi", "anti", "full", "right")
    how = draw(st.sampled_from(hows))
    on = draw(st.sampled_from([["date"], ["k"], ["date", "k"]]))
    stable = draw(st.booleans())
    kept = ["date", "k", "x", "n"]
    return q.then(
        lambda lf: lf.join(
            right,
            on=on,
            how=how,
            maintain_order="left_right" if stable else "none",
            coalesce=None if how in ("inner", "semi", "anti") else True,
        ).select(kept),
        ordered=q.ordered and stable,
    )


def _combined(draw: st.DrawFn, q: Query, other: pl.DataFrame) -> Query:
    kept = ["date", "k", "x", "n"]
    second = other.lazy().select(kept)
    window = draw(windows())
    kind = draw(st.sampled_from(["concat", "union", "diagonal", "filtered"]))
    if kind == "concat":
        return q.then(lambda lf: pl.concat([lf.select(kept), second]))
    if kind == "filtered":
        return q.then(lambda lf: pl.concat([lf.select(kept), second.filter(window)]))
    if kind == "diagonal":
        return q.then(lambda lf: pl.concat([lf, second.drop("x")], how="diagonal"))
    return q.then(lambda lf: pl.union([lf.select(kept), second]), ordered=False)


def _sorted_or_unique(draw: st.DrawFn, q: Query) -> Query:
    kind = draw(st.sampled_from(["sort", "stable", "rows", "any", "dated", "none"]))
    if kind == "sort":
        return q.then(lambda lf: lf.sort("k"), ordered=False)
    if kind == "stable":
        return q.then(lambda lf: lf.sort("x", "k", maintain_order=True))
    if kind == "rows":
        return q.then(lambda lf: lf.unique(), ordered=False)
    if kind == "any":
        return q.then(lambda lf: lf.unique("k"), ordered=False, settled=False)
    if kind == "dated":
        return q.then(lambda lf: lf.unique(["date", "k"]), ordered=False, settled=False)
    return q.then(lambda lf: lf.unique("k", keep="none"), ordered=False)


@st.composite
def queries(
    draw: st.DrawFn, dtype: pl.DataType, scan: Callable[[pl.DataFrame], pl.LazyFrame]
) -> Query:
    """Draw a plan of up to five steps; every step keeps the columns date, k, x and n."""
    q = Query(scan(draw(dated_frames(dtype))))
    other = draw(dated_frames(dtype))
    kinds = ["row", "row", "order", "group", "join", "combine", "sort", "filter"]
    for _ in range(draw(st.integers(0, 5))):
        step = draw(st.sampled_from(kinds))
        if step == "row":
            q = _row_wise(draw, q)
        elif step == "order":
            q = _order_dependent(draw, q)
        elif step == "group":
            q = _grouped(draw, q)
        elif step == "join":
            q = _joined(draw, q, other)
        elif step == "combine":
            q = _combined(draw, q, other)
        elif step == "sort":
            q = _sorted_or_unique(draw, q)
        else:
            q = replace(q, lf=q.lf.filter(draw(predicates())))
    return q
