"""What goes wrong is said with the value, and with what to write instead."""

from __future__ import annotations

import builtins
import datetime as dt
import sqlite3
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import polars_io_tools as piot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

Wrong = tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]

# Arguments that are refused at the call.
WRONG: dict[str, Wrong] = {
    "unknown scheme": (
        ("SELECT 1", "foo://x"),
        {},
        ValueError,
        r"scan_db: no reader for 'foo://'; known: duckdb://, postgresql://, sqlite://$",
    ),
    "misspelt scheme": (
        ("SELECT 1", "postgre://x"),
        {},
        ValueError,
        r"did you mean postgres(ql)?://\?",
    ),
    "no file": (("SELECT 1", "duckdb://x.db"), {}, ValueError, "write duckdb:///relative.db or"),
    "in memory": (("SELECT 1", "sqlite:///:memory:"), {}, ValueError, "names no file"),
    "file of any database": (
        ("SELECT 1", "trades.db"),
        {},
        ValueError,
        r"of what database is 'trades.db'\?.*\.duckdb.*write duckdb:///file or sqlite:///file",
    ),
    "connection of a wrong type": (("SELECT 1", 5), {}, TypeError, "connection must be a URI"),
    "query of a wrong type": ((b"SELECT 1", "x.sqlite"), {}, TypeError, "query must be a str"),
    "no query": (
        ("DELETE FROM t", "x.sqlite"),
        {},
        ValueError,
        "scan_db: the query must be a single SELECT/WITH/VALUES, got DELETE",
    ),
    "two queries": (("SELECT 1; SELECT 2", "x.sqlite"), {}, ValueError, "single SELECT"),
    "too few values": (
        ("SELECT ?, ?", "x.sqlite"),
        {"params": [1]},
        ValueError,
        "the query has 2 placeholders, and params has 1 values",
    ),
    "values by name": (
        ("SELECT ?", "x.sqlite"),
        {"params": {"a": 1}},
        TypeError,
        "params must be a list of values",
    ),
    "infinity": (
        ("SELECT 1", "x.sqlite"),
        {"on_infinity": "nan"},
        ValueError,
        "on_infinity must be 'error' or 'null', not 'nan'",
    ),
    "batches": (("SELECT 1", "x.sqlite", 0), {}, ValueError, "fetch_size must be at least 1"),
    "retries": (("SELECT 1", "x.sqlite"), {"retries": -1}, ValueError, "retries must be at least"),
    "timeout of a wrong type": (
        ("SELECT 1", "x.sqlite"),
        {"timeout": "1s"},
        TypeError,
        "timeout must be a timedelta or seconds, not str",
    ),
    "timeout": (
        ("SELECT 1", "x.sqlite"),
        {"timeout": dt.timedelta(0)},
        ValueError,
        "timeout must be above 0",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_refused_at_the_call(name: str) -> None:
    args, options, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        piot.scan_db(*args, **options)


def test_a_variable_that_is_not_set_is_named() -> None:
    lf = piot.scan_db("SELECT 1 AS n", "env:PIOT_NO_SUCH", schema={"n": pl.Int64})
    with pytest.raises(ValueError, match=r"connection 'env:PIOT_NO_SUCH': the variable is not set"):
        lf.collect()


def test_a_function_that_gives_no_uri_is_named() -> None:
    def where() -> str:
        return None  # type: ignore[return-value]  # what is tested

    lf = piot.scan_db("SELECT 1 AS n", where, schema={"n": pl.Int64})
    with pytest.raises(TypeError, match=r"where\(\) must return a URI, not NoneType"):
        lf.collect()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    imported = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return imported(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    lf = piot.scan_db("SELECT 1 AS n", tmp_path / "x.duckdb", schema={"n": pl.Int32})
    message = r"scan_db: duckdb:// needs an extra: pip install polars-io-tools-go\[db\]"
    with pytest.raises(piot.MissingDependencyError, match=message):
        lf.collect()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A file of SQLite with values that its types do not promise."""
    path = tmp_path / "t.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE t (d DATE, ts TIMESTAMP, i INTEGER, f REAL, b BOOLEAN, s TEXT, "
        "n NUMERIC(9,2))"
    )
    rows = [
        ("2024-01-05", "2024-01-05 12:00:00.5", 1, 1.5, 1, "a", 1),
        ("2024-01-06", "2024-01-06T12:00:00", 2, 2, 0, "b", 2),
        ("2024-1-5", "2024-01-06 25:00:00", "x", "y", 2, b"c", 3),
    ]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path


BAD_VALUES = {
    "d": r"scan_db: column 'd' row 3: '2024-1-5' is not a DATE \(YYYY-MM-DD\)",
    "ts": r"column 'ts' row 3: '2024-01-06 25:00:00' is not a TIMESTAMP",
    "i": r"column 'i' row 3: 'x' is not an integer of Int64",
    "f": r"column 'f' row 3: 'y' is not a number of Float64",
    "b": r"column 'b' row 3: 2 is not a BOOLEAN",
    "s": r"column 's' row 3: b'c' is not a text",
}


@pytest.mark.parametrize("batch", [1, 65_536])
@pytest.mark.parametrize("column", BAD_VALUES)
def test_a_value_that_is_not_of_its_type_is_named(table: Path, column: str, batch: int) -> None:
    lf = piot.scan_db(f"SELECT {column} FROM t", table, batch)
    with pytest.raises(piot.ColumnValueError, match=BAD_VALUES[column]):
        lf.collect()


def test_a_row_that_a_filter_leaves_out_is_not_read(table: Path) -> None:
    lf = piot.scan_db("SELECT d, ts, i, f, b, s FROM t", table).filter(
        pl.col("d") >= dt.date(2024, 1, 1)
    )
    with pytest.raises(piot.ColumnValueError):
        lf.collect()  # '2024-1-5' comes after '2024-01-01'
    got = lf.filter(pl.col("i") < 3, pl.col("d") < dt.date(2024, 1, 31)).collect()
    assert got["ts"].to_list() == [
        dt.datetime(2024, 1, 5, 12, 0, 0, 500_000),
        dt.datetime(2024, 1, 6, 12),
    ]
    assert got["f"].to_list() == [1.5, 2.0]
    assert got["b"].to_list() == [True, False]


def test_sqlite_gives_no_type_to_expressions(table: Path) -> None:
    query = "SELECT i + 1 AS y FROM t WHERE i < 3"
    message = r"scan_db: SQLite gives no type for 'y'; pass schema_overrides=\{'y': \.\.\.\}"
    with pytest.raises(pl.exceptions.ComputeError, match=message):
        piot.scan_db(query, table).collect()
    lf = piot.scan_db(query, table, schema_overrides={"y": pl.Int64})
    assert lf.collect()["y"].to_list() == [2, 3]


def test_sqlite_keeps_no_decimals(table: Path) -> None:
    with pytest.raises(pl.exceptions.ComputeError, match=r"SQLite keeps no NUMERIC\(9,2\) for 'n'"):
        piot.scan_db("SELECT n FROM t", table).collect()
    lf = piot.scan_db("SELECT n FROM t", table, schema_overrides={"n": pl.Float64})
    assert lf.collect()["n"].to_list() == [1.0, 2.0, 3.0]


def test_a_column_that_stands_twice_is_named(postgres: Server, table: Path) -> None:
    duck = table.with_suffix(".duckdb")
    import duckdb

    duckdb.connect(str(duck)).close()
    for place in (postgres.uri, duck, table):
        lf = piot.scan_db("SELECT 1 AS i, 2 AS i", place)
        message = "scan_db: column 'i' appears twice; give it an alias"
        with pytest.raises(pl.exceptions.ComputeError, match=message):
            lf.collect_schema()


def test_a_numeric_without_precision_asks_for_an_override(postgres: Server) -> None:
    message = r"scan_db: column 'n' is numeric without precision; pass schema_overrides=\{'n': "
    lf = piot.scan_db("SELECT 1.5::numeric AS n", postgres.uri)
    with pytest.raises(pl.exceptions.ComputeError, match=message):
        lf.collect()
    overrides = {"n": pl.Decimal(10, 2)}
    lf = piot.scan_db("SELECT 1.5::numeric AS n", postgres.uri, schema_overrides=overrides)
    assert str(lf.collect()["n"][0]) == "1.50"


def test_a_schema_that_is_not_that_of_the_query_is_refused(table: Path) -> None:
    lf = piot.scan_db("SELECT d, i FROM t", table, schema={"d": pl.Date})
    with pytest.raises(piot.SchemaMismatchError, match="gives the column 'i', which schema= does"):
        lf.collect()
    lf = piot.scan_db("SELECT d FROM t", table, schema={"d": pl.Date, "x": pl.Int64})
    with pytest.raises(piot.SchemaMismatchError, match="column 'x' was Int64 and is gone now"):
        lf.collect()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("no.sqlite", "no.duckdb"):
        lf = piot.scan_db("SELECT 1 AS n", tmp_path / name, schema={"n": pl.Int32})
        with pytest.raises(piot.DatabaseConnectionError, match=rf"scan_db: .*{name}"):
            lf.collect()


def test_a_query_that_the_database_refuses_is_shown_its_words(postgres: Server) -> None:
    lf = piot.scan_db("SELECT nope AS n", postgres.uri, schema={"n": pl.Int32})
    with pytest.raises(piot.DatabaseError, match=r'scan_db: .*column "nope" does not exist'):
        lf.collect()


@pytest.mark.parametrize("kind", ["date", "timestamp"])
@pytest.mark.parametrize("database", ["postgresql", "duckdb"])
def test_infinity_is_an_error_or_null(
    postgres: Server, tmp_path: Path, kind: str, database: str
) -> None:
    place: Any = postgres.uri
    if database == "duckdb":
        import duckdb

        place = tmp_path / "empty.duckdb"
        duckdb.connect(str(place)).close()
    days = ("2024-01-05", "infinity", "-infinity")
    query = " UNION ALL ".join(f"SELECT {i} AS i, '{d}'::{kind} AS d" for i, d in enumerate(days))
    with pytest.raises(piot.ColumnValueError, match=r"column 'd' row 2: .*on_infinity='null'"):
        piot.scan_db(query, place).collect()
    lf = piot.scan_db(query, place, on_infinity="null").sort("i")
    assert lf.collect()["d"].is_null().to_list() == [False, True, True]
    assert lf.filter(pl.col("d").is_null()).collect()["i"].to_list() == [1, 2]
    assert lf.filter(pl.col("d") > dt.date(2000, 1, 1)).collect()["i"].to_list() == [0]


def test_types_of_duckdb(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "types.duckdb"
    duckdb.connect(str(path)).close()
    query = """SELECT 1::TINYINT AS i8, 170141183460469231731687303715884105727::HUGEINT AS huge,
        1.25::DECIMAL(10,2) AS n, 'it''s'::ENUM('a', 'it''s') AS e,
        '00000000-0000-0000-0000-0000000000ab'::UUID AS u,
        TIMESTAMPTZ '2024-01-05 12:00:00+02' AS tz, [1, 2]::INTEGER[] AS l, 'x'::BLOB AS b,
        '2024-01-05 12:00:00'::TIMESTAMP_S AS s,
        '2024-01-05 12:00:00.000000001'::TIMESTAMP_NS AS ns,
        '12:00:00'::TIME AS t, '{"a": 1}'::JSON AS j"""
    got = piot.scan_db(query, path).collect()
    assert got.row(0) == (
        1,
        2**127 - 1,
        pl.Series([1.25]).cast(pl.Decimal(10, 2))[0],
        "it's",
        "00000000-0000-0000-0000-0000000000ab",
        dt.datetime(2024, 1, 5, 10, tzinfo=dt.UTC),
        [1, 2],
        b"x",
        dt.datetime(2024, 1, 5, 12),
        got["ns"][0],
        dt.time(12),
        '{"a": 1}',
    )
    assert got["ns"].to_physical()[0] % 1000 == 1
    assert got.schema["e"] == pl.Enum(["a", "it's"])
    with pytest.raises(pl.exceptions.ComputeError, match=r"column 'x' is INTERVAL.*x::VARCHAR"):
        piot.scan_db("SELECT INTERVAL 1 MONTH AS x", path).collect()
    text = piot.scan_db("SELECT INTERVAL 1 MONTH AS x", path, schema_overrides={"x": pl.String})
    assert text.collect()["x"].to_list() == ["1 month"]
