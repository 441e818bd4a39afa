"""Each bound names its filter and the node below it; each refusal, what stands in the way."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

import polars_io_tools as piot

day = pl.col("date")
JANUARY = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
LATE = day >= dt.date(2024, 1, 10)
EARLY = day < dt.date(2024, 1, 20)
LF = pl.LazyFrame({"date": [dt.date(2024, 1, 1)], "k": ["a"], "v": [1]})
OTHER = pl.LazyFrame({"k": ["a"], "w": [1], "day": [dt.date(2024, 1, 1)]})
ON_K = 'join(how="inner", on="k")'
NEAR = OTHER.with_columns(date="day")


def explain(lf: pl.LazyFrame, predicate: pl.Expr | None = None) -> piot.RayPlan:
    return piot.PiotNamespace(lf).explain_on_ray(
        date_column="date", time_unit="monthly", predicate=predicate
    )


# The query; for each filter above which node it stands, what it did, and which ends it sets.
FILTERS: dict[str, tuple[pl.LazyFrame, list[tuple[str, str, tuple[str, ...]]]]] = {
    "above the data": (
        LF.filter(LATE).filter(EARLY),
        [
            ("above in-memory frame", "gives [2024-01-10, ∞)", ("lower",)),
            ("above in-memory frame", "gives (-∞, 2024-01-19]", ("upper",)),
        ],
    ),
    "a tighter one wins": (
        LF.filter(JANUARY).with_columns(w=1).filter(LATE),
        [
            ("above in-memory frame", "gives [2024-01-01, 2024-01-31]", ("upper",)),
            ("above with_columns", "gives [2024-01-10, ∞)", ("lower",)),
        ],
    ),
    "under another name": (
        OTHER.filter(pl.col("day") == dt.date(2024, 1, 5)).rename({"day": "date"}),
        [("above in-memory frame", "gives [2024-01-05, 2024-01-05]", ("lower", "upper"))],
    ),
    "above a group_by": (
        LF.group_by("date", "k").agg(pl.len()).filter(JANUARY),
        [
            (
                'above group_by("date", "k")',
                "gives [2024-01-01, 2024-01-31]",
                ("lower", "upper"),
            )
        ],
    ),
    "above and below a join": (
        LF.filter(LATE).join(OTHER, on="k").filter(EARLY),
        [
            (
                'above in-memory frame, left side of join(how="inner", on="k")',
                "gives [2024-01-10, ∞)",
                ("lower",),
            ),
            ('above join(how="inner", on="k")', "gives (-∞, 2024-01-19]", ("upper",)),
        ],
    ),
    "on the other side of a left join": (
        LF.filter(JANUARY).join(NEAR.filter(EARLY), on="date", how="left"),
        [
            (
                'above in-memory frame, left side of join(how="left", on="date")',
                "gives [2024-01-01, 2024-01-31]",
                ("lower", "upper"),
            ),
            (
                'above with_columns, right side of join(how="left", on="date")',
                'date comes from the left side of join(how="left", on="date")',
                (),
            ),
        ],
    ),
    "each input of a concat": (
        pl.concat([LF.filter(JANUARY), LF.filter(LATE, EARLY)]),
        [
            (
                "above in-memory frame, input 1 of concat",
                "gives [2024-01-01, 2024-01-31]",
                ("lower", "upper"),
            ),
            ("above in-memory frame, input 2 of concat", "gives [2024-01-10, 2024-01-19]", ()),
        ],
    ),
    "an input of a concat in a join": (
        pl.concat([LF, LF.filter(EARLY)]).filter(JANUARY).join(OTHER, on="k"),
        [
            (
                f"above in-memory frame, input 2 of concat, within left side of {ON_K}",
                "gives (-∞, 2024-01-19]",
                (),
            ),
            (
                f"above concat, left side of {ON_K}",
                "gives [2024-01-01, 2024-01-31]",
                ("lower", "upper"),
            ),
        ],
    ),
    "below a constant": (
        LF.filter(LATE).with_columns(date=dt.date(2024, 1, 5)),
        [
            (
                "above in-memory frame",
                "it is below with_columns, which makes date from 2024-01-05",
                (),
            )
        ],
    ),
    "on other columns": (
        LF.filter(JANUARY, pl.col("v") > 1).filter(pl.col("k") == "a"),
        [
            ("above in-memory frame", "gives [2024-01-01, 2024-01-31]", ("lower", "upper")),
            ("above in-memory frame", "it does not read date", ()),
        ],
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_says_where_it_stands_and_what_it_gives(name: str) -> None:
    lf, expected = FILTERS[name]
    plan = explain(lf)
    assert plan.problem is None
    assert plan.obstacles == ()
    assert [(f.node, f.verdict, f.sets) for f in plan.filters] == expected
    assert all(f.origin == "before the call" for f in plan.filters)
    assert all(f"(before the call, {f.node}): {f.verdict}" in str(plan) for f in plan.filters)


def test_a_filter_after_the_call_stands_above_it() -> None:
    plan = explain(LF.filter(LATE), EARLY)
    assert [(f.origin, f.node, f.sets) for f in plan.filters] == [
        ("before the call", "above in-memory frame", ("lower",)),
        ("after the call", "above execute_on_ray", ("upper",)),
    ]
    assert "date < 2024-01-20 (after the call): gives (-∞, 2024-01-19]" in str(plan)


def test_files_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "trades"
    folder.mkdir()
    for name in ("a", "b"):
        LF.collect().write_parquet(folder / f"{name}.parquet")
    both, one = pl.scan_parquet(folder / "*.parquet"), pl.scan_parquet(folder / "b.parquet")
    plan = explain(pl.concat([both.filter(JANUARY), one]))
    assert [f.node for f in plan.filters] == [
        "above scan_parquet trades/a.parquet and 1 more, input 1 of concat"
    ]
    assert plan.obstacles == (
        piot.Obstacle(
            "scan_parquet trades/b.parquet (input 2 of concat)",
            "has no filter above it that bounds date",
        ),
    )


# The query, and the obstacles in their order.
OBSTACLES: dict[str, tuple[pl.LazyFrame, list[tuple[str, str]]]] = {
    "no filter at all": (pl.concat([LF, LF]), []),
    "redefined": (
        LF.filter(JANUARY).with_columns(day.dt.offset_by("1mo").shift()),
        [("with_columns", "makes date from date.dt.offset_by('1mo').shift(1)")],
    ),
    "aggregated": (
        LF.filter(JANUARY).group_by("k").agg(day.max()),
        [('group_by("k")', "makes date from date.max()")],
    ),
    "windows": (
        LF.filter(JANUARY).sort("date").group_by_dynamic("date", every="1w").agg(pl.len()),
        [("group_by()", "makes date anew, the start of a window")],
    ),
    "a Python function": (
        LF.filter(JANUARY).map_batches(lambda frame: frame),
        [("map_batches", "cannot be looked into")],
    ),
    "one input of a concat": (
        pl.concat([LF.filter(JANUARY), LF, LF.filter(LATE)]),
        [
            ("in-memory frame (input 2 of concat)", "has no filter above it that bounds date"),
            ("in-memory frame (input 3 of concat)", "has no filter above it that bounds date"),
        ],
    ),
    "the other side of a full join": (
        LF.filter(JANUARY).join(NEAR, on="date", how="full", coalesce=True),
        [
            (
                'in-memory frame (right side of join(how="full", on="date"))',
                "has no filter above it that bounds day",
            )
        ],
    ),
    "made anew in a join": (
        OTHER.join(LF.filter(JANUARY).with_columns(day.shift()), on="k", how="left"),
        [
            (
                'with_columns (right side of join(how="left", on="k"))',
                "makes date from date.shift(1)",
            )
        ],
    ),
    "the nearest of two": (
        LF.filter(JANUARY).map_batches(lambda frame: frame).with_columns(day.shift()),
        [("with_columns", "makes date from date.shift(1)")],
    ),
    "only what is missing": (
        pl.concat([LF.filter(JANUARY).with_columns(day.shift()).filter(JANUARY), LF.filter(LATE)]),
        [("in-memory frame (input 2 of concat)", "has no filter above it that bounds date")],
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_a_refusal_names_what_stands_in_the_way(name: str) -> None:
    lf, expected = OBSTACLES[name]
    plan = explain(lf)
    assert isinstance(plan.problem, piot.UnboundedPredicateError)
    assert [(o.node, o.why) for o in plan.obstacles] == expected
    for o in plan.obstacles:
        assert f"  - {o.node} {o.why}\n" in str(plan.problem)


# A filter that bounds nothing, and what is said of it.
VERDICTS: dict[str, tuple[pl.Expr, str]] = {
    "a window": (
        day.max().over("k") >= dt.date(2024, 1, 1),
        "no bound follows from date.max().over(k), which depends on other rows",
    ),
    "two columns": (
        day.dt.offset_by("1d") >= day.dt.month_start(),
        "date.dt.offset_by('1d') >= date.dt.month_start(), where neither side is a constant",
    ),
    "an aggregate": (
        day == day.max(),
        "no bound follows from date == date.max(), where neither side is a constant",
    ),
    "a Python function": (
        day.map_batches(lambda s: s, return_dtype=pl.Boolean),
        "it calls a function that cannot be looked into",
    ),
    "what comes round again": (
        day.dt.month() == 3,
        "no bound follows from date.dt.month(), which comes round again",
    ),
    "a date that Python has not": (
        day >= pl.lit(3_000_000, dtype=pl.Int32).cast(pl.Date),
        "whose constant is outside of the years 1 to 9999",
    ),
    "either or": ((LATE | (pl.col("v") > 1)), "the other side of its “or” holds on any date"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_a_filter_that_bounds_nothing_says_why(name: str) -> None:
    predicate, expected = VERDICTS[name]
    (found,) = explain(LF.filter(predicate)).filters
    assert expected in found.verdict
    assert found.sets == ()


def test_an_unsplittable_plan_names_the_node_and_its_input() -> None:
    joined = LF.filter(JANUARY).join(OTHER, on="k")
    plan = explain(pl.concat([joined, joined.with_columns(pl.col("v").cum_sum())]))
    assert isinstance(plan.problem, piot.UnsplittablePlanError)
    assert plan.obstacles == (
        piot.Obstacle(
            "with_columns with cum_sum (input 2 of concat)",
            'it depends on the order of rows, which join(how="inner", on="k") leaves open, so '
            "every part would see another order",
        ),
    )
    assert str(plan.problem).startswith("with_columns with cum_sum (input 2 of concat) cannot be")
