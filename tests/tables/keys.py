"""Keys of all types for tests: schemas and rows of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

_MOMENTS = st.datetimes(dt.datetime(1969, 12, 31), dt.datetime(1970, 1, 2))
_TICKS = st.integers(-(10**15), 10**15)

# Few values, so that tuples share their first ones; edges among them.
VALUES: dict[pl.DataType, st.SearchStrategy[Any]] = {
    pl.Int8(): st.integers(-128, 127),
    pl.Int64(): st.one_of(st.integers(-3, 3), st.sampled_from([-(2**63), 2**63 - 1])),
    pl.UInt32(): st.one_of(st.integers(0, 3), st.just(2**32 - 1)),
    pl.Boolean(): st.booleans(),
    pl.String(): st.one_of(st.sampled_from(["", "a", "a\0", "ab", "é", "\U0001f600", "\uffff"])),
    pl.Binary(): st.sampled_from([b"", b"\0", b"\0\xff", b"a", b"\xff", b"\xff\0"]),
    pl.Date(): st.dates(dt.date(1969, 12, 25), dt.date(1970, 1, 5)),
    pl.Datetime("us"): _MOMENTS,
    pl.Datetime("us", "UTC"): _MOMENTS,
    pl.Datetime("us", "America/New_York"): _MOMENTS,
    pl.Datetime("ms"): _MOMENTS.map(lambda m: m.replace(microsecond=m.microsecond // 1000 * 1000)),
    pl.Datetime("ns", "Europe/Berlin"): _TICKS,
    pl.Duration("ns"): _TICKS,
    pl.Time(): st.integers(0, 86_399_999_999_999),
    pl.Decimal(38, 9): st.sampled_from(
        [Decimal("123456789012.123456788"), Decimal("-0.000000001"), Decimal(0), Decimal("9" * 29)]
    ),
}

KEYS: list[list[pl.DataType]] = [
    *([dtype] for dtype in VALUES),
    [pl.String(), pl.Datetime("us", "UTC")],
    [pl.String(), pl.Decimal(38, 9), pl.Binary()],
    [pl.Boolean(), pl.Date(), pl.Int8()],
]


def series(name: str, values: list[Any], dtype: pl.DataType) -> pl.Series:
    """Return values as Python has them, or ticks."""
    if isinstance(dtype, pl.Datetime) and dtype.time_unit != "ns" and dtype.time_zone:
        utc = pl.Series(name, values, dtype=pl.Datetime(dtype.time_unit))
        return utc.dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone)
    if dtype.is_temporal() and values and isinstance(values[0], int):
        return pl.Series(name, values, dtype=pl.Int64).cast(dtype)
    return pl.Series(name, values, dtype=dtype)


@st.composite
def rows(draw: st.DrawFn, dtypes: list[pl.DataType], most: int = 12) -> pl.DataFrame:
    """Draw rows with unique keys, in any order."""
    tuples = draw(st.lists(st.tuples(*(VALUES[d] for d in dtypes)), max_size=most))
    columns = [series(f"k{i}", [t[i] for t in tuples], d) for i, d in enumerate(dtypes)]
    keys = pl.DataFrame(columns).unique(maintain_order=True)
    return keys.with_row_index("v").with_columns(pl.col("v").cast(pl.Int64))
