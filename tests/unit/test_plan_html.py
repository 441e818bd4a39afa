"""Plans as a notebook shows them, what parts read, and the warnings."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source

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


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "market.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE trades (date DATE, k TEXT, x INTEGER)")
        connection.execute("CREATE TABLE names (k TEXT, name TEXT)")
    connection.close()
    return str(path)


def test_a_plan_says_what_each_period_asks_of_a_database(database: str) -> None:
    query = piot.scan_db("SELECT * FROM trades", database)
    plan = explain(query.filter(QUARTER, pl.col("k") == "a"))
    asked = plan.to_polars()["sql"]
    for text in ("'2024-02-01'", "'2024-02-29'", "'a'"):
        assert text in asked[1]
    assert "'2024-02-29'" not in asked[0]
    assert "'2024-02-29'" in plan._repr_html_().replace("&#x27;", "'")
    assert "; asked SELECT * FROM ( SELECT * FROM trades ) AS piot WHERE" in plan.sources[0]
    assert plan.warnings == ()


def test_a_plan_of_a_database_and_files(trades: pl.LazyFrame, database: str) -> None:
    names = piot.scan_db("SELECT * FROM names", database)
    plan = explain(trades.filter(QUARTER).join(names, on="k"))
    got = plan.to_polars()
    assert got["files"].to_list() == [1, 1, 1]
    assert got["sql"].to_list() == ["all rows"] * 3
    (warning,) = plan.warnings
    assert warning.startswith("the period filter does not reach scan_db: sqlite:")


def test_a_database_is_not_asked_for_a_plan() -> None:
    uri = "postgresql://me@127.0.0.1:1/db"
    query = piot.scan_db("SELECT * FROM t", uri, schema={"date": pl.Date})
    assert explain(query.filter(QUARTER)).to_polars()["sql"].null_count() == 3


def test_files_of_a_scan_of_ours_are_counted(trades: pl.LazyFrame, tmp_path: Path) -> None:
    got = explain(piot.scan_parquet(tmp_path / "*.parquet").filter(QUARTER)).to_polars()
    assert got["files"].to_list() == [1, 1, 1]
    assert got["rows"].to_list() == [31, 29, 31]


def test_files_of_a_delta_table_are_counted(tmp_path: Path) -> None:
    for month in (1, 2, 3):
        rows = pl.DataFrame({"date": DAYS}).filter(day.dt.month() == month)
        rows.write_delta(str(tmp_path / "t"), mode="append")
    got = explain(pl.scan_delta(str(tmp_path / "t")).filter(QUARTER)).to_polars()
    assert got["files"].to_list() == [1, 1, 1]
    assert got["rows"].to_list() == [31, 29, 31]
    assert got["bytes"].null_count() == 0


def test_of_many_periods_those_that_are_shown_are_looked_at(trades: pl.LazyFrame) -> None:
    got = explain(trades.filter(QUARTER), time_unit="daily").to_polars()
    assert got["files"].head(9).to_list() == [1] * 9
    assert got["files"].tail(3).to_list() == [1] * 3
    assert 30 < got["files"].count() < 55


Make = Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]

REACHES, REPEATS = "the period filter does not reach ", "every task repeats "


def made_by(*rows: pl.DataFrame) -> pl.LazyFrame:
    """Return an IO source of somebody else."""
    return register_io_source(lambda *_: iter(rows), schema=rows[0].schema)


WARNINGS: dict[str, tuple[Make, list[str]]] = {
    "none": (lambda lf, _: lf, []),
    "a sum of each date": (lambda lf, _: lf.group_by("date").agg(pl.sum("x")), []),
    "a window within a date": (lambda lf, _: lf.with_columns(pl.sum("x").over("date")), []),
    "a function of each row": (lambda lf, _: lf.with_columns(pl.col("x") + 1), []),
    "both sides have the date": (lambda lf, _: lf.join(lf, on="date"), []),
    "a small frame": (lambda lf, names: lf.join(names.collect().lazy(), on="k"), []),
    "a source without a date": (
        lambda lf, names: lf.join(names, on="k"),
        [f"{REACHES}scan_parquet: 1 file"],
    ),
    "a source of somebody else": (
        lambda lf, names: lf.join(made_by(names.collect()), on="k"),
        [f"{REACHES}an IO source: every task reads it whole"],
    ),
    "a cumulative sum": (
        lambda lf, _: lf.with_columns(pl.col("x").cum_sum()),
        [f"{REPEATS}with_columns of x: the rows of a period are chosen only"],
    ),
    "a window across dates": (
        lambda lf, _: lf.with_columns(pl.col("x").sum().over("k")),
        [f"{REPEATS}with_columns of"],
    ),
    "head of files": (lambda lf, _: lf.head(200), [f"{REPEATS}head, tail or slice"]),
    "head of a source of somebody else": (
        lambda lf, _: made_by(lf.collect()).head(100),
        [f"{REPEATS}head, tail or slice"],
    ),
    "tail": (lambda lf, _: lf.filter(pl.col("x") >= 0).tail(99), [f"{REPEATS}head, tail or slice"]),
    "a function of Python": (
        lambda lf, _: lf.map_batches(lambda df: df),
        [f"{REPEATS}map_batches"],
    ),
    "the last date of each": (
        lambda lf, _: lf.group_by("k").agg(pl.max("date")),
        [f"{REPEATS}group_by"],
    ),
    "a filter that may fail": (
        lambda lf, _: lf.filter(day.cast(pl.String).str.to_date() >= dt.date(2024, 1, 1)),
        [f"{REACHES}scan_parquet: 4 files"],
    ),
    "a scan that is used twice": (
        lambda lf, _: pl.concat([lf, lf.with_columns(pl.col("x").cum_sum())]),
        [f"{REPEATS}with_columns of x"],
    ),
    "numbers of rows": (
        lambda lf, _: lf.with_row_index(),
        ["every task opens all files of scan_parquet: 4 files, first"],
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_warnings(case: str, trades: pl.LazyFrame, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "names.parquet"
    pl.DataFrame({"k": ["a"], "name": ["A"]}).write_parquet(path)
    make, wanted = WARNINGS[case]
    made = make(trades, pl.scan_parquet(path))
    plan = explain(made, predicate=QUARTER)
    found = [
        w for w in plan.warnings if not (wanted and "4 files" in w and "4 files" not in wanted[0])
    ]
    assert len(found) == len(wanted)
    for warning, text in zip(found, wanted, strict=True):
        assert warning.startswith(text)
        assert warning in str(plan)
        assert escape(warning) in plan._repr_html_()


def test_a_scan_of_text_is_read_whole(tmp_path: Path) -> None:
    pl.DataFrame({"date": DAYS}).write_csv(tmp_path / "a.csv")
    lf = pl.scan_csv(tmp_path / "a.csv", try_parse_dates=True)
    (warning,) = explain(lf.filter(QUARTER)).warnings
    assert warning.startswith("every task opens all files of scan_csv: 1 file")
    assert warning.endswith("Csv files have no statistics")


def test_an_engine_shows_what_the_driver_does(trades: pl.LazyFrame) -> None:
    engine = piot.RayEngine(date_column="date", time_unit="monthly")
    html = engine.explain(trades.filter(QUARTER).group_by("k").agg(pl.sum("x")))._repr_html_()
    for text in ("on the driver", "AGGREGATE", "each task makes x by sum", "3 periods"):
        assert text in html
    assert "all of it on Ray" in engine.explain(trades.filter(QUARTER))._repr_html_()
