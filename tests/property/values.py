"""Columns of every type that partitions are made of, with the values that go wrong, and filters."""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import strategies as st

__all__ = ["POOLS", "filters", "frames", "is_numeric"]

Closed = Literal["both", "left", "right", "none"]

_ZONE = "America/New_York"
_NEW_YORK = ZoneInfo(_ZONE)
_LONG = "x" * 31

POOLS: dict[str, tuple[pl.DataType, list[Any]]] = {
    "int8": (pl.Int8(), [-128, -1, 0, 1, 2, 3, 127]),
    "uint8": (pl.UInt8(), [0, 1, 2, 3, 200, 255]),
    "int64": (pl.Int64(), [-(2**63), -5, 0, 1, 2, 7, 30, 2**53 + 1, 2**63 - 1]),
    "uint64": (pl.UInt64(), [0, 1, 5, 2**63, 2**64 - 1]),
    "int128": (pl.Int128(), [-(2**127), -(10**30), 0, 3, 10**30, 10**30 + 1, 2**127 - 1]),
    "float64": (
        pl.Float64(),
        [math.nan, -math.inf, math.inf, -0.0, 0.0, 0.1, 0.5, 1.0, 2.5, -3.25, 1e300, 5e-324],
    ),
    "float32": (
        pl.Float32(),
        [math.nan, -math.inf, math.inf, -0.0, 0.0, 0.5, 1.0, 2.5, 0.10000000149011612],
    ),
    "decimal": (
        pl.Decimal(12, 2),
        [Decimal(v) for v in ("-9999999999.99", "-0.01", "0.00", "0.10", "1.50", "7.25")],
    ),
    "string": (
        pl.String(),
        ["", "a", "ab", "a\0", "b", "é", "😀", "null", _LONG, _LONG + "yz", _LONG + "zz"],
    ),
    "binary": (pl.Binary(), [b"", b"\0", b"a", b"\xff", b"\xff" * 33, b"\xff" * 33 + b"a"]),
    "boolean": (pl.Boolean(), [True, False]),
    "enum": (pl.Enum(["mid", "low", "high", "unused"]), ["mid", "low", "high"]),
    "categorical": (pl.Categorical(), ["b", "a", "zz", ""]),
    "date": (pl.Date(), [dt.date(1969, 12, 31), dt.date(2024, 2, 29), dt.date(2024, 3, 1)]),
    "datetime": (
        pl.Datetime("us", _ZONE),
        [
            dt.datetime(2024, 3, 10, 6, 59, 59, 999_999, dt.UTC).astimezone(_NEW_YORK),
            dt.datetime(2024, 3, 10, 7, tzinfo=dt.UTC).astimezone(_NEW_YORK),
        ],
    ),
}


def is_numeric(kind: str) -> bool:
    return POOLS[kind][0].is_numeric()


@st.composite
def frames(draw: st.DrawFn, kinds: list[str]) -> pl.DataFrame:
    """Draw up to 30 rows of columns of the kinds, named c0, c1 and so on, with nulls."""
    rows = draw(st.integers(0, 30))
    rng = draw(st.randoms(use_true_random=False))
    columns = []
    for i, kind in enumerate(kinds):
        dtype, pool = POOLS[kind]
        values = [None if rng.random() < 0.15 else rng.choice(pool) for _ in range(rows)]
        columns.append(pl.Series(f"c{i}", values, dtype=dtype))
    return pl.DataFrame([*columns, pl.Series("x", range(rows), pl.Int64)])


_COMPARISONS: tuple[Callable[[Any, Any], Any], ...] = (
    *(operator.lt, operator.le, operator.gt, operator.ge),
    *(operator.eq, operator.ne),
)
_CLOSED: tuple[Closed, ...] = ("both", "left", "right", "none")


@st.composite
def _atoms(draw: st.DrawFn, name: str, kind: str) -> pl.Expr:
    dtype, pool = POOLS[kind]
    column, values = pl.col(name), st.sampled_from(pool)

    def literal() -> pl.Expr:
        value = draw(values)
        plain = draw(st.booleans()) or isinstance(dtype, pl.Datetime)
        return pl.lit(value) if plain else pl.lit(value, dtype=dtype)

    def members() -> pl.Expr:
        chosen = draw(st.lists(st.one_of(st.none(), values), max_size=4))
        return column.is_in(pl.Series([pl.Series(chosen, dtype=dtype)]))

    forms: list[Callable[[], pl.Expr]] = [
        lambda: draw(st.sampled_from(_COMPARISONS))(column, literal()),
        lambda: draw(st.sampled_from(_COMPARISONS))(literal(), column),
        members,
        column.is_null,
        column.is_not_null,
        lambda: column.eq_missing(literal()),
        lambda: column.ne_missing(literal()),
        lambda: pl.col("x") > 3,
    ]
    if kind not in ("boolean", "enum", "categorical"):
        forms += [
            lambda: column.is_between(literal(), literal(), closed=draw(st.sampled_from(_CLOSED)))
        ] * 4
    if dtype.is_integer():
        fraction = draw(st.sampled_from([-1.5, 0.0, 0.5, 2.0, 2.5, 1e15, 1e300]))
        forms += [lambda: draw(st.sampled_from(_COMPARISONS))(column, fraction)] * 2
    if dtype.is_float():
        forms += [column.is_nan, column.is_not_nan, column.is_finite, column.is_infinite]
    return draw(st.sampled_from(forms))()


@st.composite
def filters(draw: st.DrawFn, name: str, kind: str) -> pl.Expr:
    """Draw a predicate that says something of the column, alone or among others."""
    atoms = _atoms(name, kind)
    combined = st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda p: p[0] & p[1]),
            st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
            st.tuples(inner, inner).map(lambda p: p[0] ^ p[1]),
            inner.map(operator.invert),
        ),
        max_leaves=4,
    )
    return draw(combined)
