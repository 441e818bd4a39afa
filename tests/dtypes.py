"""One Series of every dtype, with the values at which a dtype goes wrong."""

from __future__ import annotations

import datetime as dt
import warnings
from decimal import Decimal
from typing import Any

import polars as pl

__all__ = ["DAY", "EXTENSIONS", "LONG", "NAMED", "SERIES", "SMALL", "assert_same"]

LONG = "a string that is too long to be stored inline"
DAY = dt.datetime(2024, 2, 29, 23, 59, 59, 123456)
EMPTY = pl.Array(pl.Int64, 0)
SMALL = pl.Enum(["a", "b"])
NAMED = pl.Categorical(pl.Categories("boundary", "test", pl.UInt8))


def extended(series: pl.Series, metadata: str | None = None) -> pl.Series:
    """Return a Series of an extension type that nobody registered."""
    return series.ext.to(pl.Extension("piot.test", series.dtype, metadata))


# Not-a-numbers that say something, and zero with a sign: what only a comparison of bits can see.
PAYLOADS: dict[Any, pl.Series] = {
    pl.Float16: pl.Series([0x7E23, 0xFC01, 0x8000, 0x0001], dtype=pl.UInt16),
    pl.Float32: pl.Series([0x7FC00123, 0xFF800001, 0x80000000, 1], dtype=pl.UInt32),
    pl.Float64: pl.Series([0x7FF8000000000123, 0xFFF0000000000001, 2**63, 1], dtype=pl.UInt64),
}

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
    **{f"bits of {t}": bits.reinterpret(dtype=t) for t, bits in PAYLOADS.items()},
    **{
        f"ends of {t}": pl.select(pl.concat([t.min(), pl.lit(None, dtype=t), t.max()])).to_series()
        for t in (pl.Int8, pl.Int64, pl.UInt8, pl.UInt64, pl.Int128, pl.UInt128)
    },
    **{
        f"ends of {t}": pl.Series([-(2**63) + 1, 0, None, 2**63 - 1]).cast(t)
        for t in (pl.Duration("ns"), pl.Datetime("ns"), pl.Datetime("ns", "Asia/Kolkata"))
    },
    "ends of Decimal": pl.Series(
        [Decimal("9" * 38), None, Decimal("-" + "9" * 38), Decimal("-0")], dtype=pl.Decimal(38, 0)
    ),
    "Decimal of digits behind the point": pl.Series(
        [Decimal("0." + "9" * 38), None], dtype=pl.Decimal(38, 38)
    ),
    "ends of Time": pl.Series([0, 86_399_999_999_999, None]).cast(pl.Time),
    "String of zero bytes": pl.Series(["\0", "a\0b" * 10, None, LONG * 5000]),
    "List of binary": pl.Series([[b"", b"\xff" * 50, None], None, []]),
    "List of named categoricals": pl.Series([["a", None], None], dtype=pl.List(NAMED)),
    "Struct of categoricals": pl.Series(
        [{"c": "a", "n": "b"}, None, {"c": LONG, "n": None}],
        dtype=pl.Struct({"c": pl.Categorical, "n": NAMED}),
    ),
    "List of times": pl.Series([[dt.time(1)], None, [None]]),
    "List of 128 bits": pl.Series([[2**100], None, []], dtype=pl.List(pl.UInt128)),
    "List of maps": pl.Series([[{"x": 1}], None], dtype=pl.List(pl.Map(pl.String, pl.Int64))),
    "Array of nulls": pl.Series([[None, None], None], dtype=pl.Array(pl.Null, 2)),
    "Struct of nulls": pl.Series([{"a": None}], dtype=pl.Struct({"a": pl.Null})),
    "List of structs of enums": pl.Series(
        [[{"e": "a"}, None], None, []], dtype=pl.List(pl.Struct({"e": SMALL}))
    ),
    "Array of categoricals": pl.Series([["a", None], None], dtype=pl.Array(pl.Categorical, 2)),
    "Struct with a zero byte": pl.Series([{"a\0": 1}, None]),
    "Struct without fields, some null": pl.Series([{}, None, {}], dtype=pl.Struct([])),
    "List of structs without fields": pl.Series([[{}, None], None], dtype=pl.List(pl.Struct([]))),
    "Struct of a struct without fields": pl.Series(
        [{"a": {}, "b": 1}, None], dtype=pl.Struct({"a": pl.Struct([]), "b": pl.Int8})
    ),
    "Array of width 0": pl.Series([[], None, []], dtype=EMPTY),
    "Array of width 0, none null": pl.Series([[], []], dtype=EMPTY),
    "Array of width 0 of strings": pl.Series([[], None], dtype=pl.Array(pl.String, 0)),
    "Array of arrays of width 0": pl.Series([None, [[], []]], dtype=pl.Array(pl.Int64, (2, 0))),
    "Array of no arrays": pl.Series([None, []], dtype=pl.Array(pl.Int64, (0, 2))),
    "List of arrays of width 0": pl.Series([[[], None], None, []], dtype=pl.List(EMPTY)),
    "Struct of an array of width 0": pl.Series(
        [{"a": [], "b": 1}, None], dtype=pl.Struct({"a": EMPTY, "b": pl.Int8})
    ),
    "all at once": pl.Series(
        [{"a": {}, "b": [], "c": "x"}, None],
        dtype=pl.Struct({"a": pl.Struct([]), "b": EMPTY, "c": pl.Categorical}),
    ),
}

# Types that Polars takes for unstable: it warns when they are used.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    EXTENSIONS = {
        "Extension": extended(pl.Series([1, None]), "meta"),
        "Extension of strings": extended(pl.Series(["a", LONG, None])),
        "Extension of categoricals": extended(pl.Series(["a", None], dtype=pl.Categorical)),
        "Extension of enums": extended(pl.Series(["a", None], dtype=SMALL)),
        "Extension of a list": extended(pl.Series([[1], None])),
        "Extension of arrays of width 0": extended(pl.Series([[], None], dtype=EMPTY)),
    }
    EXTENSIONS["Struct of an extension"] = pl.select(pl.struct(EXTENSIONS["Extension"])).to_series()
    EXTENSIONS["List of extensions"] = (
        pl.DataFrame({"g": [1, 1], "e": EXTENSIONS["Extension"]}).group_by("g").agg("e")["e"]
    )


def assert_same(got: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Check that two frames are equal, floats bit by bit."""
    assert got.schema == expected.schema
    assert got.shape == expected.shape
    for one, other in zip(got.get_columns(), expected.get_columns(), strict=True):
        assert repr(one.to_list()) == repr(other.to_list()), one.name
        if one.dtype in PAYLOADS:
            bits = PAYLOADS[one.dtype.base_type()].dtype
            # As a column it is named: a name such as "^a$" would be taken for a pattern.
            left, right = (s.rename("").reinterpret(dtype=bits) for s in (one, other))
            assert left.to_list() == right.to_list(), one.name
