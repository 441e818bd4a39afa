"""The same table in three databases, and as a frame."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tests.postgres import Server

__all__ = ["DATABASES", "ROWS", "frame", "make"]

DATABASES = ("postgresql", "duckdb", "sqlite")

ROWS = 2_000

_MAKE = """
    CREATE TABLE {name} AS SELECT
        date '2024-01-01' + (i % 120)::int AS date,
        's' || (i % 7) AS symbol,
        (i * 1.5)::{float} AS price,
        CASE WHEN i % 11 > 0 THEN i END::bigint AS size
    FROM {series}
"""


def frame(rows: int = ROWS) -> pl.DataFrame:
    """Return the rows."""
    i = pl.int_range(rows, eager=True, dtype=pl.Int64)
    first = dt.date(2024, 1, 1)
    return pl.DataFrame(
        {
            "date": [first + dt.timedelta(days=n % 120) for n in i],
            "symbol": [f"s{n % 7}" for n in i],
            "price": i * 1.5,
            "size": [n if n % 11 else None for n in i],
        },
        schema_overrides={"size": pl.Int64},
    )


def make(database: str, folder: Path, server: Server, name: str, rows: int = ROWS) -> str:
    """Make the table in a database, and return the URI to connect to."""
    if database == "postgresql":
        series = f"generate_series(0, {rows - 1}) i"
        server.psql(_MAKE.format(name=name, float="float8", series=series))
        return server.uri
    if database == "duckdb":
        import duckdb

        path = folder / "trades.duckdb"
        with duckdb.connect(str(path)) as duck:
            series = f"range({rows}) r(i)"
            duck.execute(_MAKE.format(name=name, float="DOUBLE", series=series))
        return f"duckdb:///{path}"
    path = folder / "trades.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE {name} (date DATE, symbol TEXT, price REAL, size INTEGER)")
    written = frame(rows).with_columns(pl.col("date").dt.to_string())
    connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", written.iter_rows())
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"
