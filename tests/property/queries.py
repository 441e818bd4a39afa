"""Random plans over a dated frame, with what is known of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl
from hypothesis import strategies as st
from polars._typing import AsofJoinStrategy, JoinStrategy

from tests.property.frames import dated_frames
from tests.property.predicates import predicates, windows

__all__ = ["Query", "queries"]

C = pl.col
KEPT = ["date", "k", "x", "n"]


@dataclass(frozen=True)
class Query:
    """A query over a column `date`.

    Attributes:
        lf: the query.
        ordered: its rows come in the same order in every run.
        settled: its rows are the same in every run.
        bounded: a filter on `date` is known to hold for all rows, null dates aside.
    """

    lf: pl.LazyFrame
    ordered: bool = True
    settled: bool = True
    bounded: bool = False

    def then(self, step: Callable[[pl.LazyFrame], pl.LazyFrame], **known: bool) -> Query:
        return replace(self, lf=step(self.lf), **known)


def _row_wise(draw: st.DrawFn, q: Query) -> Query:
    steps: list[Callable[[pl.LazyFrame], pl.LazyFrame]] = [
        lambda lf: lf.with_columns(y=C("x") * 2 + 1),
        lambda lf: lf.rename({"k": "kk"}).rename({"kk": "k"}),
        lambda lf: lf.rename({"date": "d"}).with_columns(x=C("x") + 1).rename({"d": "date"}),
        lambda lf: lf.select("n", "date", "x", k=C("k").str.to_uppercase()),
        lambda lf: lf.with_columns(t=C("x").sum().over("k")),
        lambda lf: lf.filter(C("x").is_not_null()),
        lambda lf: lf.drop_nulls("k"),
        lambda lf: lf.drop_nulls("date"),
        lambda lf: lf.cache(),
        lambda lf: lf.sql("SELECT *, x + 1 AS y FROM self WHERE n >= 2"),
        lambda lf: pl.SQLContext(t=lf).execute("SELECT date, k, x, n FROM t WHERE k IN ('a', 'b')"),
        _unpivoted,
        lambda lf: lf.with_columns(l=pl.concat_list("x", "n")).explode("l").drop("l"),
        _python_function,
        lambda lf: lf.select(C("date", "k"), "x", pl.struct("n").alias("s")).unnest("s"),
    ]
    step = draw(st.sampled_from(steps))
    # The streaming engine unpivots each piece of its input by itself.
    ordered = q.ordered and step is not _unpivoted
    return q.then(step, ordered=ordered, bounded=q.bounded and step is not _python_function)


def _unpivoted(lf: pl.LazyFrame) -> pl.LazyFrame:
    long = lf.select(KEPT).unpivot(["x", "n"], index=["date", "k"])
    return long.select("date", "k", x="value", n="value")


def _python_function(lf: pl.LazyFrame) -> pl.LazyFrame:
    return lf.map_batches(lambda df: df.filter(C("n") % 2 == 0))


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
    return q.then(step, settled=q.settled and q.ordered)


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
    coalesce = draw(st.sampled_from([True, True, None]))
    from_right = "date" in on and how in ("right", "full") and (coalesce or how == "right")
    return q.then(
        lambda lf: lf.join(
            right,
            on=on,
            how=how,
            maintain_order="left_right" if stable else "none",
            coalesce=None if how in ("inner", "semi", "anti") else coalesce,
        ).select(KEPT),
        ordered=q.ordered and stable,
        bounded=q.bounded and not from_right,
    )


def _matched(draw: st.DrawFn, q: Query, other: pl.DataFrame, window: pl.Expr) -> Query:
    """Join by nearness, by an inequality, or all with all."""
    right = other.lazy().select(C("date").alias("d2"), x2="x", k2="k", n2="n")
    kind = draw(st.sampled_from(["asof", "asof, date on the right", "cross", "where", "on a key"]))
    if kind == "asof":
        strategies: tuple[AsofJoinStrategy, ...] = ("backward", "forward", "nearest")
        strategy = draw(st.sampled_from(strategies))
        near = right.sort("d2", maintain_order=True).drop_nulls("d2")
        return q.then(
            lambda lf: (
                lf.drop_nulls("date")
                .sort("date", maintain_order=True)
                .join_asof(near, left_on="date", right_on="d2", strategy=strategy)
                .select("date", "k", "x", C("n2").alias("n"))
            )
        )
    if kind == "asof, date on the right":
        near = other.lazy().drop_nulls("date").filter(window).sort("date", maintain_order=True)
        near = near.with_columns(at=C("date"))
        return q.then(
            lambda lf: (
                lf.drop_nulls("date")
                .sort("date", maintain_order=True)
                .rename({"date": "d"})
                .join_asof(near.drop("k", "x", "n"), left_on="d", right_on="at")
                .select(KEPT)
            ),
            bounded=True,
        )
    if kind == "cross":
        return q.then(lambda lf: lf.join(right.head(3), how="cross").select(KEPT), ordered=False)
    if kind == "where":
        return q.then(
            lambda lf: lf.join_where(right, C("date") <= C("d2"), C("n") > C("n2")).select(KEPT),
            ordered=False,
        )
    return q.then(
        lambda lf: lf.join(
            right, left_on=["date", "k"], right_on=["d2", "k2"], how="inner", nulls_equal=True
        ).select(KEPT),
        ordered=False,
    )


def _combined(draw: st.DrawFn, q: Query, other: pl.DataFrame, window: pl.Expr) -> Query:
    second = other.lazy().select(KEPT)
    kinds = ["concat", "union", "diagonal", "filtered", "beside", "merged"]
    kind = draw(st.sampled_from(kinds))
    if kind == "concat":
        return q.then(lambda lf: pl.concat([lf.select(KEPT), second]), bounded=False)
    if kind == "filtered":
        return q.then(lambda lf: pl.concat([lf.select(KEPT), second.filter(window)]))
    if kind == "diagonal":
        part = second.drop("x").filter(window)
        return q.then(lambda lf: pl.concat([lf, part], how="diagonal"))
    if kind == "beside":
        part = second.select(m="n")
        return q.then(
            lambda lf: pl.concat([lf.select(KEPT), part], how="horizontal_extend").select(KEPT)
        )
    if kind == "merged":
        part = second.filter(window).drop_nulls("date").sort("date")
        return q.then(
            lambda lf: lf.select(KEPT).drop_nulls("date").sort("date").merge_sorted(part, "date"),
            ordered=False,
        )
    return q.then(lambda lf: pl.union([lf.select(KEPT), second]), ordered=False, bounded=False)


def _pivoted(draw: st.DrawFn, q: Query) -> Query:
    stable = draw(st.booleans())
    return q.then(
        lambda lf: (
            lf.select(KEPT)
            .pivot(
                "k",
                on_columns=["a", "b"],
                index="date",
                values="n",
                aggregate_function="sum",
                maintain_order=stable,
            )
            .select("date", C("a").alias("x"), C("b").alias("n"), k=pl.lit("a"))
        ),
        ordered=stable and q.ordered,
    )


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
    other, window = draw(dated_frames(dtype)), draw(windows(dtype))
    if draw(st.booleans()):
        q = q.then(lambda lf: lf.filter(draw(windows(dtype))), bounded=True)
    steps: list[Callable[[Query], Query]] = [
        *[lambda q: _row_wise(draw, q)] * 2,
        lambda q: _order_dependent(draw, q),
        lambda q: _grouped(draw, q),
        lambda q: _joined(draw, q, other),
        lambda q: _matched(draw, q, other, window),
        lambda q: _combined(draw, q, other, window),
        lambda q: _sorted_or_unique(draw, q),
        lambda q: _pivoted(draw, q),
        lambda q: q.then(lambda lf: lf.filter(draw(predicates(dtype)))),
    ]
    for _ in range(draw(st.integers(0, 5))):
        q = draw(st.sampled_from(steps))(q)
    return q
