"""Values through ADBC and ODBC: as PostgreSQL's own reader gives them, or an error."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.db._from_arrow import converter_of
from tests.database.engine_places import odbc_string

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

# A column of each type that all three read alike, with a value that wrong ways would change.
ALIKE = """
    (-7)::int2 AS i2, 2147483647::int4 AS i4, 9007199254740993::int8 AS i8, 0.1::float4 AS f4,
    123456789.123::float8 AS f8, 'NaN'::float8 AS nan, '-Infinity'::float8 AS inf,
    1.50::numeric(10,2) AS n, 12345678901234567890.1234::numeric(24,4) AS big,
    'it''s é \\'::text AS s, 'v'::varchar(3) AS v, 'ab'::char(5) AS c, true AS b,
    '\\x00ff'::bytea AS bin, date '0001-01-01' AS d, date '9999-12-31' AS late,
    time '23:59:59.999999' AS t, timestamp '2024-02-29 23:59:59.999999' AS ts,
    timestamptz '2024-07-01 12:00:00.5+02' AS tz,
    uuid 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' AS u, '{"a": [1]}'::json AS j,
    '{"a": [1]}'::jsonb AS jb, repeat('é', 5000) AS long
"""


def connection(server: Server, how: str) -> tuple[str, dict[str, Any]]:
    if how == "odbc":
        return odbc_string(server.uri), {}
    return server.uri, {"engine": how}


def scan(server: Server, how: str, query: str, **options: Any) -> pl.LazyFrame:
    uri, chosen = connection(server, how)
    return piot.scan_db(query, uri, **chosen, **options)


@pytest.mark.parametrize("how", ["adbc", "odbc"])
def test_values_are_those_of_the_native_reader(postgres: Server, how: str) -> None:
    # The second row is null throughout, and each column keeps its type.
    query = (
        f"SELECT x.* FROM (SELECT {ALIKE}) x RIGHT JOIN (VALUES (1), (2)) r(i) ON r.i = 1 "
        "ORDER BY r.i"
    )
    want = scan(postgres, "native", query).collect()
    assert want.null_count().row(0) == (1,) * want.width
    assert_frame_equal(scan(postgres, how, query).collect(), want)


@pytest.mark.parametrize("how", ["adbc", "odbc"])
def test_arrays_and_oids(postgres: Server, how: str) -> None:
    query = "SELECT '{1,NULL,3}'::int4[] AS l, 4000000000::oid AS o, 'm'::name AS m"
    got = scan(postgres, how, query).collect()
    if how == "adbc":
        assert got.row(0) == ([1, None, 3], 4_000_000_000, "m")
        assert got.schema["o"] == pl.UInt32
    else:
        assert got.row(0) == ("{1,NULL,3}", "4000000000", "m")


# What the drivers make something else of, without a word.
INFINITE = ("date", "timestamp", "timestamptz")


@pytest.mark.parametrize("how", ["adbc", "odbc"])
@pytest.mark.parametrize("kind", INFINITE)
def test_infinity_is_an_error_or_null(postgres: Server, how: str, kind: str) -> None:
    values = ("2024-01-05", "infinity", "-infinity")
    query = " UNION ALL ".join(f"SELECT {i} AS i, '{v}'::{kind} AS d" for i, v in enumerate(values))
    with pytest.raises(piot.ColumnValueError, match=r"column 'd' row 2: .*on_infinity='null'"):
        scan(postgres, how, query).collect()
    lf = scan(postgres, how, query, on_infinity="null").sort("i")
    assert lf.collect()["d"].is_null().to_list() == [False, True, True]
    assert lf.filter(pl.col("d").is_null()).collect()["i"].to_list() == [1, 2]
    early = dt.datetime(2000, 1, 1, tzinfo=dt.UTC if kind == "timestamptz" else None)
    assert lf.filter(pl.col("d") > early).collect()["i"].to_list() == [0]


@pytest.mark.parametrize("how", ["adbc", "odbc"])
def test_nan_of_a_numeric_is_an_error_or_null(postgres: Server, how: str) -> None:
    query = "SELECT 1.5::numeric(9,2) AS n UNION ALL SELECT 'NaN'::numeric(9,2)"
    with pytest.raises(piot.ColumnValueError, match=r"column 'n' row 2: '(nan|NaN)' has no"):
        scan(postgres, how, query.lower()).collect()
    got = scan(postgres, how, query, on_infinity="null").collect()
    assert got["n"].to_list() == [Decimal("1.50"), None]


@pytest.mark.parametrize("value", ["20000-01-01", "0044-03-15 BC"])
def test_odbc_reads_no_year_that_its_driver_cuts(postgres: Server, value: str) -> None:
    with pytest.raises(piot.ColumnValueError, match=f"row 1: '{value}' has no place in Date"):
        scan(postgres, "odbc", f"SELECT date '{value}' AS d").collect()


def test_adbc_reads_far_years(postgres: Server) -> None:
    query = "SELECT date '20000-01-01' AS d, date '4714-11-24 BC' AS first"
    want = scan(postgres, "native", query).collect()
    got = scan(postgres, "adbc", query).collect()
    assert got["d"].to_physical().equals(want["d"].to_physical())
    assert got["first"].to_physical().to_list() == [-2_440_588]


REFUSED = {
    "money": "1::money",
    "interval": "interval '1 day'",
    "timetz": "timetz '12:00'",
    "instants in a list": "ARRAY[timestamp 'infinity']",
    "numbers in a list": "ARRAY[1.5::numeric]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_types_that_adbc_changes_are_refused(postgres: Server, name: str) -> None:
    with pytest.raises(piot.UnsupportedColumnError, match=r"column 'x' is .*; write CAST\(x AS"):
        scan(postgres, "adbc", f"SELECT {REFUSED[name]} AS x").collect()
    text = scan(postgres, "adbc", f"SELECT CAST({REFUSED[name]} AS text) AS x").collect()
    assert text.schema == {"x": pl.String}


@pytest.mark.parametrize("name", ["money", "interval"])
def test_types_that_odbc_changes_are_refused(postgres: Server, name: str) -> None:
    with pytest.raises(piot.UnsupportedColumnError, match=rf"column 'x' is {name}, which is not"):
        scan(postgres, "odbc", f"SELECT {REFUSED[name]} AS x").collect()


def test_a_numeric_without_precision_asks_for_an_override(postgres: Server) -> None:
    query = "SELECT 1.25::numeric AS n"
    with pytest.raises(piot.UnsupportedColumnError, match="'n' is numeric without precision"):
        scan(postgres, "adbc", query)
    for dtype, want in ((pl.Decimal(10, 2), Decimal("1.25")), (pl.Float64(), 1.25)):
        got = scan(postgres, "adbc", query, schema_overrides={"n": dtype}).collect()
        assert got["n"].to_list() == [want]
    short = scan(postgres, "adbc", query, schema_overrides={"n": pl.Decimal(10, 1)})
    with pytest.raises(piot.ColumnValueError, match=r"row 1: 1\.25 has more than 1 digits after"):
        short.collect()


@pytest.mark.parametrize("how", ["adbc", "odbc"])
def test_overrides_keep_the_value_or_fail(postgres: Server, how: str) -> None:
    query = "SELECT 7::int4 AS i, 1.5::float8 AS f, 'a' AS s"
    wanted = {"i": pl.Int8(), "f": pl.Float32(), "s": pl.Enum(["a", "b"])}
    got = scan(postgres, how, query, schema_overrides=wanted).collect()
    assert got.schema == wanted
    assert got.row(0) == (7, 1.5, "a")
    many = scan(postgres, how, "SELECT 700::int4 AS i", schema_overrides={"i": pl.Int8()})
    with pytest.raises(piot.ColumnValueError, match="column 'i'"):
        many.collect()
    with pytest.raises(piot.UnsupportedColumnError, match="'i' comes as Int32 and is not read as"):
        scan(postgres, how, query, schema_overrides={"i": pl.String})


PARAMETERS = [
    (5, "int8"),
    (1.5, "float8"),
    ("é'?", "text"),
    (True, "bool"),
    (b"\x00\xff", "bytea"),
    (dt.date(2024, 1, 5), "date"),
    (dt.datetime(2024, 1, 5, 12, 0, 0, 1), "timestamp"),
    (dt.datetime(2024, 1, 5, 12, tzinfo=dt.UTC), "timestamptz"),
    (Decimal("1.50"), "numeric(9,2)"),
    (None, "int8"),
    ([1, 2], "int8[]"),
]


@pytest.mark.parametrize(("value", "kind"), PARAMETERS)
def test_parameters_are_bound_with_their_type(postgres: Server, value: Any, kind: str) -> None:
    lf = scan(postgres, "adbc", f"SELECT $1::{kind} AS v", params=[value])
    assert lf.collect()["v"].to_list() == [value]


def test_odbc_binds_texts(postgres: Server) -> None:
    query = "SELECT CAST(? AS int) + 1 AS i, CAST(? AS varchar(9)) AS s, CAST(? AS int) AS n"
    got = scan(postgres, "odbc", query, params=["41", "it's ?", None]).collect()
    assert got.row(0) == (42, "it's ?", None)
    with pytest.raises(TypeError, match=r"ODBC binds texts only: pass '…' instead of a int, and"):
        scan(postgres, "odbc", query, params=[41, "x", None]).collect()


def test_adbc_reads_sqlite_by_its_declarations(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE t (d DATE, ts TIMESTAMP, i INTEGER, f REAL, b BOOLEAN, s TEXT, bl BLOB)"
    )
    rows: list[tuple[Any, ...]] = [
        (None,) * 7,
        ("2024-01-05", "2024-01-05 12:00:00.5", 2**60 + 1, 1.5, 1, "a", b"x"),
        ("2024-01-06", "2024-01-06T12:00:00", 2, 2, 0, "", b""),
    ]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    want = piot.scan_db("SELECT * FROM t", path).collect()
    assert_frame_equal(piot.scan_db("SELECT * FROM t", path, engine="adbc").collect(), want)
    empty = piot.scan_db("SELECT * FROM t WHERE i = 7", path, engine="adbc").collect()
    assert empty.schema == want.schema
    connection.execute("INSERT INTO t(i) VALUES ('oops')")
    connection.commit()
    connection.close()
    lf = piot.scan_db("SELECT i FROM t", path, engine="adbc")
    with pytest.raises(piot.ColumnValueError, match=r"column 'i' row 2: .* is not an integer"):
        lf.collect()
    assert lf.filter(pl.col("i") < 3).collect()["i"].to_list() == [2]


def test_odbc_does_not_read_sqlite(tmp_path: Path) -> None:
    """Its driver gives null for a value of another type."""
    from polars_io_tools.db._odbc import _checked_vendor

    with pytest.raises(piot.DatabaseError, match="reads values of other types as null; write sql"):
        _checked_vendor("SQLite")


INSTANT = dt.datetime(2024, 2, 29, 12)

# Arrays as drivers may give them, and what becomes of them.
ARROW: dict[str, tuple[Any, pl.DataType, list[Any]]] = {
    "decimal of 256 bits": (
        pa.array([Decimal("1.50")], pa.decimal256(38, 2)),
        pl.Decimal(38, 2),
        [Decimal("1.50")],
    ),
    "seconds": (pa.array([INSTANT], pa.timestamp("s")), pl.Datetime("ms"), [INSTANT]),
    "an offset": (
        pa.array([INSTANT], pa.timestamp("us", "+02:00")),
        pl.Datetime("us", "UTC"),
        [INSTANT.replace(tzinfo=dt.UTC)],
    ),
    "a zone": (
        pa.array([INSTANT], pa.timestamp("ns", "Asia/Tokyo")),
        pl.Datetime("ns", "Asia/Tokyo"),
        [dt.datetime(2024, 2, 29, 21, tzinfo=ZoneInfo("Asia/Tokyo"))],
    ),
    "a dictionary": (pa.array(["a", "b", "a"]).dictionary_encode(), pl.String(), ["a", "b", "a"]),
    "bytes of one length": (pa.array([b"ab"], pa.binary(2)), pl.Binary(), [b"ab"]),
    "views": (pa.array(["a", None], pa.string_view()), pl.String(), ["a", None]),
    "lists": (pa.array([[1, None], None]), pl.List(pl.Int64()), [[1, None], None]),
    "a duration": (
        pa.array([dt.timedelta(seconds=1)], pa.duration("s")),
        pl.Duration("ms"),
        [dt.timedelta(seconds=1)],
    ),
}


@pytest.mark.parametrize("name", ARROW)
def test_types_of_arrow(name: str) -> None:
    array, dtype, values = ARROW[name]
    converter = converter_of(pa.field("x", array.type), None)
    got = converter.convert(array, 0)
    assert (got.name, got.dtype, converter.column.dtype) == ("x", dtype, dtype)
    assert got.to_list() == values


REFUSED_ARROW = (
    pa.struct([("a", pa.int8())]),
    pa.map_(pa.string(), pa.int8()),
    pa.month_day_nano_interval(),
    pa.date64(),
    pa.float16(),
    pa.decimal256(39, 0),
    pa.decimal128(5, -2),
    pa.list_(pa.list_(pa.int8())),
    pa.list_(pa.decimal128(5, 2)),
    pa.null(),
)


@pytest.mark.parametrize("kind", REFUSED_ARROW, ids=str)
def test_other_types_of_arrow_are_refused(kind: Any) -> None:
    with pytest.raises(piot.UnsupportedColumnError, match=r"column 'x' is .*, which is not read"):
        converter_of(pa.field("x", kind), None)


def test_overrides_of_decimals() -> None:
    field = pa.field("x", pa.decimal128(9, 2))
    array = pa.array([Decimal("1.25")], field.type)
    wider = converter_of(field, pl.Decimal(20, 4)).convert(array, 0)
    assert wider.to_list() == [Decimal("1.2500")]
    assert converter_of(field, pl.Float64()).convert(array, 0).to_list() == [1.25]
    for narrower in (pl.Decimal(9, 1), pl.Int64(), pl.Float32()):
        with pytest.raises(piot.UnsupportedColumnError, match="comes as Decimal"):
            converter_of(field, narrower)


def test_a_float_that_is_none_of_four_bytes() -> None:
    converter = converter_of(pa.field("x", pa.float64()), pl.Float32())
    assert converter.convert(pa.array([0.5, None, float("nan")]), 0).dtype == pl.Float32
    with pytest.raises(piot.ColumnValueError, match="column 'x': a number is no Float32"):
        converter.convert(pa.array([0.1]), 0)


def test_a_time_beyond_the_day() -> None:
    converter = converter_of(pa.field("x", pa.time64("us")), None)
    array = pa.array([0, 86_400_000_000], pa.int64()).cast(pa.time64("us"))
    with pytest.raises(
        piot.ColumnValueError, match="column 'x' row 12: 86400000000 has no place in Time"
    ):
        converter.convert(array, 10)


@pytest.mark.parametrize("how", ["duckdb", "native", "adbc", "odbc"])
def test_the_end_of_the_day_is_no_null(postgres: Server, tmp_path: Path, how: str) -> None:
    query = "SELECT time '12:00' AS t UNION ALL SELECT time '24:00:00'"
    if how == "duckdb":
        import duckdb

        duckdb.connect(str(tmp_path / "x.duckdb")).close()
        lf = piot.scan_db(query, tmp_path / "x.duckdb")
    else:
        lf = scan(postgres, how, query)
    with pytest.raises(piot.ColumnValueError, match=r"column 't' row 2: .* has no place in "):
        lf.collect()
