"""The same rows in a database and in a frame, and queries that answer with the ids of rows."""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from polars_io_tools._polars.traverse import full_type
from tests.postgres import LOCALE, Kind
from tests.pushdown.values import LABELS, Column, column_values, frame_of

__all__ = ["ENGINES", "ROWS", "SERVERS", "Engine", "Infinity", "Row", "postgres_engine"]

ROWS = 300

Row = dict[str, Any]
Infinity = str  # "error" or "null"

_ENUM = pl.Enum(LABELS)
_US = pl.Datetime("us")
_UTC = pl.Datetime("us", "UTC")
_WEIRD = "We\"ird ?$1's col"


@dataclass(frozen=True)
class Engine:
    """A table of nasty values in a database.

    Attributes:
        dialect: how `sqlpush` names the database.
        columns: those of the table, without the id.
        frame: the rows as Polars reads them; of the unreadable ones what a query does is left open.
        unreadable: ids of rows that a reader refuses.
        run: the ids that a query gives, of its text and the parameters.
        close: ends the connection, and the table with it.
    """

    dialect: str
    columns: list[Column]
    frame: pl.DataFrame = field(repr=False)  # far dates make Polars panic when they are shown
    run: Callable[[str, Sequence[Any]], list[int]]
    close: Callable[[], None]
    query: str = "SELECT * FROM nasty -- all of it"
    infinity: Infinity = "error"
    unreadable: frozenset[int] = frozenset()

    def described(self) -> list[dict[str, Any]]:
        """Return the columns as `sqlpush` wants them."""
        return [
            {"name": c.name, "type": full_type(c.dtype), "db": c.described} for c in self.columns
        ]


def _id() -> Column:
    return Column("id", "integer", pl.Int64(), "", {"type": "int8"})


def _rows(
    columns: list[Column], rng: random.Random, far: Sequence[str] = ()
) -> tuple[dict[str, list[Any]], pl.DataFrame]:
    values = {c.name: column_values(c, ROWS, rng, far=c.name in far) for c in columns}
    frame = frame_of(columns, values)
    return values, frame.with_columns(pl.Series("id", range(ROWS), dtype=pl.Int64))


def _created(columns: list[Column], table: str = "TEMP TABLE nasty") -> str:
    quoted = [f"{_quoted(c.name)} {c.stored}" for c in columns]
    return f"CREATE {table} (id BIGINT, {', '.join(quoted)})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# --- PostgreSQL ---------------------------------------------------------------------------------


def _postgres_columns(collations: dict[str, str]) -> list[Column]:
    def text(name: str, stored: str, collation: str, base: str = "text") -> Column:
        return Column(name, "text", pl.String(), stored, {"type": base, "collation": collation})

    found = [
        Column("i16", "integer", pl.Int16(), "int2", {"type": "int2"}),
        Column("i32", "integer", pl.Int32(), "int4", {"type": "int4"}),
        Column("i64", "integer", pl.Int64(), "int8", {"type": "int8"}),
        Column("u32", "integer", pl.UInt32(), "oid", {"type": "oid"}),
        Column("f4", "single", pl.Float32(), "float4", {"type": "float4"}),
        Column("f8", "float", pl.Float64(), "float8", {"type": "float8"}),
        Column("n", "decimal", pl.Decimal(10, 2), "numeric(10,2)", {"type": "numeric", "scale": 2}),
        Column(
            "n4", "decimal", pl.Decimal(20, 4), "numeric(20,4)", {"type": "numeric", "scale": 4}
        ),
        Column("b", "truth", pl.Boolean(), "bool", {"type": "bool"}),
        Column("bin", "bytes", pl.Binary(), "bytea", {"type": "bytea"}),
        Column("d", "day", pl.Date(), "date", {"type": "date"}),
        Column("ts", "instant", _US, "timestamp", {"type": "timestamp"}),
        Column("tz", "instant", _UTC, "timestamptz", {"type": "timestamptz"}),
        Column("dx", "reach", pl.Date(), "date", {"type": "date"}),
        Column("tx", "reach", _US, "timestamp", {"type": "timestamp"}),
        text("sc", 'text COLLATE "C"', "c"),
        text("sd", "text", "deterministic"),
        text("vc", "varchar(20)", "", "varchar"),
        text(_WEIRD, "text", "deterministic"),
        text("bp", "bpchar", "deterministic", "bpchar"),
        Column("ch", "padded", pl.String(), "char(5)", {"type": "bpchar", "length": 5}),
        Column("e", "label", _ENUM, "mood", {"type": "enum"}),
        Column("es", "label", pl.String(), "mood", {"type": "enum"}),
        Column("uid", "uuid", pl.String(), "uuid", {"type": "uuid"}),
        Column("js", "json", pl.String(), "jsonb", {"type": "jsonb"}),
    ]
    for name, collation in collations.items():
        known = "" if name == "folded" else "deterministic"
        found.append(text(f"s_{name}", f'text COLLATE "{collation}"', known))
    found += [
        Column(
            f"c_{name}",
            "padded",
            pl.String(),
            f'char(5) COLLATE "{collations[name]}"',
            {"type": "bpchar", "length": 5, "collation": "deterministic"},
        )
        for name in ("icu", "libc")
        if name in collations
    ]
    return found


# Values that are given as integers since 1970, and how PostgreSQL makes times of them.
_POSTGRES_VALUES = {
    "date": "date '1970-01-01' + %s::int",
    "timestamp": "timestamp '1970-01-01' + (%s || ' microseconds')::interval",
    "timestamptz": "timestamptz '1970-01-01 00:00:00+00' + (%s || ' microseconds')::interval",
    "mood": "%s::mood",
}


def postgres_engine(
    address: str, seed: int, infinity: Infinity = "error", *, schema: str = "pg_temp"
) -> Engine:
    """Return a table of PostgreSQL; in a schema of its own, other sessions see it as well."""
    import psycopg

    connection = psycopg.connect(address, autocommit=True)
    rng = random.Random(seed)
    columns = _postgres_columns(_collations(connection))
    values, frame = _rows(columns, rng, far=("d", "ts", "tz"))
    connection.execute("SET client_min_messages = error")
    labels = ", ".join("'" + v.replace("'", "''") + "'" for v in LABELS)
    if schema != "pg_temp":
        connection.execute(f"CREATE SCHEMA {schema}; SET search_path = {schema}, public".encode())
    connection.execute(f"CREATE TYPE {schema}.mood AS ENUM ({labels})".encode())
    connection.execute(_created(columns, f"TABLE {schema}.nasty").encode())
    holes = [
        _POSTGRES_VALUES.get(c.stored, f"%s::{c.stored.split(' COLLATE')[0]}") for c in columns
    ]
    insert = f"INSERT INTO nasty VALUES (%s, {', '.join(holes)})"
    given = [[_given(c, v) for v in values[c.name]] for c in columns]
    with connection.cursor() as cursor:
        cursor.executemany(insert.encode(), list(zip(range(ROWS), *given, strict=True)))
    if infinity == "null":
        frame = _made_infinite(connection, frame)
    # Whatever users set, the answer stays.
    for setting in ("TimeZone = 'America/New_York'", "DateStyle = 'SQL, DMY'"):
        connection.execute(f"SET {setting}".encode())

    def run(sql: str, params: Sequence[Any]) -> list[int]:
        with psycopg.RawCursor(connection) as cursor:
            return [row[0] for row in cursor.execute(sql.encode(), params)]

    return Engine("postgresql", [_id(), *columns], frame, run, connection.close, infinity=infinity)


def _given(column: Column, value: Any) -> Any:
    return str(value) if column.dtype == pl.Datetime and value is not None else value


def _made_infinite(connection: Any, frame: pl.DataFrame) -> pl.DataFrame:
    """Put values into some rows that Polars has no value for, and null into the frame."""
    infinite = {
        **dict.fromkeys(("d", "ts", "tz"), ("'infinity'", "'-infinity'")),
        **dict.fromkeys(("n", "n4"), ("'NaN'", "'NaN'")),
    }
    for place, (name, texts) in enumerate(infinite.items()):
        for at, text in enumerate(texts):
            mine = pl.col("id") % 17 == 2 * place + at
            where = f"id % 17 = {2 * place + at}"
            connection.execute(f"UPDATE nasty SET {name} = {text} WHERE {where}".encode())
            frame = frame.with_columns(pl.when(~mine).then(pl.col(name)).alias(name))
    connection.execute(
        "UPDATE nasty SET ts = '294250-01-01', tz = '294250-01-01 00:00+00' WHERE id = 5"
    )
    lost = pl.col("id") == 5
    return frame.with_columns(pl.when(~lost).then(pl.col(n)).alias(n) for n in ("ts", "tz"))


def _collations(connection: Any) -> dict[str, str]:
    """Return collations that order texts otherwise than by their bytes, as far as there are any."""
    import psycopg

    candidates = {
        "icu": "en-US-x-icu",
        "de": "de-x-icu",
        "libc": "piot_libc",
        "builtin": "pg_unicode_fast",
    }
    with suppress(psycopg.Error):  # a server without the locale
        connection.execute(
            f"CREATE COLLATION IF NOT EXISTS piot_libc (provider = libc, locale = '{LOCALE}')"
        )
    found = {}
    for name, collation in candidates.items():
        try:
            connection.execute(f"SELECT 'a' < 'B' COLLATE \"{collation}\"".encode())
        except psycopg.Error:
            continue
        found[name] = collation
    if "icu" in found:
        connection.execute(
            "CREATE COLLATION IF NOT EXISTS piot_ci "
            "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
        found["folded"] = "piot_ci"
    return found


# --- DuckDB -------------------------------------------------------------------------------------


def _duckdb_columns() -> list[Column]:
    def plain(name: str, kind: str, dtype: pl.DataType, stored: str, shown: str = "") -> Column:
        return Column(name, kind, dtype, stored, {"type": shown or stored})

    return [
        plain("i8", "integer", pl.Int8(), "TINYINT"),
        plain("i32", "integer", pl.Int32(), "INTEGER"),
        plain("i64", "integer", pl.Int64(), "BIGINT"),
        plain("u64", "integer", pl.UInt64(), "UBIGINT"),
        plain("i128", "integer", pl.Int128(), "HUGEINT"),
        plain("f4", "single", pl.Float32(), "FLOAT"),
        plain("f8", "float", pl.Float64(), "DOUBLE"),
        plain("n", "decimal", pl.Decimal(10, 2), "DECIMAL(10,2)"),
        plain("n4", "decimal", pl.Decimal(20, 4), "DECIMAL(20,4)"),
        plain("b", "truth", pl.Boolean(), "BOOLEAN"),
        plain("bin", "bytes", pl.Binary(), "BLOB"),
        plain("d", "day", pl.Date(), "DATE"),
        plain("ts", "instant", _US, "TIMESTAMP"),
        plain("tz", "instant", _UTC, "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"),
        plain("dx", "reach", pl.Date(), "DATE"),
        plain("tx", "reach", _US, "TIMESTAMP"),
        plain("tms", "instant", pl.Datetime("ms"), "TIMESTAMP_MS"),
        plain("tns", "instant", pl.Datetime("ns"), "TIMESTAMP_NS"),
        plain("sd", "text", pl.String(), "VARCHAR"),
        plain("sn", "text", pl.String(), "VARCHAR COLLATE NOCASE", "VARCHAR"),
        plain(_WEIRD, "text", pl.String(), "VARCHAR"),
        plain("sz", "zeros", pl.String(), "VARCHAR"),
        plain("ch", "padded", pl.String(), "CHAR(5)", "VARCHAR"),
        _duckdb_enum("e", _ENUM),
        _duckdb_enum("es", pl.String()),
        plain("uid", "uuid", pl.String(), "UUID"),
    ]


def _duckdb_enum(name: str, dtype: pl.DataType) -> Column:
    labels = ", ".join("'" + v.replace("'", "''") + "'" for v in LABELS)
    stored = f"ENUM({labels})"
    return Column(name, "label", dtype, stored, {"type": stored})


_DUCKDB_VALUES = {
    "DATE": "DATE '1970-01-01' + ?::INTEGER",
    "TIMESTAMP": "make_timestamp(?::BIGINT)",
    "TIMESTAMPTZ": "make_timestamptz(?::BIGINT)",
    "TIMESTAMP_MS": "epoch_ms(?::BIGINT)::TIMESTAMP_MS",
    "TIMESTAMP_NS": "make_timestamp_ns(?::BIGINT)",
}


def _duckdb(seed: int, infinity: Infinity = "error") -> Engine:
    import duckdb

    connection = duckdb.connect()
    rng = random.Random(seed)
    columns = _duckdb_columns()
    values, frame = _rows(columns, rng, far=("d",))
    connection.execute("SET TimeZone = 'America/New_York'")
    connection.execute(_created(columns))
    holes = [_DUCKDB_VALUES.get(c.stored, f"?::{c.described['type']}") for c in columns]
    insert = f"INSERT INTO nasty VALUES (?, {', '.join(holes)})"
    given = [values[c.name] for c in columns]
    connection.executemany(insert, [list(row) for row in zip(range(ROWS), *given, strict=True)])
    if infinity == "null":
        for place, name in enumerate(("d", "ts", "tz", "tms")):
            for at, text in enumerate(("'infinity'", "'-infinity'")):
                mine = pl.col("id") % 17 == 2 * place + at
                where = f"id % 17 = {2 * place + at}"
                connection.execute(f"UPDATE nasty SET {name} = {text} WHERE {where}")
                frame = frame.with_columns(pl.when(~mine).then(pl.col(name)).alias(name))

    def run(sql: str, params: Sequence[Any]) -> list[int]:
        return [row[0] for row in connection.execute(sql, list(params)).fetchall()]

    described = Column("id", "integer", pl.Int64(), "", {"type": "BIGINT"})
    return Engine("duckdb", [described, *columns], frame, run, connection.close, infinity=infinity)


# --- SQLite -------------------------------------------------------------------------------------


def _sqlite_columns() -> list[Column]:
    def plain(name: str, kind: str, dtype: pl.DataType, stored: str) -> Column:
        return Column(name, kind, dtype, stored, {"type": stored.split(" COLLATE", maxsplit=1)[0]})

    return [
        plain("i32", "integer", pl.Int32(), "INTEGER"),
        plain("i64", "integer", pl.Int64(), "BIGINT"),
        plain("mixed", "integer", pl.Int64(), "INTEGER"),
        plain("f8", "float", pl.Float64(), "REAL"),
        plain("b", "truth", pl.Boolean(), "BOOLEAN"),
        plain("bin", "bytes", pl.Binary(), "BLOB"),
        plain("d", "day", pl.Date(), "DATE"),
        plain("ts", "instant", _US, "TIMESTAMP"),
        plain("sd", "text", pl.String(), "TEXT"),
        plain("sn", "text", pl.String(), "TEXT COLLATE NOCASE"),
        plain("sz", "zeros", pl.String(), "TEXT"),
        plain("sr", "text", pl.String(), "VARCHAR(20) COLLATE RTRIM"),
        plain(_WEIRD, "text", pl.String(), "TEXT"),
    ]


_OOPS = ["oops", "", 10.5, b"\x01", "2024"]


def _sqlite(seed: int) -> Engine:
    connection = sqlite3.connect(":memory:")
    rng = random.Random(seed)
    columns = _sqlite_columns()
    values, _ = _rows(columns, rng)
    # SQLite keeps NaN as NULL, and writes dates of four digits.
    values["f8"] = [None if v is not None and math.isnan(v) else v for v in values["f8"]]
    frame = frame_of(columns, values).with_columns(pl.Series("id", range(ROWS), dtype=pl.Int64))
    stored = dict(values)
    oops = {i for i in range(ROWS) if rng.random() < 0.05}
    stored["mixed"] = [rng.choice(_OOPS) if i in oops else v for i, v in enumerate(values["mixed"])]
    readable = frame.select(
        d=pl.col("d").dt.strftime("%Y-%m-%d"),
        ts=pl.col("ts").dt.strftime("%Y-%m-%d %H:%M:%S%.6f"),
    )
    stored["d"] = readable["d"].to_list()
    stored["ts"] = [_written(v, rng) for v in readable["ts"]]
    # A text of digits becomes a number in a column of numbers.
    oops = {i for i in oops if stored["mixed"][i] != "2024"}
    frame = frame.with_columns(
        mixed=pl.Series(
            [2024 if v == "2024" else v if isinstance(v, int) else None for v in stored["mixed"]]
        )
    )
    connection.execute(_created(columns))
    holes = ", ".join("?" * (len(columns) + 1))
    given = [stored[c.name] for c in columns]
    connection.executemany(
        f"INSERT INTO nasty VALUES ({holes})", list(zip(range(ROWS), *given, strict=True))
    )

    def run(sql: str, params: Sequence[Any]) -> list[int]:
        return [row[0] for row in connection.execute(sql, params)]

    described = Column("id", "integer", pl.Int64(), "", {"type": "BIGINT"})
    unreadable = frozenset(oops)
    return Engine(
        "sqlite", [described, *columns], frame, run, connection.close, unreadable=unreadable
    )


def _written(text: str | None, rng: random.Random) -> str | None:
    """Return an instant as programs write it: with T or a blank, with a fraction or without."""
    if text is None:
        return None
    text = text.removesuffix(".000000")
    if text.endswith(" 00:00:00") and rng.random() < 0.3:
        return text.removesuffix(" 00:00:00")
    return text.replace(" ", "T") if rng.random() < 0.5 else text


def _both_of_postgres(address: str, seed: int) -> list[Engine]:
    return [postgres_engine(address, seed), postgres_engine(address, seed, "null")]


# The servers of those that need one.
SERVERS: dict[str, Kind] = {"postgresql": "pypi", "postgresql-icu": "system"}

ENGINES: dict[str, Callable[[str, int], list[Engine]]] = {
    "postgresql": _both_of_postgres,
    "postgresql-icu": _both_of_postgres,
    "duckdb": lambda _, seed: [_duckdb(seed), _duckdb(seed, "null")],
    "sqlite": lambda _, seed: [_sqlite(seed)],
    # A database of which nothing is known, with placeholders as those behind ADBC have them.
    "generic": lambda _, seed: [replace(_duckdb(seed), dialect="generic")],
}
