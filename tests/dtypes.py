"""One Series of every dtype, with the values at which a dtype goes wrong."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl

__all__ = ["DAY", "LONG", "NAMED", "SERIES", "SMALL"]

LONG = "a string that is too long to be stored inline"
DAY = dt.datetime(2024, 2, 29, 23, 59, 59, 123456)
SMALL = pl.Enum(["a", "b"])
NAMED = pl.Categorical(pl.Categories("boundary", "test", pl.UInt8))

SERIES = {
    **{
        str(t): pl.Series([0, 1, None, 100], dtype=t)
        for t in (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
    },
    "UInt64": pl.Series([2**64 - 1, None], dtype=pl.UInt64),
    "Int128": pl.Series([2**126, -(2**126), None], dtype=pl.Int128),
    "UInt128": pl.Series([2**127, None], dtype=pl.UInt128),
    "Float16": pl.Series([1.5, None], dtype=pl.Float16),
    "Float32": pl.Series([1.5, float("nan"), float("-inf"), -0.0, None], dtype=pl.Float32),
    "Float64": pl.Series([1.5, float("nan"), float("-inf"), -0.0, None]),
    "Boolean": pl.Series([True, None, False] * 7),
    "String": pl.Series(["", "a", None, LONG, "ünï"]),
    "Binary": pl.Series([b"", b"\xff\0", None, LONG.encode()]),
    "Date": pl.Series([dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    **{
        f"Datetime {unit} {zone}": pl.Series([DAY, None], dtype=pl.Datetime(unit, zone))
        for unit in ("ms", "us", "ns")
        for zone in (None, "UTC", "America/New_York")
    },
    **{
        f"Duration {unit}": pl.Series([dt.timedelta(-1), None], dtype=pl.Duration(unit))
        for unit in ("ms", "us", "ns")
    },
    "Time": pl.Series([dt.time(23, 59, 59, 999999), None]),
    "Categorical": pl.Series(["a", None, LONG], dtype=pl.Categorical),
    "Categorical with a name": pl.Series(["a", None, "b"], dtype=NAMED),
    "Enum": pl.Series(["b", None, "a"], dtype=SMALL),
    "Enum without categories": pl.Series([None], dtype=pl.Enum([])),
    "Decimal": pl.Series([Decimal("-1.23"), None], dtype=pl.Decimal(38, 2)),
    "small Decimal": pl.Series([Decimal("9.9"), None], dtype=pl.Decimal(2, 1)),
    "List": pl.Series([[1, None], None, []]),
    "List of strings": pl.Series([[LONG, None], None, []]),
    "List of lists": pl.Series([[[1], None], None, [[]]]),
    "List of categoricals": pl.Series([["a"], None], dtype=pl.List(pl.Categorical)),
    "List of enums": pl.Series([["a"], None], dtype=pl.List(SMALL)),
    "List of decimals": pl.Series([[Decimal("1.5")]], dtype=pl.List(pl.Decimal(10, 2))),
    "List of nulls": pl.Series([[None], None, []], dtype=pl.List(pl.Null)),
    "Array": pl.Series([[1, None], None], dtype=pl.Array(pl.Int64, 2)),
    "Array of arrays": pl.Series([[["a"], [LONG]], None], dtype=pl.Array(pl.String, (2, 1))),
    "Struct": pl.Series([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
    "Struct of many": pl.Series(
        [{"e": "a", "l": [DAY]}], dtype=pl.Struct({"e": SMALL, "l": pl.List(pl.Datetime("ns"))})
    ),
    "Struct without fields": pl.Series([{}, {}], dtype=pl.Struct([])),
    "Map": pl.Series([{"x": 1}, None, {}], dtype=pl.Map(pl.String, pl.Int64)),
    "Null": pl.Series([None, None]),
}
