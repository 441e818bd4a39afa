"""The published polars-io-tools: periods follow from the filters after its call."""

from __future__ import annotations

import datetime as dt

import polars as pl

import polars_io_tools as piot
from benchmarks.contenders import ray_cluster
from benchmarks.data import Data
from benchmarks.settings import Settings


def start(settings: Settings) -> None:
    ray_cluster.start(settings)


def fanout(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.daily / "*.parquet")
        .group_by("date", "symbol")
        .agg(
            pl.col("volume").sum(),
            (pl.col("price") * pl.col("volume")).sum().alias("notional"),
            pl.len().alias("trades"),
        )
        .piot.execute_on_ray(date_column="date", time_unit="daily")
        .filter(pl.col("date").is_between(data.first_day, data.last_day))
        .collect()
    )


def big(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.monthly / "*.parquet")
        .piot.execute_on_ray(date_column="date", time_unit="monthly")
        .filter(pl.col("date").is_between(data.first_month, data.last_month))
        .collect()
    )


def prepare_memory(data: Data) -> tuple[Data, pl.DataFrame]:
    return data, data.frame()


def memory(held: tuple[Data, pl.DataFrame]) -> pl.DataFrame:
    data, frame = held
    return (
        frame.lazy()
        .piot.execute_on_ray(date_column="date", time_unit="monthly")
        .filter(pl.col("date").is_between(data.first_day, data.last_frame_day))
        .group_by("book")
        .agg(
            pl.col("volume").sum(),
            (pl.col("price") * pl.col("volume")).sum().alias("notional"),
        )
        .collect()
    )


def head(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.daily / "*.parquet")
        .piot.execute_on_ray(date_column="date", time_unit="daily")
        .filter(pl.col("date").is_between(data.first_day, data.last_day))
        .head(1000)
        .collect()
    )


def cold(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.daily / "*.parquet")
        .group_by("date", "symbol")
        .agg(
            pl.col("volume").sum(),
            (pl.col("price") * pl.col("volume")).sum().alias("notional"),
            pl.len().alias("trades"),
        )
        .piot.execute_on_ray(date_column="date", time_unit="daily")
        .filter(pl.col("date") == data.first_day)
        .collect()
    )


def hourly(data: Data, count: int) -> pl.DataFrame:
    # Its own units begin at days; smaller parts are given one by one.
    first, _ = data.hours(count)
    starts = [first + dt.timedelta(hours=i) for i in range(count)]
    hours = [
        piot.ReadPartition(
            pl.col("time").is_between(start, start + dt.timedelta(hours=1), closed="left"), start
        )
        for start in starts
    ]
    return (
        pl.scan_parquet(data.hourly)
        .group_by("time")
        .agg(pl.col("load").sum())
        .piot.execute_on_ray(hours)
        .collect()
    )
