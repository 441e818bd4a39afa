"""Plans as a notebook shows them, what parts read, and the warnings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot

day = pl.col("date")
DAYS = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 4, 30), eager=True)
QUARTER = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))


@pytest.fixture
def trades(tmp_path: Path) -> pl.LazyFrame:
    frame = pl.DataFrame({"date": DAYS, "k": "a", "x": range(len(DAYS))})
    for (month,), rows in frame.group_by(day.dt.month()):
        rows.write_parquet(tmp_path / f"{month}.parquet")
    return pl.scan_parquet(tmp_path / "*.parquet")


def explain(lf: pl.LazyFrame, **options: Any) -> piot.RayPlan:
    options = {"date_column": "date", "time_unit": "monthly"} | options
    return piot.PiotNamespace(lf).explain_on_ray(**options)


def test_a_plan_says_what_each_period_reads(trades: pl.LazyFrame, tmp_path: Path) -> None:
    got = explain(trades.filter(QUARTER)).to_polars()
    assert got["files"].to_list() == [1, 1, 1]
    assert got["rows"].to_list() == [31, 29, 31]
    assert got["bytes"].to_list() == [(tmp_path / f"{m}.parquet").stat().st_size for m in (1, 2, 3)]


def test_of_other_splits_as_well(trades: pl.LazyFrame) -> None:
    split = {"partitions": piot.by_range("x", 50), "date_column": None, "time_unit": None}
    plan = explain(trades.filter(pl.col("x").is_between(0, 99)), **split)
    assert plan.to_polars()["files"].to_list() == [2, 3]
    assert "[0, 49]" in plan._repr_html_()


def test_what_is_not_known_is_null() -> None:
    lf = pl.LazyFrame({"date": DAYS}).filter(QUARTER)
    assert explain(lf).to_polars().select("files", "bytes", "rows").null_count().row(0) == (3, 3, 3)


def test_a_picture_of_a_plan_computes_nothing(trades: pl.LazyFrame, tmp_path: Path) -> None:
    plan = explain(trades.filter(QUARTER))
    for path in tmp_path.iterdir():
        path.unlink()
    html = plan._repr_html_()
    for text in ("3 periods", "2024-02-01 to 2024-03-01", "pruned by", "lower and upper"):
        assert text in html


def test_texts_are_escaped() -> None:
    lf = pl.LazyFrame({"date": DAYS, "<i>": "<script>"})
    html = explain(lf.filter(QUARTER, pl.col("<i>") == "<script>"))._repr_html_()
    assert "<i>" not in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_plan_that_cannot_run_says_why() -> None:
    html = explain(pl.LazyFrame({"date": DAYS}).filter(day > dt.date(2024, 1, 1)))._repr_html_()
    assert "cannot run" in html
    assert "no upper bound" in html


def test_many_periods_are_shown_in_part() -> None:
    html = explain(pl.LazyFrame({"date": DAYS}).filter(QUARTER), time_unit="daily")._repr_html_()
    assert "79 more" in html
    assert "2024-01-09" in html
    assert "<td>2024-01-10</td>" not in html
    assert "2024-03-31" in html


WARNINGS: dict[str, tuple[Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame], str | None]] = {
    "none": (lambda lf, _: lf, None),
    "a source without a date": (
        lambda lf, names: lf.join(names, on="k"),
        "the period filter does not reach scan_parquet: 1 file",
    ),
    "sums": (
        lambda lf, _: lf.with_columns(pl.col("x").cum_sum()),
        "every task repeats all of what is below with_columns",
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_warnings(case: str, trades: pl.LazyFrame, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "names.parquet"
    pl.DataFrame({"k": ["a"], "name": ["A"]}).write_parquet(path)
    make, wanted = WARNINGS[case]
    plan = explain(make(trades.filter(QUARTER), pl.scan_parquet(path)))
    assert len(plan.warnings) == (wanted is not None)
    if wanted is not None:
        assert wanted in plan.warnings[0]
        assert wanted in str(plan)
        assert wanted in plan._repr_html_()


def test_an_engine_shows_what_the_driver_does(trades: pl.LazyFrame) -> None:
    engine = piot.RayEngine(date_column="date", time_unit="monthly")
    html = engine.explain(trades.filter(QUARTER).group_by("k").agg(pl.sum("x")))._repr_html_()
    for text in ("on the driver", "AGGREGATE", "each task makes x by sum", "3 periods"):
        assert text in html
    assert "all of it on Ray" in engine.explain(trades.filter(QUARTER))._repr_html_()
