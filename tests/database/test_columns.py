"""What cannot be read as it is, what an override makes of it, and what Describe knows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from polars_io_tools.errors import (
    ColumnValueError,
    DatabaseError,
    SchemaMismatchError,
    UnsupportedColumnError,
)
from tests.database.reading import describe, dtypes, read

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.mark.parametrize(
    ("sql", "type_name"),
    [
        ("1::money", "money"),
        ("'1.2.3.4'::inet", "inet"),
        ("int4range(1, 2)", "int4range"),
        ("'(1,2)'::point", "point"),
        ("'10'::bit(2)", "bit"),
        ("row(1, 2)", "record"),
        ("'12:00+02'::timetz", "time with time zone"),
        ("'a b'::tsvector", "tsvector"),
        ("'pg_class'::regclass", "regclass"),
        ("array['1.2.3.4'::inet]", "inet[]"),
        ("1.5::numeric", "numeric without precision"),
        ("array[1.5]::numeric[]", "numeric[] without precision"),
        ("1.5::numeric(50, 2)", "numeric(50,2)"),
    ],
)
def test_types_without_a_counterpart(sql: str, type_name: str, postgres: Server) -> None:
    with pytest.raises(UnsupportedColumnError) as caught:
        describe(postgres, f'SELECT 1 AS a, {sql} AS "b c"')
    message = str(caught.value)
    assert message.startswith(f"column 'b c' is {type_name}")
    assert "schema_overrides={'b c': " in message
    assert 'cast it in the query: "b c"::' in message
    # What the message says to write helps, both ways.
    override = {"b c": "string"}
    assert dtypes(postgres, f'SELECT {sql} AS "b c"', overrides=override) == {"b c": "string"}
    got = read(postgres, f'SELECT {sql} AS "b c", ({sql})::text AS text', overrides=override)
    if "inet" not in type_name or type_name.endswith("[]"):
        assert got["b c"].to_list() == got["text"].to_list()
    assert got["b c"][0]


def test_all_columns_that_cannot_be_read_are_named(postgres: Server) -> None:
    with pytest.raises(UnsupportedColumnError) as caught:
        describe(postgres, "SELECT 1::money AS a, 2 AS b, '1.2.3.4'::inet AS c")
    assert [line.split()[1] for line in str(caught.value).splitlines()] == ["'a'", "'c'"]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("date 'infinity'", "infinity has no place in pl.Date"),
        ("date '-infinity'", "-infinity has no place in pl.Date"),
        ("date '300000-01-01'", "a date after the year 262142"),
        ("timestamp 'infinity'", "infinity has no place in pl.Datetime('us')"),
        ("timestamp '-infinity'", "-infinity has no place in pl.Datetime('us')"),
        ("timestamp '294276-12-31 23:59:59.999999'", "a time after the year 262142"),
        ("timestamptz 'infinity'", "infinity has no place in pl.Datetime('us', 'UTC')"),
        ("timestamptz '-infinity'", "-infinity has no place in pl.Datetime('us', 'UTC')"),
        ("'NaN'::numeric(5, 2)", "NaN has no place in pl.Decimal(5, 2)"),
        ("interval '200000000 days'", "an interval that long has no place in pl.Duration('us')"),
        ("array[date 'infinity']", "infinity has no place in pl.Date"),
    ],
)
def test_values_without_a_place(sql: str, why: str, postgres: Server) -> None:
    # A CASE forgets the precision.
    cast = "::numeric(5, 2)" if "numeric" in sql else ""
    query = (
        f"SELECT g AS n, (CASE WHEN g = 3 THEN {sql} END){cast} AS x FROM generate_series(1, 4) g"
    )
    with pytest.raises(ColumnValueError) as caught:
        read(postgres, query)
    message = str(caught.value)
    assert message.startswith(f"column 'x' row 3: {why}")
    assert message.endswith("pass on_infinity='null', or cast it in the query: \"x\"::text")
    got = read(postgres, query, on_infinity="null")["x"]
    if "array" in sql:
        assert got.to_list() == [None, None, [None], None]
    else:
        assert got.null_count() == 4


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("interval '1 month'", "an interval with months (1) has no fixed length"),
        ("time '24:00'", "24:00:00 has no place in pl.Time"),
        ("array[array[1], array[2]]", "an array of 2 dimensions has no place in pl.List(pl.Int32)"),
    ],
)
def test_values_that_only_a_cast_helps(sql: str, message: str, postgres: Server) -> None:
    with pytest.raises(ColumnValueError) as caught:
        read(postgres, f"SELECT {sql} AS x", on_infinity="null")
    assert str(caught.value).startswith(f"column 'x' row 1: {message}")
    assert 'cast it in the query: "x"::' in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "wire", "value"),
    [
        ("1.50::numeric", "string", "1.50"),
        ("1.50::numeric", "float64", 1.5),
        ("1.50::numeric", "decimal[38, 10]", Decimal("1.5")),
        ("'NaN'::numeric", "float64", pytest.approx(float("nan"), nan_ok=True)),
        ("7::int8", "int16", 7),
        ("7::int2", "int64", 7),
        ("7::int4", "float64", 7.0),
        ("0.5::float4", "float64", 0.5),
        ("date '2024-02-29'", "datetime[ms]", dt.datetime(2024, 2, 29)),
        (
            "timestamp '2024-01-01 00:00:00.001'",
            "datetime[ms]",
            dt.datetime(2024, 1, 1, 0, 0, 0, 1000),
        ),
        ("timestamp '2024-01-01'", "datetime[ns]", dt.datetime(2024, 1, 1)),
        ("array[array[1, 2], array[3, 4]]", "list[list[int64]]", [[1, 2], [3, 4]]),
        ("array[1.5, 2]::numeric[]", "list[float64]", [1.5, 2.0]),
        ("'ü'::text", "binary", "ü".encode()),
        (
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
            "binary",
            bytes.fromhex("a0eebc999c0b4ef8bb6d6bb9bd380a11"),
        ),
        ("true", "string", "t"),
        ("timestamptz '2024-01-01 00:00+02'", "string", "2023-12-31 22:00:00+00"),
        ("interval '1 month'", "string", "1 mon"),
        ("date 'infinity'", "string", "infinity"),
    ],
)
def test_overrides(sql: str, wire: str, value: Any, postgres: Server) -> None:
    query = f"SELECT {sql} AS x"
    assert dtypes(postgres, query, overrides={"x": wire}) == {"x": wire}
    assert read(postgres, query, overrides={"x": wire})["x"].to_list() == [value]


def test_a_time_zone_is_an_override(postgres: Server) -> None:
    sql = "SELECT timestamptz '2024-01-01 00:00+00' AS x"
    got = read(postgres, sql, overrides={"x": "datetime[us, Europe/Berlin]"})["x"]
    assert got.dtype == pl.Datetime("us", "Europe/Berlin")
    assert got.dt.hour().to_list() == [1]


def test_overrides_that_would_lose_something(postgres: Server) -> None:
    with pytest.raises(
        UnsupportedColumnError, match=r"is double precision and cannot be read as pl\.Float32"
    ):
        describe(postgres, "SELECT 1::float8 AS x", overrides={"x": "float32"})
    with pytest.raises(ColumnValueError, match=r"column 'x' row 1: 40000 does not fit pl\.Int16"):
        read(postgres, "SELECT 40000 AS x", overrides={"x": "int16"})
    with pytest.raises(ColumnValueError, match=r"1\.25 does not fit pl\.Decimal\(5, 1\) exactly"):
        read(postgres, "SELECT 1.25 AS x", overrides={"x": "decimal[5, 1]"})
    with pytest.raises(
        ValueError, match="schema_overrides names 'y', which the query does not give"
    ):
        describe(postgres, "SELECT 1 AS x", overrides={"y": "int64"})
    # A projection may leave the column out.
    assert read(postgres, "SELECT 1 AS x", overrides={"y": "int64"}).rows() == [(1,)]


def test_text_that_is_not_utf8(postgres: Server) -> None:
    name = f"{postgres.database}_ascii"
    postgres.psql(
        f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0 "
        "LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    try:
        dsn = postgres.uri.replace(postgres.database, name)
        sql = "SELECT convert_from('\\x61fc'::bytea, 'SQL_ASCII') AS x"
        assert describe(postgres, sql, dsn=dsn)["encoding"] == "SQL_ASCII"
        with pytest.raises(
            ColumnValueError, match=r"column 'x' row 1: the text is not UTF-8 at byte 1 \(fc\)"
        ):
            read(postgres, sql, dsn=dsn)
        assert read(postgres, sql, dsn=dsn, overrides={"x": "binary"})["x"].to_list() == [b"a\xfc"]
    finally:
        from polars_io_tools import _gocore

        _gocore.pg_disconnect()
        postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")


def test_describing_runs_nothing(postgres: Server) -> None:
    postgres.psql("CREATE SEQUENCE calls")
    got = describe(
        postgres,
        "SELECT nextval('calls') AS n, pg_sleep(600)::text AS s, "
        "(1 / (random() * 0)::int)::text AS t "
        "FROM generate_series(1, 1000000000)",
        timeout_ms=20_000,
    )
    assert [c["dtype"] for c in got["columns"]] == ["int64", "string", "string"]
    assert [c["collation"]["name"] for c in got["columns"][1:]] == ["default", "default"]
    assert postgres.psql("SELECT is_called FROM calls") == "f"


def test_descriptions(postgres: Server) -> None:
    postgres.psql(
        "CREATE TYPE colour AS ENUM ('red', 'green'); CREATE DOMAIN price AS numeric(10, 2); "
        'CREATE TABLE described (a int, b colour, c price, d char(3), e varchar(5) COLLATE "C")'
    )
    got = describe(
        postgres, "SELECT *, $1::int8 + a AS f, upper(d) AS g FROM described WHERE d = $2 -- end"
    )
    assert [(c["name"], c["type"], c["dtype"], c["typmod"]) for c in got["columns"]] == [
        ("a", "integer", "int32", -1),
        ("b", "colour", "enum", -1),
        ("c", "numeric(10,2)", "decimal[10, 2]", 655366),
        ("d", "character(3)", "string", 7),
        ("e", "character varying(5)", "string", 9),
        ("f", "bigint", "int64", -1),
        ("g", "text", "string", -1),
    ]
    assert got["columns"][1]["labels"] == ["red", "green"]
    collations = {c["name"]: c["collation"] for c in got["columns"] if c["collation"] is not None}
    default = {"name": "default", "deterministic": True}
    assert collations == {"d": default, "e": {"name": "C", "deterministic": True}, "g": default}
    assert got["parameters"] == [{"type": "bigint", "oid": 20}, {"type": "character", "oid": 1042}]
    assert got["encoding"] == "UTF8"
    assert got["version"] // 10000 == int(postgres.psql("SHOW server_version_num")) // 10000


def test_a_collation_that_is_not_deterministic(postgres: Server) -> None:
    """It takes ICU, which the server from PyPI is built without: then there is none."""
    has_icu = postgres.psql("SELECT count(*) FROM pg_collation WHERE collname = 'en-x-icu'") != "0"
    if not has_icu:
        with pytest.raises(RuntimeError, match="ICU is not supported in this build"):
            postgres.psql("CREATE COLLATION folded (provider = icu, locale = 'und')")
        return
    postgres.psql(
        "CREATE COLLATION folded "
        "(provider = icu, locale = 'und-u-ks-level2', deterministic = false); "
        "CREATE TABLE fold (t text COLLATE folded)"
    )
    (column,) = describe(postgres, "SELECT t FROM fold")["columns"]
    assert column["collation"] == {"name": "folded", "deterministic": False}


def test_queries_that_are_refused(postgres: Server) -> None:
    postgres.psql("CREATE TABLE refused (a int)")
    refused = {
        "SELECT 1 AS a, 2 AS a": "column 'a' appears twice; give it an alias",
        "INSERT INTO refused VALUES (1)": "the query gives no columns; write a single SELECT",
        "SELECT 1; SELECT 2": "cannot insert multiple commands into a prepared statement",
        "": "the query gives no columns",
        "SELECT * FROM nothing": 'relation "nothing" does not exist (SQLSTATE 42P01)',
    }
    for sql, message in refused.items():
        with pytest.raises(DatabaseError) as caught:
            describe(postgres, sql)
        assert message in str(caught.value)


def test_reading_writes_nothing(postgres: Server) -> None:
    postgres.psql(
        "CREATE TABLE kept (a int); INSERT INTO kept VALUES (1), (2); CREATE SEQUENCE counter"
    )
    for sql in (
        "DELETE FROM kept RETURNING a",
        "WITH gone AS (DELETE FROM kept RETURNING a) SELECT * FROM gone",
        "INSERT INTO kept VALUES (3) RETURNING a",
        "SELECT a FROM kept FOR UPDATE",
        "SELECT nextval('counter') AS a",
    ):
        with pytest.raises(DatabaseError, match=r"in a read-only transaction \(SQLSTATE 25006\)"):
            read(postgres, sql)
    with pytest.raises(DatabaseError):
        read(postgres, "SELECT set_config('transaction_read_only', 'off', false) AS a")
    assert postgres.psql("SELECT count(*) FROM kept") == "2"
    assert postgres.psql("SELECT is_called FROM counter") == "f"


def test_columns_that_have_changed(postgres: Server) -> None:
    postgres.psql("CREATE TYPE size AS ENUM ('s', 'm'); CREATE TABLE drifting (a int, b size)")
    sql = "SELECT * FROM drifting"
    columns = [
        {key: c[key] for key in ("name", "dtype", "labels")}
        for c in describe(postgres, sql)["columns"]
    ]
    assert read(postgres, sql, expect=columns).is_empty()
    postgres.psql("ALTER TYPE size ADD VALUE 'l'")
    with pytest.raises(
        SchemaMismatchError, match="the labels of the enum in column 'b' have changed"
    ):
        read(postgres, sql, expect=columns)
    postgres.psql("ALTER TABLE drifting DROP COLUMN b, ALTER COLUMN a TYPE text")
    with pytest.raises(
        SchemaMismatchError, match="had 2 columns when it was described and has 1 now"
    ):
        read(postgres, sql, expect=columns)
    with pytest.raises(
        SchemaMismatchError, match="column 'a' was int32 when the query was described and is string"
    ):
        read(postgres, sql, expect=columns[:1])
