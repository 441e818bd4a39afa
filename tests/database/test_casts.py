"""`cast_map`: filters on cast columns are those of Polars, and reach the database if they can."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from polars_io_tools.db import explain_sql
from tests.database import places
from tests.property.process_runner import ProcessRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

FIRST = dt.datetime(1969, 12, 25, 5, 30)
ROWS = 600

# Half-days before and after 1970, numbers as texts, and nulls.
FRAME = pl.DataFrame(
    {
        "ts": [None if n % 11 == 0 else FIRST + n * dt.timedelta(hours=7) for n in range(ROWS)],
        "n": [None if n % 13 == 0 else n - 300 for n in range(ROWS)],
        "s": [None if n % 17 == 0 else str(n % 50) for n in range(ROWS)],
        "d": [dt.date(1969, 12, 1) + dt.timedelta(days=n % 90) for n in range(ROWS)],
        "f": [n / 4 for n in range(ROWS)],
    },
    schema={"ts": pl.Datetime("us"), "n": pl.Int32, "s": pl.String, "d": pl.Date, "f": pl.Float64},
)

CASTS: dict[Any, Any] = {
    "ts": pl.Date,
    "n": pl.Float64,
    "s": pl.Int64,
    "d": pl.Datetime("ms"),
    "f": pl.Float32,
}

TS, N, S, D, F = (pl.col(c) for c in FRAME.columns)
DAY, NOON = dt.date(1970, 1, 2), dt.datetime(1970, 1, 2, 12)

# Filters, and whether the database is to be asked for them, in part at least.
FILTERS: dict[str, tuple[pl.Expr, bool]] = {
    "a day": (TS == DAY, True),
    "days": (TS.is_between(dt.date(1969, 12, 30), DAY), True),
    "days before a day": (dt.date(1969, 12, 30) > TS, True),
    "some days": (TS.is_in([DAY, dt.date(1969, 12, 26)]), True),
    "not a day": (TS != DAY, True),
    "no day": (TS.is_null(), True),
    "no day or a day": (TS.is_null() | (TS == DAY), True),
    "a function of the day": (TS.dt.month() == 1, False),
    "a year": (TS.dt.year() == 1970, True),
    "a float of an integer": (N > 2.5, True),
    "floats of integers": (N.is_between(-3.5, 4), True),
    "a number of a text": (S > 40, False),
    "a time of a date": (D >= NOON, True),
    "a time of dates": (D.is_between(dt.datetime(1970, 1, 1, 1), NOON), True),
    "a float that is rounded": (F > 10.1, False),
    "one column that can be asked, and one that cannot": ((TS == DAY) & (S < 45), True),
    "one column or the other": ((TS == DAY) | (N < -290), True),
    "two columns": (TS.cast(pl.Datetime("ms")) <= D, False),
    "not": (~((TS > DAY) | (N == 7)), True),
}


@pytest.fixture(scope="module", params=places.DATABASES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> str:
    """The URI of a database that has the table."""
    folder = tmp_path_factory.mktemp("casts")
    if request.param == "sqlite":
        path = folder / "casts.sqlite"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE casts (ts TIMESTAMP, n INTEGER, s TEXT, d DATE, f REAL)")
        texts = FRAME.with_columns(TS.dt.to_string("%Y-%m-%d %H:%M:%S"), D.dt.to_string())
        connection.executemany("INSERT INTO casts VALUES (?, ?, ?, ?, ?)", texts.iter_rows())
        connection.commit()
        connection.close()
        return f"sqlite:///{path}"
    make = (
        "CREATE TABLE casts AS SELECT "
        "CASE WHEN i % 11 > 0 THEN timestamp '1969-12-25 05:30' + i * interval '7 hours' END AS ts,"
        "(CASE WHEN i % 13 > 0 THEN i - 300 END)::int AS n, "
        "(CASE WHEN i % 17 > 0 THEN i % 50 END)::varchar AS s, "
        "date '1969-12-01' + (i % 90)::int AS d, (i / 4.0)::{float} AS f FROM {series}"
    )
    if request.param == "postgresql":
        series = f"generate_series(0, {ROWS - 1}) i"
        postgres.psql(make.format(float="float8", series=series))
        return postgres.uri
    import duckdb

    path = folder / "casts.duckdb"
    with duckdb.connect(str(path)) as duck:
        duck.execute(make.format(float="DOUBLE", series=f"range({ROWS}) r(i)"))
    return f"duckdb:///{path}"


def scan(place: str, **options: Any) -> pl.LazyFrame:
    return piot.scan_db("SELECT * FROM casts", place, cast_map=CASTS, **options)


def test_the_columns_have_the_types_that_were_asked_for(place: str) -> None:
    lf = scan(place)
    want = FRAME.cast(CASTS)
    assert lf.collect_schema() == want.schema
    assert_frame_equal(lf.collect(), want, check_row_order=False)
    assert_frame_equal(lf.select("n").collect(), want.select("n"), check_row_order=False)
    assert lf.head(3).filter(TS.is_null() | TS.is_not_null()).collect().height == 3


@pytest.mark.parametrize("name", FILTERS)
def test_filters_are_those_of_polars(place: str, name: str) -> None:
    predicate, pushed = FILTERS[name]
    lf = scan(place).filter(predicate)
    want = FRAME.cast(CASTS).filter(predicate)
    assert 0 < want.height < ROWS
    assert_frame_equal(lf.collect(), want, check_row_order=False)
    assert_frame_equal(lf.select("n").collect(), want.select("n"), check_row_order=False)
    (sent,) = explain_sql(lf).scans
    # "SELECT * … WHERE x IS NOT NULL" asks for next to nothing.
    assert any(term.sql and not term.sql.endswith("NOT NULL") for term in sent.terms) == pushed


def test_a_timestamp_as_a_date_is_asked_for_by_its_range(place: str) -> None:
    (sent,) = explain_sql(scan(place).filter(TS == DAY)).scans
    sql = sent.terms[0].sql
    assert "1970-01-02" in sql
    assert ">=" in sql
    if not place.startswith("sqlite"):  # whose texts are compared by their date only
        assert sent.exact
        assert "1970-01-02 23:59:59.999999" in sql


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


@pytest.mark.parametrize("partitions", [None, piot.by_time("ts", "1w")], ids=["whole", "in weeks"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_split_by_a_cast_column_asks_for_its_months(
    place: str, runner: ProcessRunner, after: bool, partitions: piot.Partitions | None
) -> None:
    lf = scan(place, partitions=partitions)
    quarter = TS.is_between(dt.date(1970, 1, 1), dt.date(1970, 3, 31))
    query = lf if after else lf.filter(quarter)
    by_month = Split("calendar", "ts", pl.Date(), 100_000, "monthly")
    split = IoSource(query, by_month, runner, "arrow").lazy("split", None)
    split = split.filter(quarter) if after else split
    want = FRAME.cast(CASTS).filter(quarter)
    assert_frame_equal(split.collect(), want, check_row_order=False)
    assert runner.labels == ["1970-01", "1970-02", "1970-03"]
    scans = explain_sql(split).scans
    assert len(scans) >= 3
    for sent in scans:
        month = sent.part[:7]
        assert any(month in value for value in sent.params)


def test_columns_that_are_not_there_are_named(place: str) -> None:
    message = r"^scan_db: cast_map has 'tz', no column of the query; (did you mean 'ts'|its)"
    with pytest.raises(ValueError, match=message):
        piot.scan_db("SELECT * FROM casts", place, cast_map={"tz": pl.Date})
    with pytest.raises(ValueError, match=r"cast_map has 'x', no column of the query; its columns"):
        piot.scan_db("SELECT 1 AS n", place, schema={"n": pl.Int64}, cast_map={"x": pl.Date})
    with pytest.raises(TypeError, match=r"^scan_db: cast_map must be a mapping"):
        piot.scan_db("SELECT * FROM casts", place, cast_map=[("ts", pl.Date)])  # type: ignore[arg-type]  # what is tested


def test_a_value_that_does_not_fit_is_an_error_as_in_polars(place: str) -> None:
    texts = piot.scan_db("SELECT * FROM casts", place, cast_map={"s": pl.Boolean})
    with pytest.raises(pl.exceptions.InvalidOperationError):
        texts.collect()
    small = piot.scan_db("SELECT * FROM casts", place, cast_map={"n": pl.Int8})
    with pytest.raises(pl.exceptions.InvalidOperationError, match=r"conversion from .* failed"):
        small.collect()
    # Rows that the database leaves out are not cast.
    inside = F.is_between(44, 106)
    want = FRAME.filter(inside).cast({"n": pl.Int8})
    assert_frame_equal(small.filter(inside).collect(), want, check_row_order=False)


def test_without_pushdown_the_rows_are_the_same(place: str, tmp_path: Path) -> None:
    lf = scan(place, pushdown=False).filter(TS == DAY)
    assert "WHERE" not in explain_sql(lf).scans[0].sql
    assert_frame_equal(lf.collect(), FRAME.cast(CASTS).filter(TS == DAY), check_row_order=False)
