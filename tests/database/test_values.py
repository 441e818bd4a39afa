"""Every type that is read, against what the server writes as text and Polars reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.database.reading import dtypes, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.postgres import Server

TEXT = pl.col("text")
_STAMP = "%Y-%m-%d %H:%M:%S%.f"
_MICROS = "(extract(epoch FROM x) * 1000000)::numeric(38, 0)::text"


@dataclass
class Case:
    """A type, values of it, and how the text of one is read in Polars."""

    name: str
    type: str
    values: Sequence[str]
    # An expression that is random in every row, without edges.
    random: str
    wire: str
    expected: pl.Expr
    # How the server writes the value.
    text: str = "x::text"


CASES = [
    Case("boolean", "boolean", ["true", "false"], "r < 0.5", "boolean", TEXT == "true"),
    Case(
        "int2",
        "int2",
        ["-32768", "32767"],
        "(r * 60000 - 30000)::int2",
        "int16",
        TEXT.cast(pl.Int16),
    ),
    Case(
        "int4",
        "int4",
        ["-2147483648", "2147483647"],
        "(r * 4e9 - 2e9)::int4",
        "int32",
        TEXT.cast(pl.Int32),
    ),
    Case(
        "int8",
        "int8",
        ["-9223372036854775808", "9223372036854775807"],
        "(r * 1.8e19 - 9e18)::int8",
        "int64",
        TEXT.cast(pl.Int64),
    ),
    Case("oid", "oid", ["0", "4294967295"], "(r * 4e9)::int8::oid", "uint32", TEXT.cast(pl.UInt32)),
    Case(
        "float4",
        "float4",
        ["NaN", "Infinity", "-Infinity", "-0", "1e-45", "3.4028235e38"],
        "(exp(r * 80) - exp(40))::float4",
        "float32",
        TEXT.str.to_lowercase().cast(pl.Float32),
    ),
    Case(
        "float8",
        "float8",
        ["NaN", "Infinity", "-Infinity", "-0", "5e-324", "0.1"],
        "exp(r * 700) - exp(300)",
        "float64",
        TEXT.str.to_lowercase().cast(pl.Float64),
    ),
    Case(
        "numeric(18,4)",
        "numeric(18, 4)",
        ["0", "-0.0001", "99999999999999.9999"],
        "(r * 1e14)::numeric(18, 4)",
        "decimal[18, 4]",
        TEXT.cast(pl.Decimal(18, 4)),
    ),
    Case(
        "numeric(38,10)",
        "numeric(38, 10)",
        ["-9999999999999999999999999999.9999999999", "0.0000000001", "10000"],
        "(r * 1e20)::numeric(38, 10) * 12345678",
        "decimal[38, 10]",
        TEXT.cast(pl.Decimal(38, 10)),
    ),
    Case(
        "numeric(5,-2)",
        "numeric(5, -2)",
        ["1234500", "-9999900"],
        "(r * 1e6)::int8",
        "decimal[7, 0]",
        TEXT.cast(pl.Decimal(7, 0)),
    ),
    Case(
        "text",
        "text",
        ["''", "it''s", "ü€😀", "exactly12byt", "thirteen byte", "a\nb"],
        "repeat('ü', (r * 40)::int)",
        "string",
        TEXT,
    ),
    Case("varchar", "varchar(9)", ["''", "a  "], "left(md5(r::text), 9)", "string", TEXT),
    Case("name", "name", ["pg_class"], "md5(r::text)::name", "string", TEXT),
    # The server leaves blanks out where it makes text of a char(n).
    Case(
        "char(n)",
        "char(7)",
        ["''", "ab", "seven 7"],
        "left(md5(r::text), (r * 7)::int)",
        "string",
        TEXT.str.pad_end(7),
    ),
    Case(
        "bytea",
        "bytea",
        [r"\x", r"\x00ff", r"\x" + "00" * 40],
        "decode(md5(r::text), 'hex')",
        "binary",
        TEXT.str.strip_prefix("\\x").str.decode("hex"),
    ),
    Case(
        "date",
        "date",
        ["4713-01-01 BC", "0001-01-01", "1970-01-01", "262142-12-31"],
        "date '1900-01-01' + (r * 90000)::int",
        "date",
        TEXT.cast(pl.Int64).cast(pl.Int32).cast(pl.Date),
        "(x - date '1970-01-01')::text",
    ),
    Case(
        "timestamp",
        "timestamp",
        ["4713-01-01 BC", "1969-12-31 23:59:59.999999", "262142-12-31 23:59:59.999999"],
        "timestamp '1900-01-01' + r * interval '250 years'",
        "datetime[us]",
        TEXT.cast(pl.Int64).cast(pl.Datetime("us")),
        _MICROS,
    ),
    Case(
        "timestamptz",
        "timestamptz",
        ["4713-01-01 BC", "2024-03-10 02:30+05:30", "262142-12-31"],
        "timestamptz '1900-01-01' + r * interval '250 years'",
        "datetime[us, UTC]",
        TEXT.cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        _MICROS,
    ),
    Case(
        "time",
        "time",
        ["00:00", "23:59:59.999999"],
        "time '00:00' + r * interval '86399 seconds'",
        "time",
        TEXT.str.to_time("%H:%M:%S%.f"),
    ),
    Case(
        "interval",
        "interval",
        ["-1 day 00:00:00.000001", "0", "100000000 days"],
        "r * interval '100 days'",
        "duration[us]",
        TEXT.cast(pl.Int64).cast(pl.Duration("us")),
        _MICROS,
    ),
    Case(
        "uuid",
        "uuid",
        ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
        "md5(r::text)::uuid",
        "string",
        TEXT,
    ),
    Case("json", "json", ['{"b": 1,  "a": [null]}', "1"], "to_json(r)", "string", TEXT),
    Case("jsonb", "jsonb", ['{"b": 1,  "a": [null]}', "1"], "to_jsonb(r)", "string", TEXT),
    Case(
        "enum",
        "mood",
        ["sad", "ü;x"],
        "(array['sad', 'ok']::mood[])[1 + (r * 1.9)::int % 2]",
        "enum",
        TEXT.cast(pl.Enum(["sad", "ok", "ü;x"])),
    ),
    Case(
        "domain",
        "small_amount",
        ["1.25", "-99.99"],
        "(r * 99)::numeric(4, 2)",
        "decimal[4, 2]",
        TEXT.cast(pl.Decimal(4, 2)),
    ),
    Case(
        "int8[]",
        "int8[]",
        ["{}", "{1,NULL,3}", "[5:6]={1,2}"],
        "array[(r * 10)::int8, NULL]",
        "list[int64]",
        TEXT.str.json_decode(pl.List(pl.Int64)),
        "to_json(x)::text",
    ),
    Case(
        "text[]",
        "text[]",
        ["{}", '{"a b",NULL,"",ü}'],
        "array[md5(r::text)]",
        "list[string]",
        TEXT.str.json_decode(pl.List(pl.String)),
        "to_json(x)::text",
    ),
    Case(
        "int4[][]",
        "int4[][]",
        ["{}", "{{1,2},{3,NULL}}"],
        "array[[1, (r * 10)::int4]]",
        "list[list[int32]]",
        TEXT.str.json_decode(pl.List(pl.List(pl.Int32))),
        "to_json(x)::text",
    ),
    Case(
        "enum[]",
        "mood[]",
        ["{}", '{ok,NULL,"ü;x"}'],
        "array['sad']::mood[]",
        "list[enum]",
        TEXT.str.json_decode(pl.List(pl.String)).cast(pl.List(pl.Enum(["sad", "ok", "ü;x"]))),
        "to_json(x)::text",
    ),
    Case(
        "date[]",
        "date[]",
        ["{2024-02-29,NULL}"],
        "array[date '2000-01-01' + (r * 1000)::int]",
        "list[date]",
        TEXT.str.json_decode(pl.List(pl.String)).list.eval(pl.element().str.to_date()),
        "to_json(x)::text",
    ),
    Case(
        "numeric(9,2)[]",
        "numeric(9, 2)[]",
        ["{1.25,-0.01,NULL}"],
        "array[(r * 1000)::numeric(9, 2)]",
        "list[decimal[9, 2]]",
        TEXT.str.json_decode(pl.List(pl.Float64)).cast(pl.List(pl.Decimal(9, 2))),
        "to_json(x)::text",
    ),
    Case(
        "domain[]",
        "small_amount[]",
        ["{1.25,NULL}"],
        "array[(r * 99)::small_amount]",
        "list[decimal[4, 2]]",
        TEXT.str.json_decode(pl.List(pl.Float64)).cast(pl.List(pl.Decimal(4, 2))),
        "to_json(x)::text",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def _types(postgres: Server) -> None:
    postgres.psql(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN small_amount AS numeric(4, 2)"
    )
    # A label that comes later, in the middle of the order or not, has a place of its own.
    postgres.psql("ALTER TYPE mood ADD VALUE 'ü;x'")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_values_are_those_of_the_server(case: Case, postgres: Server) -> None:
    table = f"values_{CASES.index(case)}"
    rows = ", ".join("(" + (v if v == "''" else f"'{v}'") + ")" for v in case.values)
    postgres.psql(
        f"CREATE TABLE {table} (n serial, x {case.type}); "
        f"INSERT INTO {table} (x) SELECT v::{case.type} FROM (VALUES {rows}) AS t(v); "
        f"INSERT INTO {table} (x) VALUES (NULL); SELECT setseed(0.5); "
        f"INSERT INTO {table} (x) SELECT {case.random} "
        "FROM (SELECT random() AS r FROM generate_series(1, 300)) q; "
        f"INSERT INTO {table} (x) VALUES (NULL)"
    )
    sql = f"SELECT x, {case.text} AS text FROM {table} ORDER BY n"
    assert dtypes(postgres, sql) == {"x": case.wire, "text": "string"}
    got = read(postgres, sql, batch_rows=100)
    assert got.height == 302 + len(case.values)
    assert got["x"].null_count() == 2
    expected = got.select(case.expected.alias("x"))
    assert got["x"].dtype == expected["x"].dtype
    assert_frame_equal(got.select("x"), expected)
