"""What readers say of columns, by which it is decided how filters on them are pushed."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import polars as pl
import pytest

from polars_io_tools.db import Column, Query, Reader
from polars_io_tools.db._duckdb import DuckReader
from polars_io_tools.db._postgresql import PostgresReader
from polars_io_tools.db._sqlite import SqliteReader

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

# An expression of PostgreSQL, and its column.
POSTGRES: dict[str, tuple[str, Column]] = {
    "smallint": ("1::int2", Column("c", pl.Int16(), "int2")),
    "integer": ("1", Column("c", pl.Int32(), "int4")),
    "bigint": ("1::int8", Column("c", pl.Int64(), "int8")),
    "oid": ("1::oid", Column("c", pl.UInt32(), "oid")),
    "real": ("1::float4", Column("c", pl.Float32(), "float4")),
    "double": ("1::float8", Column("c", pl.Float64(), "float8")),
    "boolean": ("true", Column("c", pl.Boolean(), "bool")),
    "bytea": ("''::bytea", Column("c", pl.Binary(), "bytea")),
    "numeric": ("1::numeric(10,2)", Column("c", pl.Decimal(10, 2), "numeric", scale=2)),
    "numeric of hundreds": ("1::numeric(3,-2)", Column("c", pl.Decimal(5, 0), "numeric", scale=-2)),
    "numeric of a sum": (
        "sum(1)::numeric(38,0)",
        Column("c", pl.Decimal(38, 0), "numeric", scale=0),
    ),
    "text": ("'a'::text", Column("c", pl.String(), "text", collation="deterministic")),
    "text by bytes": ("'a'::text COLLATE \"C\"", Column("c", pl.String(), "text", collation="c")),
    "text of POSIX": (
        "'a'::text COLLATE \"POSIX\"",
        Column("c", pl.String(), "text", collation="c"),
    ),
    "varchar": ("'a'::varchar(9)", Column("c", pl.String(), "varchar", collation="deterministic")),
    "char": (
        "'a'::char(5)",
        Column("c", pl.String(), "bpchar", length=5, collation="deterministic"),
    ),
    "char of any length": (
        "'a'::bpchar",
        Column("c", pl.String(), "bpchar", collation="deterministic"),
    ),
    "date": ("now()::date", Column("c", pl.Date(), "date")),
    "timestamp": ("now()::timestamp", Column("c", pl.Datetime("us"), "timestamp")),
    "timestamptz": ("now()", Column("c", pl.Datetime("us", "UTC"), "timestamptz")),
    "uuid": ("gen_random_uuid()", Column("c", pl.String(), "uuid")),
    "jsonb": ("'{}'::jsonb", Column("c", pl.String(), "jsonb")),
    "enum": ("'s'::scan_size", Column("c", pl.Enum(["s", "m"]), "enum")),
    "domain": ("'a'::scan_code", Column("c", pl.String(), "bpchar", length=3, collation="c")),
    "array": ("ARRAY[1]", Column("c", pl.List(pl.Int32()), "")),
}


@pytest.fixture(scope="module")
def reader(collating: Server) -> PostgresReader:
    collating.psql(
        "CREATE TYPE scan_size AS ENUM ('s', 'm'); CREATE DOMAIN scan_code AS char(3) COLLATE \"C\""
    )
    return PostgresReader(collating.uri)


@pytest.mark.parametrize("name", POSTGRES)
def test_a_column_of_postgresql(name: str, reader: PostgresReader) -> None:
    expression, want = POSTGRES[name]
    (got,) = reader.describe(Query(f"SELECT {expression} AS c")).columns
    assert got == want


def test_an_enum_that_is_read_as_text_has_no_name_that_is_known(reader: PostgresReader) -> None:
    query = Query("SELECT 's'::scan_size AS c", overrides={"c": pl.String()})
    (got,) = reader.describe(query).columns
    assert got == Column("c", pl.String(), "")


def test_columns_of_duckdb_have_the_names_of_describe(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.duckdb"
    duckdb.connect(str(path)).close()
    described: Reader = DuckReader(str(path))
    kinds = {
        "1::DECIMAL(10,2)": "DECIMAL(10,2)",
        "'a'::CHAR(5)": "VARCHAR",
        "now()": "TIMESTAMP WITH TIME ZONE",
        "'a'::ENUM('a', 'it''s')": "ENUM('a', 'it''s')",
        "1::HUGEINT": "HUGEINT",
        "[1]": "INTEGER[]",
    }
    for expression, kind in kinds.items():
        (got,) = described.describe(Query(f"SELECT {expression} AS c")).columns
        assert got.type == kind


def test_columns_of_sqlite_have_the_types_of_their_declarations(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a varchar(10) COLLATE NOCASE, b integer, d date, x)")
    connection.close()
    described: Reader = SqliteReader(str(path))
    query = Query(
        "SELECT d, a AS b, b AS \"a ?\", '?' || ? AS e FROM t WHERE b > ? -- is it?",
        params=("x", 1),
        overrides={"e": pl.String()},
    )
    assert described.describe(query).columns == (
        Column("d", pl.Date(), "date"),
        Column("b", pl.String(), "varchar(10)"),
        Column("a ?", pl.Int64(), "INTEGER"),
        Column("e", pl.String(), ""),
    )
