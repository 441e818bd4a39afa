"""Plain Polars, in one process: what all answers and times are compared with."""

from __future__ import annotations

import polars as pl

from benchmarks.data import Data
from benchmarks.settings import Settings


def start(settings: Settings) -> None:
    """Need nothing."""


def fanout(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.daily / "*.parquet")
        .filter(pl.col("date").is_between(data.first_day, data.last_day))
        .group_by("date", "symbol")
        .agg(
            pl.col("volume").sum(),
            (pl.col("price") * pl.col("volume")).sum().alias("notional"),
            pl.len().alias("trades"),
        )
        .collect()
    )


def big(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.monthly / "*.parquet")
        .filter(pl.col("date").is_between(data.first_month, data.last_month))
        .collect()
    )


def prepare_memory(data: Data) -> tuple[Data, pl.DataFrame]:
    return data, data.frame()


def memory(held: tuple[Data, pl.DataFrame]) -> pl.DataFrame:
    data, frame = held
    return (
        frame.lazy()
        .filter(pl.col("date").is_between(data.first_day, data.last_frame_day))
        .group_by("book")
        .agg(
            pl.col("volume").sum(),
            (pl.col("price") * pl.col("volume")).sum().alias("notional"),
        )
        .collect()
    )


prepare_memory_put = prepare_memory
memory_put = memory


def head(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.daily / "*.parquet")
        .filter(pl.col("date").is_between(data.first_day, data.last_day))
        .head(1000)
        .collect()
    )


def cold(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.daily / "*.parquet")
        .filter(pl.col("date") == data.first_day)
        .group_by("date", "symbol")
        .agg(
            pl.col("volume").sum(),
            (pl.col("price") * pl.col("volume")).sum().alias("notional"),
            pl.len().alias("trades"),
        )
        .collect()
    )


def hourly(data: Data, count: int) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.hourly)
        .filter(pl.col("time").is_between(*data.hours(count)))
        .group_by("time")
        .agg(pl.col("load").sum())
        .collect()
    )
