"""Parameters arrive as they were given, or are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from polars_io_tools.errors import DatabaseError
from tests.database.reading import read

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.mark.parametrize(
    ("param", "type_name", "sql"),
    [
        (None, "int4", "NULL"),
        (["bool", "true"], "boolean", "true"),
        (["int", "-9223372036854775808"], "int8", "'-9223372036854775808'"),
        (["int", "5"], "numeric", "5"),
        (["int", "9007199254740992"], "float8", "9007199254740992"),
        (["float", "0x1.999999999999ap-4"], "float8", "0.1"),
        (["float", "0x0.0000000000001p-1022"], "float8", "5e-324"),
        (["float", "-inf"], "float8", "'-Infinity'"),
        (["decimal", "-1.200"], "numeric", "-1.200"),
        (["str", "it's \\ $1 \n ü %s"], "text", "E'it''s \\\\ $1 \\n ü %s'"),
        (["str", ""], "text", "''"),
        (["str", "1.2.3.4"], "inet", "'1.2.3.4'"),
        (["bytes", "00ff27"], "bytea", "'\\x00ff27'"),
        (["date", "19782"], "date", "'2024-02-29'"),
        (["date", "-719529"], "date", "'0002-12-31 BC'"),
        (["date", "4000000"], "date", "'1970-01-01'::date + 4000000"),
        (["date", "19782"], "timestamp", "'2024-02-29'"),
        (["datetime", "-1"], "timestamp", "'1969-12-31 23:59:59.999999'"),
        (["datetime", "-62135596800000001"], "timestamp", "'0001-12-31 23:59:59.999999 BC'"),
        (
            ["datetime", "300000000000000000"],
            "timestamp",
            "'1970-01-01'::timestamp + interval '300000000000 s'",
        ),
        (["instant", "1704067200000000"], "timestamptz", "'2024-01-01 00:00+00'"),
        (["time", "86399999999"], "time", "'23:59:59.999999'"),
        (["duration", "-86400000001"], "interval", "'-86400.000001 seconds'"),
        (["list", [["int", "1"], None, ["int", "3"]]], "int8[]", "'{1,NULL,3}'"),
        (
            ["list", [["str", 'a"b\\'], ["str", ""], ["str", "NULL"], ["str", "{,}"]]],
            "text[]",
            "ARRAY['a\"b\\', '', 'NULL', '{,}']",
        ),
        (["list", [["date", "0"]]], "date[]", "'{1970-01-01}'"),
    ],
)
def test_parameters(param: Any, type_name: str, sql: str, postgres: Server) -> None:
    query = f"SELECT $1::{type_name} IS NOT DISTINCT FROM ({sql})::{type_name} AS same"
    assert read(postgres, query, params=[param])["same"].to_list() == [True]


def test_parameters_are_no_part_of_the_text(postgres: Server) -> None:
    nasty = "'; DROP TABLE x; --"
    got = read(postgres, "SELECT $1 AS a, $2::text AS b", params=[["str", nasty], ["str", "$1"]])
    assert got.rows() == [(nasty, "$1")]


def test_parameters_that_do_not_fit(postgres: Server) -> None:
    refused = [
        ("$1::int4", [], "the query has 1 parameters, and params has 0 values"),
        ("1", [None], "the query has 0 parameters, and params has 1 values"),
        ("$1::text", [["int", "1"]], r"parameter \$1 is text on the server: a value of kind int"),
        (
            "$1::numeric(5, 1)",
            [["float", "0.5"]],
            r"pass a decimal.Decimal or an int, or write \$1::float8",
        ),
        (
            "$1::timestamp",
            [["instant", "0"]],
            "a datetime without a time zone fits timestamp, one with",
        ),
        (
            "$1::timestamptz",
            [["datetime", "0"]],
            "a datetime without a time zone fits timestamp, one with",
        ),
    ]
    for sql, params, message in refused:
        with pytest.raises(ValueError, match=message):
            read(postgres, f"SELECT {sql} AS a", params=params)
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        read(postgres, "SELECT $1::text AS a", params=[["str", "\ud83d"]])
    with pytest.raises(DatabaseError, match="out of range for type integer"):
        read(postgres, "SELECT $1::int4 AS a", params=[["int", "2147483648"]])
