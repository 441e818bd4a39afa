"""What one task does with several periods: neighbours are computed at once, with the same rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools import PiotNamespace
from polars_io_tools._period import Period
from polars_io_tools._periods import in_period_order, neighbours
from polars_io_tools._report import Report
from polars_io_tools._request import ScanRequest
from polars_io_tools._resources import Resources
from polars_io_tools._ship import ship
from polars_io_tools._split import Split
from polars_io_tools._task import run_task
from polars_io_tools._transport import Part, decode

DAYS = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 1, 20), eager=True)
# In no order, with nulls, several rows a day.
FRAME = pl.DataFrame(
    {
        "date": pl.concat([DAYS, DAYS, pl.Series([None, None], dtype=pl.Date)]).shuffle(3),
        "x": range(42),
    }
)
day = pl.col("date")


def periods_of(lf: pl.LazyFrame, unit: str = "daily") -> tuple[Period, ...]:
    return PiotNamespace(lf).explain_on_ray(date_column="date", time_unit=unit).periods


def split_of(lf: pl.LazyFrame) -> Split:
    return Split("calendar", "date", lf.collect_schema()["date"], 100_000, "daily")


def run(
    lf: pl.LazyFrame,
    periods: Sequence[Period],
    columns: list[str] | None = None,
    n_rows: int | None = None,
    skip: int = 0,
) -> tuple[list[Report], pl.DataFrame]:
    asked = ScanRequest(columns, None, n_rows, None)
    shipped = ship(lf, asked, split_of(lf), periods, "arrow")
    shipped.task["skip"] = skip
    resources = Resources(lambda _, secret: secret, processes=1)
    prepared = {key: prepare(resources) for key, prepare in shipped.attachments.items()}
    shipped.task["attached"] = [(key, len(items)) for key, items in prepared.items()]
    items = [item for some in prepared.values() for item in some]
    spans = [p.wire() for p in periods]
    reports: list[Report] = []
    parts: list[Part] = []
    for result in run_task(shipped.task, (shipped.payload,), spans, "here", items):
        if isinstance(result, tuple):
            parts.append(result)
            continue
        reports.append(result)
        if result["part"] is not None:
            parts.append(result["part"])
    return reports, decode(parts)


def one_by_one(lf: pl.LazyFrame, periods: Sequence[Period], **request: Any) -> pl.DataFrame:
    return pl.concat([run(lf, [period], **request)[1] for period in periods])


def counts(reports: list[Report]) -> list[int]:
    return [report["periods"] for report in reports if report["last"]]


@pytest.mark.parametrize("unit", ["daily", "3d", "weekly"])
@pytest.mark.parametrize("columns", [None, ["x"], ["x", "date"]])
def test_neighbours_give_the_rows_of_each_in_turn(unit: str, columns: list[str] | None) -> None:
    lf = FRAME.lazy().filter(day >= DAYS[0], day <= DAYS[-1])
    periods = periods_of(lf, unit)
    reports, rows = run(lf, periods, columns)
    assert counts(reports) == [len(periods)]
    assert rows.height == 40
    assert rows.columns == (columns or ["date", "x"])
    assert_frame_equal(rows, one_by_one(lf, periods, columns=columns))


def test_gaps_and_rows_without_a_date_are_not_joined() -> None:
    wanted = day.is_in([*DAYS[:4], *DAYS[9:12]]) | day.is_null()
    lf = FRAME.lazy().filter(wanted)
    periods = periods_of(lf)
    reports, rows = run(lf, periods)
    assert counts(reports) == [4, 3, 1]
    assert_frame_equal(rows, one_by_one(lf, periods))
    assert rows["date"].tail(2).to_list() == [None, None]


def test_a_row_limit_applies_to_each_period() -> None:
    lf = FRAME.lazy().filter(day >= DAYS[0], day <= DAYS[-1])
    periods = periods_of(lf)
    reports, rows = run(lf, periods, n_rows=1)
    assert counts(reports) == [1] * 20
    assert_frame_equal(rows, one_by_one(lf, periods, n_rows=1))


@pytest.mark.parametrize("n_rows", [None, 2])
@pytest.mark.parametrize("skip", [1, 2])
def test_what_the_driver_has_of_the_first_period_is_left_out(skip: int, n_rows: int | None) -> None:
    lf = FRAME.lazy().filter(day >= DAYS[0], day <= DAYS[-1])
    periods = periods_of(lf)[:3]
    reports, rows = run(lf, periods, n_rows=n_rows, skip=skip)
    assert [report["rows"] for report in reports] == [2 - skip, 2, 2]
    assert_frame_equal(rows, one_by_one(lf, periods)[skip:])


def test_a_period_that_has_fewer_rows_than_before() -> None:
    lf = FRAME.lazy().filter(day >= DAYS[0], day <= DAYS[-1])
    with pytest.raises(piot.PiotError, match="3 rows of it were here when it was tried again"):
        run(lf, periods_of(lf), skip=3)


def test_a_failure_is_that_of_its_period() -> None:
    def read(
        _: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        assert predicate is not None
        frame = FRAME.filter(predicate)
        if DAYS[4] in frame["date"].to_list():
            raise LookupError("no price")
        yield frame

    lf = register_io_source(read, schema=FRAME.schema).filter(day >= DAYS[0], day <= DAYS[-1])
    periods = periods_of(lf)
    spans = [p.wire() for p in periods]
    shipped = ship(lf, ScanRequest(None, None, None, None), split_of(lf), periods, "arrow")
    results = run_task(shipped.task, (shipped.payload,), spans, "here")
    # Together they fail, so each is tried alone, and four come before the one that fails.
    first = [next(results) for _ in range(4)]
    assert [r["periods"] for r in first if not isinstance(r, tuple)] == [1] * 4
    with pytest.raises(LookupError, match="no price"):
        next(results)


X = pl.col("x")

# Steps after which the streaming engine of Polars 2.0 or 2.1 panics, if a pruned scan is below: a
# window filter, another filter, and a selection that drops a column of theirs.
WINDOWS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "greatest": lambda lf: lf.filter(X.max().over("date") == X).filter(X > 5),
    "count": lambda lf: lf.filter(pl.len().over("date") > 1).filter(X > 5),
    "column": lambda lf: (
        lf.with_columns(m=X.max().over("date")).filter(pl.col("m") == X).filter(X > 5)
    ),
    "two more": lambda lf: (
        lf.filter(X.max().over("date") == X).filter(pl.col("s") > "s1").filter(X > 5)
    ),
}


@pytest.mark.parametrize("step", WINDOWS)
@pytest.mark.parametrize("scan", [pl.scan_parquet, piot.scan_parquet])
def test_pruned_scans_below_window_filters(
    tmp_path: Path, step: str, scan: Callable[[Path], pl.LazyFrame]
) -> None:
    for i, date in enumerate(DAYS[:4]):
        frame = pl.DataFrame({"date": [date] * 4, "x": range(4 * i, 4 * i + 4), "y": 0.5})
        frame.with_columns(s=pl.lit(f"s{i}")).write_parquet(tmp_path / f"{i}.parquet")
    lf = WINDOWS[step](scan(tmp_path / "*.parquet")).select("date", "y")
    lf = lf.filter(day.is_between(DAYS[0], DAYS[3]))
    for columns in (None, ["y"]):
        _, rows = run(lf, periods_of(lf), columns)
        want = lf.collect(engine="in-memory").sort("date").select(columns or pl.all())
        assert_frame_equal(rows, want)
        assert rows.height > 0


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([], []),
        ([(0, 1)], [["0"]]),
        ([(0, 1), (1, 3), (3, 4)], [["0", "1", "2"]]),
        ([(0, 1), (2, 3), (3, 4)], [["0"], ["1", "2"]]),
        ([(0, 1), (1, 2), (None, None)], [["0", "1"], ["2"]]),
        ([(None, None)], [["0"]]),
    ],
)
def test_runs_end_where_the_next_period_starts_later(
    ends: list[tuple[int | None, int | None]], expected: list[list[str]]
) -> None:
    periods = [Period(str(i), *span) for i, span in enumerate(ends)]
    runs = [[p.label for p in some] for some in neighbours(periods)] if periods else []
    assert runs == expected


def test_the_order_within_a_period_stays() -> None:
    frame = pl.DataFrame({"date": [5, 1, 4, 2, 5, 1], "x": range(6)}).with_columns(
        day.cast(pl.Int32).cast(pl.Date)
    )
    periods = [Period("a", 0, 3), Period("b", 3, 5), Period("c", 5, 9)]
    assert in_period_order(frame, "date", periods)["x"].to_list() == [1, 3, 5, 2, 0, 4]
