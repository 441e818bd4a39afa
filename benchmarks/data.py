"""The data sets: the same on every machine and in every run, made once for each size.

Prices are multiples of a quarter and volumes whole numbers, so that sums are exact in whatever
order they are taken, and answers can be compared to the last bit.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

__all__ = ["FULL", "SMALL", "Data", "Provision", "Size", "Source", "make"]

_START = dt.date(2024, 1, 1)
_BIG_START = dt.date(2023, 1, 1)
_HOURS_START = dt.datetime(2024, 1, 1)  # noqa: DTZ001  (columns without a zone)

# Part of the folder's name: raise it when the same size becomes other data.
_GENERATION = 1

_BOOKS = 1_000
_SYMBOLS = 100
_HOURS = 10_000
_ROWS_PER_HOUR = 4

# One is short enough to lie inside of a string view, the others are not.
_VENUES = ["XNYS", "Chicago Board Options Exchange", "London Stock Exchange", "Deutsche Boerse AG"]


@dataclass(frozen=True)
class Size:
    """How much data there is.

    Attributes:
        days: daily files, from the first of January 2024 on.
        day_rows: rows of each.
        months: monthly files, from January 2023 on.
        month_rows: rows of each.
        frame_rows: rows of the frame that the driver holds.
        frame_months: the months that these are spread over.
    """

    days: int = 366
    day_rows: int = 20_000
    months: int = 24
    month_rows: int = 1_000_000
    frame_rows: int = 12_000_000
    frame_months: int = 12

    def scaled(self, scale: float) -> Size:
        """Return the size with `scale` times the rows, in as many files and periods."""
        return Size(
            self.days,
            max(1, round(self.day_rows * scale)),
            self.months,
            max(1, round(self.month_rows * scale)),
            max(1, round(self.frame_rows * scale)),
            self.frame_months,
        )


FULL = Size()
SMALL = Size(days=12, day_rows=200, months=3, month_rows=2_000, frame_rows=5_000, frame_months=3)


@dataclass(frozen=True)
class Provision:
    """Something that a contender needs beside its environment.

    Attributes:
        missing: why it is not there, empty if it is.
        variables: the environment variables with which it is found.
    """

    missing: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Where contenders find the data, and how their processes are told."""

    def told(self) -> tuple[str, dict[str, Any]]:
        """Return the kind of the source, and what describes it, as values that JSON has."""
        ...

    def provided(self) -> Mapping[str, Provision]:
        """Return what contenders may need beside their environments."""
        ...


@dataclass(frozen=True)
class Data:
    """Where the data sets are, and the bounds that queries filter by."""

    folder: Path
    size: Size

    def told(self) -> tuple[str, dict[str, Any]]:
        """Return what `received` takes."""
        return "files", {"folder": str(self.folder), "size": asdict(self.size)}

    @classmethod
    def received(cls, folder: str, size: dict[str, int]) -> Data:
        """Return the data sets that were told of."""
        return cls(Path(folder), Size(**size))

    def provided(self) -> Mapping[str, Provision]:
        """Return nothing: files are all that contenders need."""
        return {}

    @property
    def daily(self) -> Path:
        """Return the folder of the daily files."""
        return self.folder / "daily"

    @property
    def monthly(self) -> Path:
        """Return the folder of the monthly files."""
        return self.folder / "monthly"

    @property
    def hourly(self) -> Path:
        """Return the file with a few rows an hour."""
        return self.folder / "hourly.parquet"

    @property
    def first_day(self) -> dt.date:
        """Return the first day of the daily files and of the frame."""
        return _START

    @property
    def last_day(self) -> dt.date:
        """Return the last day of the daily files."""
        return _START + dt.timedelta(days=self.size.days - 1)

    @property
    def first_month(self) -> dt.date:
        """Return the first day of the monthly files."""
        return _BIG_START

    @property
    def last_month(self) -> dt.date:
        """Return the last day of the monthly files."""
        return _month(_BIG_START, self.size.months) - dt.timedelta(days=1)

    @property
    def last_frame_day(self) -> dt.date:
        """Return the last day of the frame."""
        return _month(_START, self.size.frame_months) - dt.timedelta(days=1)

    def hours(self, count: int) -> tuple[dt.datetime, dt.datetime]:
        """Return the first and the last instant of the first `count` hours."""
        return _HOURS_START, _HOURS_START + dt.timedelta(hours=count, microseconds=-1)

    def frame(self) -> pl.DataFrame:
        """Return the frame that the driver holds, sorted by date."""
        rows = self.size.frame_rows
        days = (self.last_frame_day - _START).days + 1
        row = pl.int_range(rows, dtype=pl.UInt64)
        return pl.select(
            date=(row * days // rows).cast(pl.Int32).cast(pl.Date)
            + pl.duration(days=(_START - dt.date(1970, 1, 1)).days),
            book=_random(row, 1, _BOOKS).cast(pl.Int32),
            price=_price(row),
            volume=_volume(row),
        )


def make(cache: Path, size: Size) -> Data:
    """Return the data sets of this size, made if they are not there yet.

    They are made under another name, so that what was interrupted is not taken for whole.
    """
    name = "-".join(str(value) for value in (_GENERATION, *asdict(size).values()))
    folder = cache / "data" / name
    if folder.exists():
        return Data(folder, size)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    data = Data(part, size)
    data.daily.mkdir(parents=True)
    data.monthly.mkdir()
    for i in range(size.days):
        day = _START + dt.timedelta(days=i)
        row = pl.int_range(i * size.day_rows, (i + 1) * size.day_rows, dtype=pl.UInt64)
        _trades(row, pl.lit(day)).write_parquet(data.daily / f"{day}.parquet")
    for i in range(size.months):
        month = _month(_BIG_START, i)
        _quotes(month, i * size.month_rows, size.month_rows).write_parquet(
            data.monthly / f"{month:%Y-%m}.parquet"
        )
    _loads().write_parquet(data.hourly)
    part.rename(folder)
    return Data(folder, size)


def _month(start: dt.date, months: int) -> dt.date:
    return start.replace(
        year=start.year + (start.month - 1 + months) // 12,
        month=(start.month - 1 + months) % 12 + 1,
    )


def _random(row: pl.Expr, salt: int, bound: int) -> pl.Expr:
    """Return numbers below `bound` that look random, for row numbers of type UInt64.

    The finish of splitmix64: what is less well mixed, Parquet compresses to a tenth.
    """
    mixed = (row + salt * 1_000_003) * pl.lit(0x9E3779B97F4A7C15, pl.UInt64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed // 2**shift)) * pl.lit(factor, pl.UInt64)
    return (mixed ^ (mixed // 2**31)) % bound


def _price(row: pl.Expr) -> pl.Expr:
    return 100 + _random(row, 2, 400).cast(pl.Float64) / 4


def _volume(row: pl.Expr) -> pl.Expr:
    return _random(row, 3, 500).cast(pl.Int64) + 1


def _trades(row: pl.Expr, date: pl.Expr) -> pl.DataFrame:
    return pl.select(trade=row.cast(pl.Int64)).select(
        date=date,
        trade="trade",
        symbol=pl.lit("S") + _random(row, 4, _SYMBOLS).cast(pl.String),
        price=_price(row),
        volume=_volume(row),
    )


def _quotes(month: dt.date, start: int, rows: int) -> pl.DataFrame:
    row = pl.int_range(start, start + rows, dtype=pl.UInt64)
    days = (_month(month, 1) - month).days
    day = pl.lit(month) + pl.duration(days=(row - start) * days // rows)
    venues = pl.lit(pl.Series(_VENUES))
    return _trades(row, day).select(
        "date",
        "trade",
        "symbol",
        venues.gather(_random(row, 5, len(_VENUES))).alias("venue"),
        "price",
        (pl.col("price") - 0.25).alias("bid"),
        "volume",
    )


def _loads() -> pl.DataFrame:
    row = pl.int_range(_HOURS * _ROWS_PER_HOUR, dtype=pl.UInt64)
    hour = (row // _ROWS_PER_HOUR).cast(pl.Int64)
    return pl.select(time=pl.lit(_HOURS_START) + pl.duration(hours=hour), load=_volume(row))
