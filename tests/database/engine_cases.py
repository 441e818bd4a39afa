"""What readers through drivers, casts and partitions refuse, for the table of messages."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

import polars_io_tools as piot
from polars_io_tools.db import _adbc_postgresql, _from_arrow, _odbc, _odbc_driver, _texts
from tests.database.messages import Other, scan, sqlite
from tests.messages import Case, Patch

__all__ = ["ENGINE_CASES"]

FLOAT = pa.field("x", pa.float64())
TIME = pa.field("x", pa.time64("us"))
TEXTS = pl.Series("x", ["1.25"])


def without_unixodbc(patch: Patch, _: Path) -> object:
    imported = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "arrow_odbc":
            raise OSError("libodbc.so.2: cannot open shared object file")
        return imported(name, *args)

    patch.setattr(builtins, "__import__", without)
    return _odbc_driver._arrow_odbc()


def flightsql(uri: str) -> object:
    return piot.scan_db("SELECT 1 AS n", uri, schema={"n": pl.Int64}).collect()


ENGINE_CASES = {
    "casts that are no mapping": Case(
        sqlite("SELECT i FROM t", cast_map=[("i", pl.Int8)]),
        TypeError,
        "scan_db: cast_map must be a mapping of names to types, not ",
    ),
    "a cast of no column": Case(
        sqlite("SELECT i FROM t", cast_map={"x": pl.Int8}),
        ValueError,
        "scan_db: cast_map has 'x', no column of the query; its columns are",
    ),
    "an order of a wrong type": Case(
        sqlite("SELECT i FROM t", preserve_partition_order=1),
        TypeError,
        "scan_db: preserve_partition_order must be True or False, not 1",
    ),
    "too many partitions": Case(
        sqlite(
            "SELECT i FROM t",
            collect=True,
            partitions=piot.by_value("i", [1, 2, 3]),
            max_partitions=2,
        ),
        piot.TooManyPeriodsError,
        "scan_db: there are 3 partitions, and max_partitions is 2",
        "raise it, or make fewer and larger ones",
    ),
    "an engine of a Reader": Case(
        scan("SELECT 1", Other(), engine="adbc"),
        ValueError,
        "scan_db: engine= says nothing to a Reader, which has its own",
    ),
    "an engine of another database": Case(
        scan(connection="DSN=x", engine="adbc"),
        ValueError,
        "scan_db: an ODBC string is read by engine='odbc', not 'adbc'",
    ),
    "an option of no driver": Case(
        lambda *_: flightsql("grpc://h:1?x=1"),
        ValueError,
        "scan_db: grpc:// has an option behind ? that is none of token",
    ),
    "SQLite by ODBC": Case(
        lambda *_: _odbc._checked_vendor("SQLite"),
        piot.DatabaseError,
        "scan_db: ODBC's driver of SQLite reads values of other types as null",
        "write sqlite:////path/of/the.db",
    ),
    "a number for ODBC": Case(
        lambda *_: _odbc._texts((5,)),
        TypeError,
        "scan_db: ODBC binds texts only: pass '…' instead of a int",
        "write CAST(? AS …) where the database does not compare it as it should",
    ),
    "no driver manager": Case(
        without_unixodbc,
        piot.MissingDependencyError,
        "scan_db: an ODBC string needs the driver manager unixODBC: libodbc.so.2",
        "install the package unixodbc of the system, and the database's driver",
    ),
    "numeric as another type": Case(
        lambda *_: _adbc_postgresql._numeric("x", -1, pl.Date(), "error"),
        piot.UnsupportedColumnError,
        "scan_db: column 'x' is numeric and is not read as Date",
        "cast it",
    ),
    "a type that keeps less": Case(
        lambda *_: _from_arrow.converter_of(FLOAT, pl.Int64()),
        piot.UnsupportedColumnError,
        "scan_db: column 'x' comes as Float64 and is not read as Int64",
        "cast it in the query, or with cast_map=",
    ),
    "a float of eight bytes": Case(
        lambda *_: _from_arrow.converter_of(FLOAT, pl.Float32()).convert(pa.array([0.1]), 0),
        piot.ColumnValueError,
        "scan_db: column 'x': a number is no Float32",
    ),
    "a time beyond the day": Case(
        lambda *_: _from_arrow.converter_of(TIME, None).convert(
            pa.array([86_400_000_000], pa.int64()).cast(TIME.type), 0
        ),
        piot.ColumnValueError,
        "scan_db: column 'x' row 1: 86400000000 has no place in Time",
        "cast it in the query",
    ),
    "texts as another type": Case(
        lambda *_: _texts.read_texts(TEXTS, pl.Boolean(), "error", 0),
        piot.UnsupportedColumnError,
        "scan_db: column 'x' is not read as Boolean",
        "cast it in the query",
    ),
    "a text that is no number": Case(
        lambda *_: _texts.read_texts(pl.Series("x", ["NaN"]), pl.Decimal(9, 2), "error", 0),
        piot.ColumnValueError,
        "scan_db: column 'x' row 1: 'NaN' has no place in Decimal",
        "pass on_infinity='null', or cast it in the query",
    ),
    "more digits": Case(
        lambda *_: _texts.read_texts(TEXTS, pl.Decimal(9, 1), "error", 0),
        piot.ColumnValueError,
        "scan_db: column 'x' row 1: 1.25 has more than 1 digits after its point",
    ),
}
