"""What `explain_on_ray` says: bounds, filters, sources, periods, and what is missing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source

import polars_io_tools as piot

day = pl.col("date")
LF = pl.LazyFrame({"date": [dt.date(2024, 1, 1)], "k": ["a"], "v": [1]})


def explain(lf: pl.LazyFrame, time_unit: Any = "monthly", **options: Any) -> piot.RayPlan:
    return piot.PiotNamespace(lf).explain_on_ray(date_column="date", time_unit=time_unit, **options)


def between(first: str, last: str) -> pl.Expr:
    return day.is_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def rows(plan: piot.RayPlan) -> list[str]:
    """Return one line a period, "label start end", with the end exclusive."""
    return [
        f"{period} {start} {end}{' null' if nulls else ''}"
        for period, start, end, nulls in plan.to_polars()
        .select("period", "start", "end", "nulls")
        .iter_rows()
    ]


# Filter and unit to periods, in Date.
PERIODS: dict[str, tuple[pl.Expr, str, list[str]]] = {
    "whole months": (
        between("2024-01-01", "2024-02-29"),
        "monthly",
        ["2024-01 2024-01-01 2024-02-01", "2024-02 2024-02-01 2024-03-01"],
    ),
    "clipped to the bounds": (
        between("2023-12-30", "2024-02-02"),
        "monthly",
        [
            "2023-12 2023-12-30 2024-01-01",
            "2024-01 2024-01-01 2024-02-01",
            "2024-02 2024-02-01 2024-02-03",
        ],
    ),
    "open ends": (
        (day > dt.date(2024, 1, 31)) & (day < dt.date(2024, 3, 1)),
        "monthly",
        ["2024-02 2024-02-01 2024-03-01"],
    ),
    "one day": (day == dt.date(2024, 2, 29), "yearly", ["2024 2024-02-29 2024-03-01"]),
    "days": (
        between("2024-02-28", "2024-03-01"),
        "daily",
        [
            "2024-02-28 2024-02-28 2024-02-29",
            "2024-02-29 2024-02-29 2024-03-01",
            "2024-03-01 2024-03-01 2024-03-02",
        ],
    ),
    "years": (
        between("2023-12-31", "2025-01-01"),
        "yearly",
        [
            "2023 2023-12-31 2024-01-01",
            "2024 2024-01-01 2025-01-01",
            "2025 2025-01-01 2025-01-02",
        ],
    ),
    "a day left out makes no further task": (
        between("2024-01-01", "2024-01-31") & (day != dt.date(2024, 1, 10)),
        "monthly",
        ["2024-01 2024-01-01 2024-02-01"],
    ),
    "the first day left out clips": (
        between("2024-01-01", "2024-01-31") & (day != dt.date(2024, 1, 1)),
        "monthly",
        ["2024-01 2024-01-02 2024-02-01"],
    ),
    "a gap inside of a month makes no further task": (
        between("2024-01-05", "2024-01-06") | between("2024-01-20", "2024-01-21"),
        "monthly",
        ["2024-01 2024-01-05 2024-01-22"],
    ),
    "a gap over months skips them": (
        between("2024-01-30", "2024-01-31") | between("2024-04-02", "2024-04-03"),
        "monthly",
        ["2024-01 2024-01-30 2024-02-01", "2024-04 2024-04-02 2024-04-04"],
    ),
    "a day left out is a day skipped": (
        between("2024-01-01", "2024-01-03") & (day != dt.date(2024, 1, 2)),
        "daily",
        ["2024-01-01 2024-01-01 2024-01-02", "2024-01-03 2024-01-03 2024-01-04"],
    ),
    "nulls come last": (
        between("2024-01-01", "2024-01-31") | day.is_null(),
        "monthly",
        ["2024-01 2024-01-01 2024-02-01", "null None None null"],
    ),
    "nulls alone": (day.is_null(), "daily", ["null None None null"]),
    "nothing": (between("2024-01-02", "2024-01-01"), "daily", []),
}


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("name", PERIODS)
def test_periods(name: str, side: str) -> None:
    predicate, time_unit, expected = PERIODS[name]
    if side == "before":
        plan = explain(LF.filter(predicate), time_unit)
    else:
        plan = explain(LF, time_unit, predicate=predicate)
    assert rows(plan) == expected
    assert plan.to_polars().schema == {
        "period": pl.String,
        "start": pl.Date,
        "end": pl.Date,
        "nulls": pl.Boolean,
        "files": pl.UInt64,
        "bytes": pl.UInt64,
        "rows": pl.UInt64,
        "sql": pl.String,
    }


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_periods_of_datetimes_are_exact(unit: pl._typing.TimeUnit) -> None:
    lf = pl.LazyFrame({"date": [0]}, schema={"date": pl.Datetime(unit)})
    first, last = dt.datetime(2024, 1, 15, 12, 30, 0, 5000), dt.datetime(2024, 2, 3, 0, 0, 0, 1000)
    table = explain(lf.filter(day >= first, day <= last)).to_polars()
    assert table.schema["start"] == table.schema["end"] == pl.Datetime(unit)
    assert table["start"].to_list() == [first, dt.datetime(2024, 2, 1)]
    assert table["end"][0] == dt.datetime(2024, 2, 1)
    # One tick after the last; the ticks inside a microsecond are all taken along.
    ticks = {"ms": 1, "us": 1, "ns": 1000}[unit]
    per_second = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    assert table["end"].to_physical()[1] == (
        int((dt.datetime(2024, 2, 3) - dt.datetime(1970, 1, 1)).total_seconds()) * per_second
        + per_second // 1000
        + ticks
    )


def test_a_frame_without_rows_has_no_periods() -> None:
    assert rows(explain(LF.clear())) == []
    assert explain(pl.concat([LF.clear(), LF.filter(day == dt.date(2024, 1, 1))])).periods


def test_filters_of_both_sides_count() -> None:
    plan = explain(LF.filter(day >= dt.date(2024, 1, 1)), predicate=day < dt.date(2024, 3, 1))
    assert [p.label for p in plan.periods] == ["2024-01", "2024-02"]
    assert [(f.text, f.origin) for f in plan.filters] == [
        ("date >= 2024-01-01", "before the call"),
        ("date < 2024-03-01", "after the call"),
    ]


def test_text_of_a_plan(tmp_path: Path) -> None:
    for name, date in ((1, dt.date(2024, 1, 10)), (2, dt.date(2024, 2, 5))):
        LF.with_columns(date=date).collect().write_parquet(tmp_path / f"{name}.parquet")
    lf = pl.scan_parquet(tmp_path / "*.parquet").filter(between("2024-01-05", "2024-02-06"))
    dates = "(2024-01-05, 2024-02-06)"
    before = f"before the call, above scan_parquet {tmp_path.name}/1.parquet and 1 more"
    files = f"2 files, first {tmp_path / '1.parquet'}"
    assert str(explain(lf.filter(pl.col("v") > 3), predicate=day.is_not_null())).splitlines() == [
        "split by 'date' (Date), monthly",
        "  bounds   [2024-01-05, 2024-02-06]",
        f"  filters  date.is_between{dates} ({before}): gives [2024-01-05, 2024-02-06]",
        f"           v > 3 ({before}): it does not read date",
        "           date.is_not_null() (after the call): gives (-∞, ∞)",
        f"  sources  scan_parquet: {files}; pruned by 'date', 'v'; 0 read on average",
        "  periods  2 periods: 2024-01, 2024-02",
    ]


def test_text_of_many_periods_is_short() -> None:
    text = str(explain(LF.filter(between("2024-01-01", "2024-12-31")), "daily"))
    assert text.endswith(
        "366 periods: 2024-01-01, 2024-01-02, 2024-01-03, …, 2024-12-30, 2024-12-31"
    )
    text = str(explain(pl.concat([LF.filter(between("2024-01-01", "2024-01-02"))] * 20)))
    assert "… and 12 more" in text
    assert len(text.splitlines()) < 30


def test_sources_are_named() -> None:
    source = register_io_source(lambda *_: iter([]), schema=LF.collect_schema())
    plan = explain(pl.concat([source, LF]).filter(between("2024-01-01", "2024-01-02")))
    assert len(plan.sources) == 2
    assert plan.sources[1] == "in-memory frame: 1 rows, 3 columns"


def test_distributed_queries_are_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    january = LF.filter(between("2024-01-01", "2024-01-31"))
    inner = piot.PiotNamespace(january).execute_on_ray(date_column="date", time_unit="daily")
    assert [p.label for p in explain(inner).periods] == ["2024-01"]
    chosen = piot.PiotNamespace(LF.unique("k")).execute_on_ray(
        date_column="date", time_unit="daily"
    )
    with pytest.raises(piot.UnsplittablePlanError):
        explain(chosen.filter(between("2024-01-01", "2024-01-31"))).to_polars()


# Plans that cannot run: their filters, and what the error has to say.
UNBOUNDED: dict[str, tuple[pl.LazyFrame, list[str]]] = {
    "no filter": (
        LF,
        [
            '"date" has no lower and no upper bound',
            "No filter was found",
            '.filter(pl.col("date").is_between(pl.date(2024, 1, 1), pl.date(2025, 1, 1)))',
        ],
    ),
    "lower only": (
        LF.filter(day >= dt.date(2023, 6, 1)),
        [
            '"date" has no upper bound',
            "known so far: [2023-06-01, ∞)",
            "date >= 2023-06-01 (before the call, above in-memory frame): gives [2023-06-01, ∞)",
            '.filter(pl.col("date") < pl.date(2024, 6, 1))',
        ],
    ),
    "upper only": (
        LF.filter(day < dt.date(2023, 6, 1)),
        [
            '"date" has no lower bound',
            "gives (-∞, 2023-05-31]",
            '.filter(pl.col("date") >= pl.date(',
        ],
    ),
    "another column": (
        LF.filter(pl.col("v") > 1),
        ["v > 1 (before the call, above in-memory frame): it does not read date"],
    ),
    "not understood": (
        LF.filter(day.cast(pl.String) > "2024"),
        ["no bound follows from date.cast("],
    ),
    "hidden by a function": (
        LF.filter(between("2024-01-01", "2024-01-31")).map_batches(lambda frame: frame),
        ["In the way:\n  - map_batches cannot be looked into"],
    ),
    "either or": (
        LF.filter(between("2024-01-01", "2024-01-31") | (pl.col("v") > 1)),
        ['"date" has no lower and no upper bound'],
    ),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_a_missing_bound_is_told_with_a_filter_that_helps(name: str) -> None:
    lf, fragments = UNBOUNDED[name]
    plan = explain(lf)
    for fragment in fragments:
        assert fragment in str(plan)
    assert "  cannot run: " in str(plan)
    assert isinstance(plan.problem, piot.UnboundedPredicateError)
    with pytest.raises(piot.UnboundedPredicateError) as info:
        plan.to_polars()
    assert isinstance(info.value, ValueError)
    assert all(fragment in str(info.value) for fragment in fragments)
    assert "put it before to be sure" in str(info.value)


def test_the_filter_that_is_suggested_helps() -> None:
    lf = LF.filter(day >= dt.date(2023, 6, 1))
    assert explain(lf.filter(pl.col("date") < pl.date(2024, 6, 1))).problem is None


TOO_MANY = between("2020-01-01", "2023-12-31")


@pytest.mark.parametrize(
    ("time_unit", "max_periods", "fragments"),
    [
        (
            "daily",
            1460,
            ["1461 daily periods, at most max_periods=1460", "weekly periods would do"],
        ),
        ("daily", 47, ["1461 daily periods", "quarterly periods would do"]),
        (
            "monthly",
            47,
            ["48 monthly periods, at most max_periods=47", "quarterly periods would do"],
        ),
        ("yearly", 3, ["4 yearly periods, at most max_periods=3 are allowed"]),
        ("daily", 1461, None),
        ("monthly", 48, None),
        ("yearly", 4, None),
    ],
)
def test_too_many_periods_suggest_a_coarser_unit(
    time_unit: str, max_periods: int, fragments: list[str] | None
) -> None:
    plan = explain(LF.filter(TOO_MANY), time_unit, max_periods=max_periods)
    if fragments is None:
        assert len(plan.periods) == max_periods
        return
    with pytest.raises(piot.TooManyPeriodsError) as info:
        plan.to_polars()
    assert isinstance(info.value, ValueError)
    for fragment in fragments:
        assert fragment in str(info.value)
        assert fragment in str(plan)


def test_a_hundred_thousand_periods_are_the_most() -> None:
    assert len(explain(LF.filter(between("1726-01-01", "1999-10-16")), "daily").periods) == 10**5
    with pytest.raises(piot.TooManyPeriodsError, match="at most max_periods=100000 are allowed"):
        explain(LF.filter(between("1700-01-01", "1999-12-31")), "daily").to_polars()


def test_explaining_reads_no_rows() -> None:
    def source(*_: object) -> Any:
        raise AssertionError("read")
        yield

    lf = register_io_source(source, schema={"date": pl.Date})
    assert len(explain(lf.filter(between("2024-01-01", "2024-01-31"))).periods) == 1


# In the years 10183 and -6244: Polars has these dates, Python does not.
@pytest.mark.parametrize("far", [3_000_000, -3_000_000])
def test_a_date_that_python_has_not_loses_no_row(far: int) -> None:
    date = pl.lit(far, dtype=pl.Int32).cast(pl.Date)
    beside = between("2024-01-01", "2024-01-31")
    for filter_ in (day >= date, day < date, day == date, day != date, ~(day <= date)):
        assert isinstance(explain(LF.filter(filter_)).problem, piot.UnboundedPredicateError)
        assert explain(LF.filter(filter_ | beside)).problem is not None
        both = LF.filter(filter_, beside)
        if both.collect().height:
            assert rows(explain(both)) == ["2024-01 2024-01-01 2024-02-01"]


def test_deep_queries_are_planned() -> None:
    many = LF.filter(between("2024-01-01", "2024-01-31"))
    for i in range(1000):
        many = many.filter(pl.col("v") > i) if i % 2 else many.with_columns(v=pl.col("v") + i)
    assert rows(explain(many)) == ["2024-01 2024-01-01 2024-02-01"]
    terms = day < dt.date(2024, 1, 10)
    for i in range(1000):
        terms = terms & (pl.col("v") > i)
    assert rows(explain(LF.filter(day >= dt.date(2024, 1, 5), terms))) == [
        "2024-01 2024-01-05 2024-01-10"
    ]


def test_large_frames_inside_the_plan_are_warned_of() -> None:
    def plan_of(rows: int) -> piot.RayPlan:
        frame = pl.select(x=pl.int_range(rows), y=pl.int_range(rows) + 1)
        days = frame.lazy().with_columns(date=pl.lit(dt.date(2024, 1, 1)))
        return explain(days, predicate=day == dt.date(2024, 1, 1))

    assert plan_of(6_200_000).warnings == ()
    (warning,) = plan_of(6_300_000).warnings
    assert warning.startswith("frames of 101 MB travel inside the plan")
    assert "piot.put(frame)" in warning
    assert f"  warning  {warning}" in str(plan_of(6_300_000)).splitlines()


def test_a_gap_holds_nothing_that_the_type_cannot() -> None:
    tiny = pl.LazyFrame({"i": pl.Series([1], dtype=pl.Int8)})
    signs = [list(range(-128, 0)), list(range(128)), None]
    assert piot.PiotNamespace(tiny).explain_on_ray(piot.by_value("i", signs)).gap.answer == "none"
    short = [signs[0], list(range(127)), None]
    gap = piot.PiotNamespace(tiny).explain_on_ray(piot.by_value("i", short)).gap
    assert str(gap) == "found: no partition has i = 127"
    unsigned = pl.LazyFrame({"i": pl.Series([1], dtype=pl.UInt32)})
    whole = [piot.ReadPartition(pl.col("i") >= 0), piot.ReadPartition(pl.col("i").is_null())]
    assert piot.PiotNamespace(unsigned).explain_on_ray(whole).gap.answer == "none"
