"""Random frames over a date column, and the ways in which a query may read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import strategies as st
from polars.io.plugins import register_io_source

__all__ = [
    "DAYS",
    "FIRST",
    "SOURCES",
    "TYPES",
    "ZONELESS",
    "dated_frames",
    "dense_frame",
    "ticks",
    "zone",
]

ZONELESS = (pl.Date(), pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns"))

# Within the days of the frames the clocks go forward by night, forward at midnight in New York's
# sense of a day, and back over midnight; UTC has no changes.
TYPES = (
    *ZONELESS,
    pl.Datetime("us", "Europe/Berlin"),
    pl.Datetime("ns", "America/New_York"),
    pl.Datetime("ms", "America/Asuncion"),
    pl.Datetime("us", "UTC"),
)

FIRST = dt.date(2023, 11, 20)
DAYS = 140

_TICKS = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def zone(dtype: pl.DataType) -> str | None:
    return getattr(dtype, "time_zone", None)


def ticks(dtype: pl.DataType) -> int:
    """Return how many physical values a day has."""
    return _TICKS[dtype.time_unit] if isinstance(dtype, pl.Datetime) else 1


def _dates(values: list[int | None], dtype: pl.DataType) -> pl.Series:
    """Return local time as a column; what the clocks leap over is null."""
    if not isinstance(dtype, pl.Datetime):
        return pl.Series("date", values, dtype=pl.Int32).cast(dtype)
    local = pl.Series("date", values, dtype=pl.Int64).cast(pl.Datetime(dtype.time_unit))
    if dtype.time_zone is None:
        return local
    return local.dt.replace_time_zone(dtype.time_zone, ambiguous="latest", non_existent="null")


def _inside(dtype: pl.DataType) -> list[int]:
    """Return times of day: midnight and one value beside it are where bounds go wrong."""
    day = ticks(dtype)
    return [0] if day == 1 else [0, day - 1, day // 2, 1]


@st.composite
def dated_frames(draw: st.DrawFn, dtype: pl.DataType) -> pl.DataFrame:
    """Draw up to 40 rows of dates within five months, or null, with other columns."""
    rows = draw(st.integers(0, 40))
    rng = draw(st.randoms(use_true_random=False))
    base, day, inside = (FIRST - dt.date(1970, 1, 1)).days, ticks(dtype), _inside(dtype)
    date = [
        None if rng.random() < 0.1 else (base + rng.randrange(DAYS)) * day + rng.choice(inside)
        for _ in range(rows)
    ]
    return pl.DataFrame(
        [
            _dates(date, dtype),
            pl.Series("k", [rng.choice(["a", "b", "c", None]) for _ in range(rows)], pl.String),
            pl.Series("x", [rng.choice([1, 2, 3, None]) for _ in range(rows)], pl.Int64),
            pl.Series("n", range(rows), pl.Int64),
        ]
    )


def dense_frame(dtype: pl.DataType) -> pl.DataFrame:
    """Return rows for every hour that a literal is near to, every day of years, and far ones."""
    base, day = (FIRST - dt.date(1970, 1, 1)).days, ticks(dtype)
    times = {0}
    if day > 1:
        tick = day // 86_400_000_000 or 1  # the values that a literal of microseconds may mean
        times = {h * day // 24 for h in range(24)} | {1, day - 1, day - tick, day - 1 - tick}
    near = range(base - 60, base + DAYS + 60)
    years = range(base - 3 * 365, base + 3 * 365)
    far = [base + 365 * y + 31 * m for y in (-250, -30, 30, 200) for m in range(12)]
    date = [d * day + t for d in near for t in times] + [d * day for d in (*years, *far)]
    others = pl.DataFrame({"k": ["a", "b", "a", None], "x": [1, 1, 2, None], "n": [0, 1, 2, 3]})
    return _dates([*date, None], dtype).to_frame().join(others, how="cross")


def _io_source(df: pl.DataFrame) -> pl.LazyFrame:
    def source(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        rows = df if n_rows is None else df.head(n_rows)
        rows = rows if predicate is None else rows.filter(predicate)
        yield rows if with_columns is None else rows.select(with_columns)

    return register_io_source(source, schema=df.schema)


SOURCES: dict[str, Callable[[pl.DataFrame], pl.LazyFrame]] = {
    "memory": pl.DataFrame.lazy,
    "io source": _io_source,
}


def zone_info(dtype: pl.DataType) -> ZoneInfo | None:
    name = zone(dtype)
    return None if name is None else ZoneInfo(name)
