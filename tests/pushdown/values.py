"""Values that databases and Polars are known to treat differently, as columns of a frame.

A column is made of physical values, which databases are given too: neither side's reading of texts
takes part.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

__all__ = ["LABELS", "Column", "column_values", "frame_of"]

# Declared in another order than that of their bytes.
LABELS = ["sad", "ok", "Happy", "it's", 'a"b', "50%"]

_TEXTS = [
    *("", "a", "A", "b", "B", "ab", "aB", "Ab", "ä", "Ä", "z", "Z", "_", "-", "é", "e", "e\u0301"),
    *(
        "it's",
        "''",
        '"',
        'a"b',
        "a\\b",
        "a\\",
        "\\",
        "50%",
        "a%b",
        "%",
        "_b",
        "a_b",
        "a!b",
        "!",
        "!%",
    ),
    *(" ", "a ", " a", "ab  ", "ab\t", "a\n", "\n", "\U0001f600", "\U0001f600x", "日本", "ﬀ", "ß"),
    *("NULL", "null", "1", "01", "1.0", "é\U0010ffff", "\U0010ffff", "\ue000", "A'; --", "$1", "?"),
    *("$$", "2024-01-05", "co-op", "coop", "Co-op", "I", "i", "\u0131", "İ", "aaaa", "--", "/*"),
]
_PADDED = ["", "a", "ab", "ab\t", "A", "a%", "_", "é", "b!", "abcde", "it's", "a\n", "\\", "   x"]
_UUIDS = [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12",
    "7fffffff-9c0b-4ef8-bb6d-6bb9bd380a11",
    "80000000-9c0b-4ef8-bb6d-6bb9bd380a11",
]
_FLOATS = [
    *(
        0.0,
        -0.0,
        0.1,
        -0.1,
        0.2,
        0.3,
        1.0,
        -1.0,
        1.5,
        2.5,
        1e300,
        -1e300,
        5e-324,
        1.7976931348623157e308,
    ),
    *(math.inf, -math.inf, math.nan, 123456789.123, 16777217.0, 9007199254740993.0, 2.0**63),
]
_SINGLES = [
    0.0,
    -0.0,
    0.1,
    -0.1,
    1.0,
    1.5,
    16777216.0,
    math.inf,
    -math.inf,
    math.nan,
    1e-45,
    3.4e38,
]
_BYTES = [
    b"",
    b"\x00",
    b"a",
    b"a\x00",
    b"\xff",
    b"\\",
    b"'",
    b"%",
    b"ab",
    b"\xff\x00",
    b"\x7f",
    b"\x80",
]

DAY = 86_400_000_000
# 1970, around 2024 with leap days, the ends of Python's years and of four digits, BC.
_DAYS = [0, -1, 1, 19_722, 19_723, 19_782, 19_783, 19_784, 20_088, 20_089, 2_932_896, -719_162]
_FAR_DAYS = [2_932_897, -719_163, -719_528, -719_529, -735_600, 11_000_000, 94_000_000]
# The ends of the databases; functions of such times make Polars panic.
_LAST_DAYS = [106_751_991, 106_751_992, 2_145_042_905, -2_440_588, 95_026_237]
_TICKS = [0, 1, -1, 999, 43_200_000_000, DAY - 1, 3_600_000_000, 500_000, 123_456]

_DECIMALS = ["0", "0.1", "-0.1", "0.10", "1", "1.01", "1.5", "-1.5", "99999999.99", "-99999999.99"]


@dataclass(frozen=True)
class Column:
    """A column of a table: how it is typed, and what its values are.

    Attributes:
        kind: the values, by the name of their generator.
        dtype: Polars' type.
        stored: the database's type, in its own words for a table.
        described: the same in the words of `sqlpush`.
    """

    name: str
    kind: str
    dtype: pl.DataType
    stored: str
    described: dict[str, Any] = field(default_factory=dict)


def _integers(dtype: pl.DataType) -> list[int]:
    assert isinstance(dtype, pl.datatypes.IntegerType)
    low, high = pl.select(a=dtype.min(), b=dtype.max()).row(0)
    near = [0, 1, -1, 2, 3, 5, 10, 100, 126, 127, 2**31, -(2**31), 2**53, 2**53 + 1, 2**62]
    return [v for v in [*near, low, low + 1, high, high - 1] if low <= v <= high]


def _instants(days: list[int], unit: str) -> list[int]:
    reach = range(-(2**63) + 2**45, 2**63 - 2**45)
    found = [d * DAY + t for d in days for t in _TICKS]
    if unit == "ms":
        return [v // 1000 for v in found]
    nanos = [1, -1, 999, 1_704_067_200_000_000_001] if unit == "ns" else []
    per_us = 1000 if unit == "ns" else 1
    return [v for v in [*(v * per_us for v in found), *nanos] if v in reach]


def _choices(column: Column, far: bool) -> list[Any]:
    """Return physical values: integers for times, texts for decimals."""
    kind, dtype = column.kind, column.dtype
    days = _DAYS + (_FAR_DAYS if far else [])
    if kind == "reach":
        instants = [*(d * DAY for d in _FAR_DAYS), 2**63 - 2**41]
        return days + _LAST_DAYS if dtype == pl.Date else instants
    if kind == "integer":
        return list(_integers(dtype))
    if isinstance(dtype, pl.Datetime):
        return _instants(days, dtype.time_unit)
    known: dict[str, list[Any]] = {
        "text": _TEXTS,
        "zeros": [*_TEXTS, "a\x00", "a\x00b", "\x00", "ab\x00"],
        "padded": [v.ljust(5) for v in _PADDED],
        "uuid": _UUIDS,
        "label": LABELS,
        "float": _FLOATS,
        "single": _SINGLES,
        "bytes": _BYTES,
        "truth": [True, False],
        "day": days,
        "decimal": _DECIMALS,
        "json": ['{"a": 1}', "1", '"a"', "null", "[]", "true"],
    }
    return known[kind]


def column_values(column: Column, count: int, rng: random.Random, *, far: bool) -> list[Any]:
    """Return physical values, some of them null."""
    choices = _choices(column, far)
    return [None if rng.random() < 0.12 else rng.choice(choices) for _ in range(count)]


def frame_of(columns: list[Column], values: dict[str, list[Any]]) -> pl.DataFrame:
    """Return the rows as Polars reads them."""
    return pl.DataFrame([_series(c, values[c.name]) for c in columns])


def _series(column: Column, values: list[Any]) -> pl.Series:
    if column.dtype.is_temporal():
        physical = pl.Int32 if column.dtype == pl.Date else pl.Int64
        return pl.Series(column.name, values, dtype=physical).cast(column.dtype)
    if column.kind == "decimal":
        values = [None if v is None else Decimal(v) for v in values]
    return pl.Series(column.name, values, dtype=column.dtype)
