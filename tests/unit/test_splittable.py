"""Queries that a split would answer wrongly are refused; their near neighbours are not."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

import polars_io_tools as piot

day = pl.col("date")
V = pl.col("v")
BASE = pl.LazyFrame({"date": [dt.date(2024, 1, 1)], "k": ["a"], "v": [1.5]}).filter(
    day.is_between(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
)
OTHER = pl.LazyFrame({"k": ["a"], "w": [1], "day": [dt.date(2024, 1, 1)]})
JOINED = BASE.join(OTHER, on="k")
GROUPED = BASE.group_by("date", "k").agg(V.sum())

STABLE = "maintain_order=True"
AFTER = "after execute_on_ray"

# The query, the node that the message names, what the message says to write instead.
REFUSED: dict[str, tuple[pl.LazyFrame, str, str]] = {
    # unique
    "unique, any row": (BASE.unique("k"), "unique", 'keep="first", maintain_order=True'),
    "unique, any row in order": (BASE.unique("k", maintain_order=True), "unique", 'keep="first"'),
    "unique, first after a join": (
        JOINED.unique("k", keep="first"),
        'unique("k") with keep="first"',
        "maintain_order",
    ),
    "unique, last after a join": (JOINED.unique("k", keep="last"), 'keep="last"', "maintain_order"),
    "unique without the date after a choice": (
        BASE.unique(["date", "k"]).unique("v", keep="first", maintain_order=True),
        "unique",
        "Write it after",
    ),
    # head and what else goes by place
    "head of an unstable sort": (BASE.sort("k").head(3), "slice", STABLE),
    "tail of an unstable sort": (BASE.sort("k").tail(3), "slice", STABLE),
    "top_k": (BASE.top_k(3, by="k"), "slice", STABLE),
    "head of a join": (JOINED.head(3), "slice", 'maintain_order="left_right"'),
    # Polars drops the promised order of a join when it pushes a slice into it.
    "head of an ordered join": (
        BASE.join(OTHER, on="k", maintain_order="left_right").head(3),
        "slice",
        "maintain_order=True",
    ),
    "head of a group_by": (GROUPED.head(3), "slice", "group_by(..., maintain_order=True)"),
    "head of unique": (BASE.unique().head(3), "slice", "unique(..., maintain_order=True)"),
    "head of a union": (pl.union([BASE, BASE]).head(3), "slice", "pl.concat"),
    "head of merge_sorted": (BASE.merge_sorted(BASE, "date").head(3), "slice", STABLE),
    "head of a stable sort of a join": (
        JOINED.sort("k", maintain_order=True).head(3),
        "slice",
        'maintain_order="left_right"',
    ),
    "head of a sort by some keys": (GROUPED.sort("date").head(3), "slice", STABLE),
    "row index after a join": (JOINED.with_row_index(), "with_row_index", "left_right"),
    "gather_every after a join": (JOINED.gather_every(2), "gather_every", "left_right"),
    "beside a join": (
        pl.concat([JOINED.drop("day"), OTHER.select("day")], how="horizontal"),
        "concat",
        "left_right",
    ),
    # expressions that go by order
    "running sum after a join": (JOINED.with_columns(V.cum_sum()), "cum_sum", "left_right"),
    "shift after a group_by": (GROUPED.with_columns(V.shift()), "shift", "group_by"),
    "difference after a sort": (BASE.sort("k").with_columns(V.diff()), "diff", STABLE),
    "forward fill after a join": (JOINED.with_columns(V.forward_fill()), "fill_null", "left_right"),
    "ordinal rank after a join": (JOINED.with_columns(V.rank("ordinal")), "rank", "left_right"),
    "first over, after a join": (JOINED.with_columns(V.first().over("k")), "first", "left_right"),
    "rolling mean after a join": (JOINED.with_columns(V.rolling_mean(3)), "rolling_mean", "left"),
    "filter by place after a join": (
        JOINED.filter(V.is_first_distinct()),
        "is_first_distinct",
        "left",
    ),
    "a function over a join": (
        JOINED.map_batches(lambda f: f).filter(
            day.is_between(dt.date(2024, 1, 1), dt.date(2024, 2, 1))
        ),
        "map_batches",
        "left_right",
    ),
    "a function over a column after a join": (
        JOINED.with_columns(V.map_batches(lambda s: s, return_dtype=pl.Float64)),
        "python function",
        "left_right",
    ),
    "a function over rows after a join, which Polars does not show to be one": (
        JOINED.with_columns(
            V.map_batches(lambda s: s, return_dtype=pl.Float64, is_elementwise=True)
        ),
        "python function",
        "left_right",
    ),
    # chance
    "sample": (BASE.with_columns(V.sample(fraction=1, shuffle=True)), "sample", AFTER),
    "shuffle": (BASE.with_columns(V.shuffle()), "shuffle", AFTER),
    "shuffle with a seed": (BASE.with_columns(V.shuffle(1)), "shuffle", AFTER),
    "random rank": (BASE.with_columns(V.rank("random")), "rank", AFTER),
    "filter by sample": (BASE.filter(V.shuffle() > 1), "shuffle", AFTER),
    "shuffled lists": (
        BASE.with_columns(pl.concat_list("v").list.sample(n=1)),
        "list.sample",
        AFTER,
    ),
    # choices that get out of a day
    "choice of a day, summed over days": (
        BASE.unique(["date", "k"]).group_by("k").agg(day.max(), V.sum()),
        "unique",
        "keep",
    ),
    "choice of a day, in a window over days": (
        BASE.unique(["date", "k"]).with_columns(V.sum().over("k")),
        "with_columns",
        AFTER,
    ),
    "choice of a day on the other side of a join": (
        OTHER.join(BASE.unique(["date", "k"]), on="k")
        .select("k", date="day")
        .filter(day.is_between(dt.date(2024, 1, 1), dt.date(2024, 2, 1))),
        "unique",
        "keep",
    ),
    "the date itself is chosen": (
        JOINED.group_by("k")
        .agg(day.first(), V.sum())
        .filter(day.is_between(dt.date(2024, 1, 1), dt.date(2024, 2, 1))),
        "first",
        "",
    ),
    "deep inside": (
        BASE.unique("k").join(OTHER, on="k").filter(V > 1).select("date", "v"),
        "unique",
        "keep",
    ),
    "on the other side of a join": (BASE.join(OTHER.unique("w"), on="k"), "unique", "keep"),
}

ACCEPTED: dict[str, pl.LazyFrame] = {
    "nothing": BASE,
    # unique
    "unique rows": BASE.unique(),
    "unique with the date": BASE.unique(["date", "k"]),
    "unique, first": BASE.unique("k", keep="first"),
    "unique, first in order": BASE.unique("k", keep="first", maintain_order=True),
    "unique, last": BASE.unique("k", keep="last", maintain_order=True),
    "unique, none": BASE.unique("k", keep="none"),
    "unique, none after a join": JOINED.unique("k", keep="none"),
    "unique, first after a join, with the date": JOINED.unique(["date", "k"], keep="first"),
    "unique, first after an ordered join": BASE.join(
        OTHER, on="k", maintain_order="left_right"
    ).unique("k", keep="first", maintain_order=True),
    # head
    "head": BASE.head(3),
    "slice": BASE.slice(3, 2),
    "head of a stable sort": BASE.sort("k", maintain_order=True).head(3),
    "row index of an ordered join": BASE.join(
        OTHER, on="k", maintain_order="left_right"
    ).with_row_index(),
    "head of an ordered group_by": BASE.group_by("date", maintain_order=True).agg(V.sum()).head(3),
    "head of groups sorted by their keys": GROUPED.sort("date", "k").head(3),
    "head of groups sorted by more": GROUPED.sort("k", "v", "date").head(3),
    "head of unique in order": BASE.unique(maintain_order=True).head(3),
    "head of concat": pl.concat([BASE, BASE]).head(3),
    "head, then a join": BASE.head(3).join(OTHER, on="k"),
    "head of the other side": BASE.join(OTHER.head(3), on="k"),
    "row index": BASE.with_row_index(),
    "row index before a join": BASE.with_row_index().join(OTHER, on="k"),
    # expressions
    "running sum": BASE.with_columns(V.cum_sum()),
    "running sum before a join": BASE.with_columns(V.cum_sum()).join(OTHER, on="k"),
    "running sum of a day after a join": JOINED.with_columns(V.cum_sum().over("date")),
    "running sum of a day and key": JOINED.with_columns(V.cum_sum().over("date", "k")),
    "sum after a join": JOINED.with_columns(V.sum()),
    "share of a sum over keys": JOINED.with_columns(V / V.sum().over("k")),
    "rank after a join": JOINED.with_columns(V.rank("dense")),
    "is_duplicated after a join": JOINED.filter(V.is_duplicated()),
    "shift": BASE.with_columns(V.shift().over("k")),
    "arithmetic after a join": JOINED.with_columns((V + 1).round(2).alias("v")),
    "a function": BASE.map_batches(lambda f: f).filter(
        day.is_between(dt.date(2024, 1, 1), dt.date(2024, 2, 1))
    ),
    # groups
    "group_by with the date": GROUPED,
    "group_by with the date, then by key": GROUPED.group_by("k", "date").agg(V.max()),
    "group_by without the date, date an aggregate": JOINED.group_by("k")
    .agg(day.max(), V.sum())
    .filter(day.is_between(dt.date(2024, 1, 1), dt.date(2024, 2, 1))),
    "first of a day after an unstable sort": BASE.sort("k").group_by("date").agg(V.first()),
    "last of a day after a join": JOINED.group_by("date", "k").agg(V.last()),
    "first of a key in order": BASE.group_by("k")
    .agg(day.first(), V.last())
    .filter(day.is_between(dt.date(2024, 1, 1), dt.date(2024, 2, 1))),
    "unique values of a day": GROUPED.group_by("date").agg(V.unique()),
    # joins, sorts, unions
    "join": JOINED,
    "left join": BASE.join(OTHER, on="k", how="left"),
    "anti join": BASE.join(OTHER, on="k", how="anti"),
    "cross join": BASE.join(OTHER, how="cross"),
    "as-of join": BASE.sort("date").join_asof(
        OTHER.sort("day"), left_on="date", right_on="day", by="k"
    ),
    "choice of a day, joined": BASE.unique(["date", "k"]).join(OTHER, on="k"),
    "unstable sort": BASE.sort("k"),
    "union": pl.union([BASE, BASE]),
    "concat": pl.concat([BASE, BASE]),
    "merge_sorted": BASE.merge_sorted(BASE, "date"),
    "explode": BASE.with_columns(pl.concat_list("v")).explode("v"),
    "filter after a join": JOINED.filter(V > 1),
}


def explain(lf: pl.LazyFrame) -> piot.RayPlan:
    return piot.PiotNamespace(lf).explain_on_ray(date_column="date", time_unit="monthly")


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    lf, node, remedy = REFUSED[name]
    plan = explain(lf)
    assert isinstance(plan.problem, piot.UnsplittablePlanError), plan
    message = str(plan.problem)
    head, _, why = message.partition(" cannot be split: ")
    assert node in head, message
    assert remedy in why, message
    with pytest.raises(piot.UnsplittablePlanError) as info:
        plan.to_polars()
    assert isinstance(info.value, ValueError)
    assert f"cannot run: {message}" in str(plan)


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    plan = explain(ACCEPTED[name])
    assert plan.problem is None, plan.problem
    assert plan.periods


OPEN = {
    "join": (JOINED, 'join(how="inner", on="k"). Use join(..., maintain_order="left_right")'),
    "group_by with the date": (GROUPED, 'group_by("date", "k"). Use group_by(..., main'),
    "unstable sort": (BASE.sort("k"), 'sort("k"). Use sort(..., maintain_order=True)'),
    "union": (pl.union([BASE, BASE]), "union. Use pl.concat"),
    "a row of a day": (BASE.unique(["date", "k"]), 'unique("date", "k"). Make the choice unique'),
    "a function of a day": (
        GROUPED.with_columns(V.first().over("date")).sort("date", "k"),
        "first. Use maintain_order=True below it",
    ),
}

SETTLED = {
    "filters": BASE.filter(V > 1).with_columns(V * 2),
    "groups in order": BASE.group_by("date", "k", maintain_order=True).agg(V.sum()),
    "groups sorted by their keys": GROUPED.sort("date", "k"),
    "ordered join": BASE.join(OTHER, on="k", maintain_order="left_right"),
    "stable sort": BASE.sort("k", maintain_order=True),
    "concat": pl.concat([BASE, BASE]),
    "unique, last": BASE.unique("k", keep="last", maintain_order=True),
    "running sum": BASE.with_columns(V.cum_sum(), rank=V.rank().over("k")),
    "a function": ACCEPTED["a function"],
}


@pytest.mark.parametrize("name", OPEN)
def test_what_leaves_the_order_open(name: str) -> None:
    lf, opening = OPEN[name]
    assert opening in str(explain(lf).opening)


@pytest.mark.parametrize("name", SETTLED)
def test_nothing_is_open(name: str) -> None:
    assert explain(SETTLED[name]).opening is None


def test_what_is_written_after_the_call_is_not_split() -> None:
    plan = piot.PiotNamespace(BASE).explain_on_ray(
        date_column="date", time_unit="monthly", predicate=V.is_first_distinct()
    )
    assert plan.problem is None


ORDERED = BASE.join(OTHER, on="k", maintain_order="left_right")

# What is refused, and the same with what its message says to write instead.
REMEDIED: dict[str, tuple[pl.LazyFrame, pl.LazyFrame]] = {
    "head of a join": (JOINED.head(3), ORDERED.sort("date", "k", maintain_order=True).head(3)),
    "head of an ordered join": (ORDERED.head(3), ORDERED.sort("v", maintain_order=True).head(3)),
    "head of a sorted join": (
        JOINED.sort("date").head(3),
        ORDERED.sort("date", maintain_order=True).head(3),
    ),
    "row index of a join": (JOINED.with_row_index(), ORDERED.with_row_index()),
    "running sum after a join": (
        JOINED.with_columns(V.cum_sum()),
        ORDERED.with_columns(V.cum_sum()),
    ),
    "a function of rows after a join": (
        JOINED.with_columns(V.map_elements(abs, return_dtype=pl.Float64)),
        BASE.with_columns(V.map_elements(abs, return_dtype=pl.Float64)).join(OTHER, on="k"),
    ),
    "head of a group_by": (
        GROUPED.head(3),
        BASE.group_by("date", "k", maintain_order=True).agg(V.sum()).head(3),
    ),
    "head of a sort": (BASE.sort("k").head(3), BASE.sort("k", maintain_order=True).head(3)),
    "head of unique": (BASE.unique().head(3), BASE.unique(maintain_order=True).head(3)),
}


@pytest.mark.parametrize("name", REMEDIED)
def test_what_the_message_says_to_write_is_accepted(name: str) -> None:
    refused, remedied = REMEDIED[name]
    assert isinstance(explain(refused).problem, piot.UnsplittablePlanError)
    assert explain(remedied).problem is None


def test_a_slice_of_a_join_is_told_to_sort() -> None:
    for lf in (JOINED.head(3), ORDERED.head(3), JOINED.sort("k", maintain_order=True).head(3)):
        message = str(explain(lf).problem)
        assert 'maintain_order="left_right") and after it sort(..., maintain_order=True)' in message
        assert "take the rows after execute_on_ray" in message


def test_a_hidden_flag_is_told_of() -> None:
    lf = JOINED.with_columns(V.map_elements(abs, return_dtype=pl.Float64))
    message = str(explain(lf).problem)
    assert "with python function cannot be split: it may depend on the order of rows" in message
    assert "map_elements and map_batches(is_elementwise=True)" in message
    assert "write it before, or after execute_on_ray" in message
