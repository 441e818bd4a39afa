"""Random predicates over the columns of a table, of the forms that are pushed and of others."""

from __future__ import annotations

import datetime as dt
import operator
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from tests.pushdown.values import DAY, LABELS, Column

__all__ = ["Predicates"]

Closed = Literal["both", "left", "right", "none"]
Forms = Sequence[Callable[[], pl.Expr]]

_COMPARISONS: tuple[Callable[[Any, Any], Any], ...] = (
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
)
_CLOSED: tuple[Closed, ...] = ("both", "left", "right", "none")
_PARTS = [
    "a",
    "A",
    "b",
    "%",
    "_",
    "!",
    "\\",
    "'",
    "é",
    "\U0001f600",
    "ab",
    "a_",
    " ",
    "",
    "\n",
    "e",
]
_PATTERNS = ["a", "^a", "b$", "a.b", "^A|b", "[ab]", "a\\b", "(?i)a", "co-op", "^", "$", "50%"]
_TICKS_PER_DAY = {"d": 1, "ms": DAY // 1000, "us": DAY, "ns": DAY * 1000}
_FAR = {unit: min(ticks * 94_000_000, 2**63 - 1) for unit, ticks in _TICKS_PER_DAY.items()}
_PYTHON_DAYS = range(-719_162, 2_932_897)
_NOT_LABELS = ["nope", "", "SAD"]


class Predicates:
    """A source of predicates; the same seed gives the same ones."""

    def __init__(self, frame: pl.DataFrame, columns: list[Column], seed: int) -> None:
        self._rng = random.Random(seed)
        self._frame = frame
        self._columns = [c for c in columns if c.name != "id"]

    def draw(self) -> pl.Expr:
        """Return one predicate that Polars accepts."""
        while True:
            predicate = self._tree(self._rng.choice([0, 0, 1, 1, 2, 2, 3, 4]))
            try:
                self._frame.lazy().filter(predicate).collect()
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
                continue
            return predicate

    def _tree(self, depth: int) -> pl.Expr:
        if depth == 0:
            return self._leaf()

        def one() -> pl.Expr:
            return self._tree(depth - 1)

        forms: list[Callable[[], pl.Expr]] = [
            *(2 * [lambda: one() & one(), lambda: one() | one(), lambda: ~one()]),
            lambda: one() ^ one(),
            lambda: pl.when(one()).then(one()).otherwise(one()),
            lambda: pl.when(one()).then(pl.lit(None, pl.Boolean)).otherwise(one()),
            lambda: one() == self._rng.choice([True, False]),
            lambda: one() == one(),
            lambda: one().eq_missing(one()),
            lambda: one().ne_missing(pl.lit(True)),
            lambda: one().is_null(),
            lambda: one().fill_null(self._rng.choice([True, False])),
            lambda: pl.all_horizontal(one(), one(), one()),
            lambda: pl.any_horizontal(one(), one()),
        ]
        return self._one_of(forms)

    def _one_of(self, forms: Forms) -> pl.Expr:
        return self._rng.choice(forms)()

    def _leaf(self) -> pl.Expr:
        c = self._rng.choice(self._columns)
        special = {
            "integer": self._of_integers,
            "decimal": self._of_decimals,
            "float": self._of_floats,
            "single": self._of_floats,
            "truth": self._of_truths,
            "day": self._of_times,
            "instant": self._of_times,
            "bytes": self._plain,
            "reach": self._plain,
        }.get(c.kind, self._of_texts)
        return self._rng.choice([self._plain, self._plain, self._plain, special, special])(c)

    def _value(self, c: Column) -> Any:
        """Return a literal for a column: one of its values, or one near them."""
        if c.kind == "reach" or self._rng.random() < 0.6:
            return self._own_value(c)
        near: dict[str, Callable[[], Any]] = {
            "integer": lambda: self._rng.choice(
                [0, 1, -1, 2**31, 2**40, 2**63, -(2**63), 300, 1.5, 2.0]
            ),
            "decimal": lambda: self._rng.choice(
                [
                    Decimal("1.005"),
                    Decimal("0.1"),
                    Decimal("-0.001"),
                    Decimal("1e30"),
                    1,
                    0.1,
                    1.01,
                    0,
                ]
            ),
            "label": lambda: self._rng.choice(
                LABELS + _NOT_LABELS if c.dtype == pl.String else LABELS
            ),
            "truth": lambda: self._rng.choice([True, False]),
            "day": lambda: self._rng.choice(
                [dt.date(1, 1, 1), dt.date(9999, 12, 31), self._moment()]
            ),
            "instant": lambda: self._near_instant(c),
            "bytes": lambda: self._rng.choice([b"", b"a", b"a\x00", b"zz"]),
        }
        if c.kind in near:
            return near[c.kind]()
        if c.kind in ("float", "single"):
            return self._rng.choice(
                [0.1, 0.0, -0.0, float("nan"), float("inf"), -1, 1, 1e300, 0.30000001]
            )
        return self._rng.choice(
            ["", "a", "A", "zz", "a\x00b", "\x00", "ab", *_PARTS]
        ) + self._rng.choice(["", "", "a", " ", "\U0001f600"])

    def _own_value(self, c: Column) -> Any:
        """Return a value of the column; of times, all digits and all years."""
        values = self._frame[c.name].drop_nulls()
        if not c.dtype.is_temporal():
            return values[self._rng.randrange(len(values))]
        # Beyond the years of Polars' calendar, its constants cannot be looked at.
        unit = getattr(c.dtype, "time_unit", "d")
        ticks = values.filter(values.to_physical().abs() < _FAR[unit]).to_physical()
        shift = self._rng.choice([0, 0, 0, 1, -1, 500])
        tick = ticks[self._rng.randrange(len(ticks))] + shift
        moved = pl.lit(tick, dtype=ticks.dtype).cast(c.dtype)
        if tick // _TICKS_PER_DAY[unit] not in _PYTHON_DAYS:
            return moved
        return pl.select(moved).to_series()[0]

    def _moment(self) -> dt.datetime:
        return dt.datetime(
            2024, self._rng.randint(1, 3), self._rng.randint(1, 28), 12 * self._rng.randint(0, 1)
        )

    def _near_instant(self, c: Column) -> Any:
        dtype = c.dtype
        if getattr(dtype, "time_zone", None):
            return self._moment().replace(tzinfo=dt.UTC)
        nanos = pl.lit(
            1_704_067_200_000_000_000 + self._rng.choice([0, 1, 999, -1]), dtype=pl.Int64
        )
        return self._rng.choice(
            [self._moment(), self._moment().date(), nanos.cast(pl.Datetime("ns"))]
        )

    def _compare(self, left: Any, right: Any) -> pl.Expr:
        compare = self._rng.choice(_COMPARISONS)
        if self._rng.random() < 0.3 and isinstance(left, pl.Expr):
            left, right = (right if isinstance(right, pl.Expr) else pl.lit(right)), left
        found = compare(left, right)
        assert isinstance(found, pl.Expr)
        return found

    def _list(self, c: Column) -> list[Any]:
        values = [self._value(c) for _ in range(self._rng.choice([0, 1, 2, 3, 8]))]
        values = [v for v in values if not isinstance(v, pl.Expr)]
        return values + ([None] if self._rng.random() < 0.3 else [])

    def _plain(self, c: Column) -> pl.Expr:
        x = pl.col(c.name)
        same = [
            o
            for o in self._columns
            if o.dtype == c.dtype or {o.kind, c.kind} <= {"integer", "float"}
        ]
        forms: list[Callable[[], pl.Expr]] = [
            *(4 * [lambda: self._compare(x, self._value(c))]),
            lambda: x.is_between(
                self._lit(self._value(c)),
                self._lit(self._value(c)),
                closed=self._rng.choice(_CLOSED),
            ),
            *(2 * [lambda: x.is_in(self._members(c), nulls_equal=self._rng.random() < 0.3)]),
            x.is_null,
            x.is_not_null,
            lambda: x.eq_missing(self._lit(self._value(c))),
            lambda: x.ne_missing(self._lit(self._value(c))),
            lambda: x.eq_missing(None),
            lambda: self._compare(x, pl.lit(None)),
            lambda: self._compare(x, pl.col(self._rng.choice(same).name)),
            lambda: x.eq_missing(pl.col(self._rng.choice(same).name)),
            lambda: self._compare(x.fill_null(self._lit(self._value(c))), self._value(c)),
            lambda: self._compare(
                pl.when(self._leaf()).then(x).otherwise(pl.lit(None, c.dtype)), self._value(c)
            ),
        ]
        return self._one_of(forms)

    def _lit(self, value: Any) -> pl.Expr:
        return value if isinstance(value, pl.Expr) else pl.lit(value)

    def _members(self, c: Column) -> Any:
        values = self._list(c)
        if c.kind in ("text", "label", "truth", "bytes") and self._rng.random() < 0.5:
            return values
        members = pl.Series(values, dtype=c.dtype, strict=False)
        return pl.Series([members], dtype=pl.List(c.dtype))

    def _of_integers(self, c: Column) -> pl.Expr:
        x = pl.col(c.name)
        forms: list[Callable[[], pl.Expr]] = [
            lambda: self._compare(x.cast(pl.Int64, strict=False), self._rng.choice([0, 1, 2**40])),
            lambda: self._compare(
                x.cast(pl.Float64), self._rng.choice([0.5, 1.0, 2.0**53, -1e300, 1e300])
            ),
            lambda: self._compare(x, self._rng.choice([0.5, 2.5, 2.0**53 + 2])),
            lambda: self._compare(x.cast(pl.Int128) + 1, 3),
            lambda: self._compare(x % 7, 3),
            lambda: self._compare(x.cast(pl.String), "1"),
            lambda: (x & 1) == 1,
        ]
        return self._one_of(forms)

    def _of_decimals(self, c: Column) -> pl.Expr:
        x = pl.col(c.name)
        return self._one_of(
            [
                lambda: self._compare(x.cast(pl.Float64), self._rng.choice([0.1, 1.01, 1.5, 0.0])),
                lambda: self._compare(x, self._rng.choice([0.1, 1.01, 0.30000000000000004])),
                lambda: self._compare(x.cast(pl.Decimal(38, 6)), Decimal("1.01")),
            ]
        )

    def _of_floats(self, c: Column) -> pl.Expr:
        x = pl.col(c.name)
        return self._one_of(
            [
                x.is_nan,
                x.is_not_nan,
                x.is_finite,
                x.is_infinite,
                lambda: self._compare(
                    x.cast(pl.Float64), self._rng.choice([0.1, 0.0, float("nan"), 1e-45])
                ),
                lambda: self._compare(x.cast(pl.Float32), self._rng.choice([0.1, 0.0, 16777216.0])),
                lambda: self._compare(x * 2, 0.2),
                lambda: self._compare(x.round(1), 0.1),
            ]
        )

    def _of_truths(self, c: Column) -> pl.Expr:
        x = pl.col(c.name)
        return self._one_of(
            [lambda: x, lambda: ~x, lambda: x.cast(pl.Int8) == 1, lambda: x.fill_null(True)]
        )

    def _of_texts(self, c: Column) -> pl.Expr:
        x = pl.col(c.name).cast(pl.String) if c.dtype == pl.Enum else pl.col(c.name)
        part = self._rng.choice(_PARTS) + self._rng.choice(["", "", *_PARTS])
        return self._one_of(
            [
                lambda: x.str.starts_with(part),
                lambda: x.str.ends_with(part),
                lambda: x.str.contains(part, literal=True),
                lambda: x.str.contains(self._rng.choice(_PATTERNS)),
                lambda: x.str.starts_with(pl.col(c.name).cast(pl.String)),
                lambda: x.str.contains(pl.lit(None, pl.String), literal=True),
                lambda: self._compare(x.str.to_lowercase(), "a"),
                lambda: self._compare(x.str.len_chars(), 2),
                lambda: self._compare(x, part),
                lambda: self._compare(x + "a", part),
            ]
        )

    def _of_times(self, c: Column) -> pl.Expr:
        x = pl.col(c.name)
        year, month = self._rng.choice([2023, 2024, 2025, 1, 9999]), self._rng.randint(1, 12)
        forms: list[Callable[[], pl.Expr]] = [
            lambda: self._compare(x.dt.year(), year),
            lambda: self._compare(x.dt.month(), month),
            lambda: (x.dt.year() == year) & (x.dt.month() == month),
            lambda: self._compare(x.dt.date(), dt.date(2024, month, 1)),
            lambda: self._compare(x.dt.truncate("1mo"), self._value(c)),
            lambda: self._compare(x + pl.duration(days=1), self._value(c)),
            lambda: self._compare(x.dt.offset_by("1mo"), self._value(c)),
            lambda: self._compare(
                x.cast(pl.Int64), self._rng.choice([0, 19_723, 1_704_067_200_000_000])
            ),
            lambda: x.dt.weekday() == 1,
        ]
        if c.kind == "day":
            forms += 3 * [
                lambda: self._compare(x, self._moment()),
                lambda: self._compare(x.cast(pl.Datetime("ns")), self._moment()),
            ]
        else:
            forms += 2 * [
                lambda: self._compare(x.cast(pl.Date), dt.date(2024, month, 1)),
                lambda: self._compare(x.dt.cast_time_unit("ns"), self._value(c)),
                lambda: self._compare(x.dt.cast_time_unit("ms"), self._value(c)),
            ]
        return self._one_of(forms)
