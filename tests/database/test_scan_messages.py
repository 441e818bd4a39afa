"""What goes wrong is said with the value, and with what to write instead."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import polars_io_tools as piot
from tests.database.messages import DATABASE_CASES
from tests.messages import check_message

if TYPE_CHECKING:
    from tests.postgres import Server


# Of PostgreSQL only.
NUMERIC = (
    "scan_db: column 'n' is numeric without precision; pass schema_overrides={'n': "
    "pl.Decimal(p, s) or pl.Float64 or pl.String}, or cast it in the query: "
    '"n"::numeric(p, s)'
)


@pytest.mark.parametrize("name", DATABASE_CASES)
def test_message(name: str, tmp_path: Path) -> None:
    check_message(DATABASE_CASES[name], tmp_path)


def test_the_messages_of_the_documentation_are_those_that_come() -> None:
    page = Path(__file__).parents[2] / "docs/scan-db.md"
    row = re.compile(r"^\| `(scan_db: [^`]*)`.* \| (\w+) \| .*\|$", re.MULTILINE)
    rows = row.findall(page.read_text("utf-8"))
    assert len(rows) >= 15
    said = [(c.message, c.kind.__name__) for c in DATABASE_CASES.values()]
    said.append((NUMERIC, "UnsupportedColumnError"))
    for message, kind in rows:
        begins = message.partition("…")[0].replace("TRADES_DSN", "PIOT_NO_SUCH")
        assert any(m.startswith(begins) and kind == k for m, k in said), message


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
    with pytest.raises(piot.UnsupportedColumnError, match=message):
        piot.scan_db(query, table)
    lf = piot.scan_db(query, table, schema_overrides={"y": pl.Int64})
    assert lf.collect()["y"].to_list() == [2, 3]


def test_sqlite_keeps_no_decimals(table: Path) -> None:
    with pytest.raises(
        piot.UnsupportedColumnError, match=r"SQLite keeps no NUMERIC\(9,2\) for 'n'"
    ):
        piot.scan_db("SELECT n FROM t", table)
    lf = piot.scan_db("SELECT n FROM t", table, schema_overrides={"n": pl.Float64})
    assert lf.collect()["n"].to_list() == [1.0, 2.0, 3.0]


def test_a_column_that_stands_twice_is_named(postgres: Server, table: Path) -> None:
    duck = table.with_suffix(".duckdb")
    import duckdb

    duckdb.connect(str(duck)).close()
    for place in (postgres.uri, duck, table):
        message = "scan_db: column 'i' appears twice; give it an alias"
        with pytest.raises(piot.UnsupportedColumnError, match=message):
            piot.scan_db("SELECT 1 AS i, 2 AS i", place)


def test_a_numeric_without_precision_asks_for_an_override(postgres: Server) -> None:
    with pytest.raises(piot.UnsupportedColumnError, match=re.escape(NUMERIC)):
        piot.scan_db("SELECT 1.5::numeric AS n", postgres.uri)
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
    with pytest.raises(piot.UnsupportedColumnError, match=r"column 'x' is INTERVAL.*x::VARCHAR"):
        piot.scan_db("SELECT INTERVAL 1 MONTH AS x", path)
    text = piot.scan_db("SELECT INTERVAL 1 MONTH AS x", path, schema_overrides={"x": pl.String})
    assert text.collect()["x"].to_list() == ["1 month"]
