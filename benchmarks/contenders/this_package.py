"""This package: the queries of plain Polars, with one call more."""

from __future__ import annotations

import polars as pl

import polars_io_tools as piot
from benchmarks.contenders import ray_cluster
from benchmarks.data import Data
from benchmarks.settings import NotOfferedError, Settings


def start(settings: Settings) -> None:
    ray_cluster.start(settings)


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
        .piot.execute_on_ray(date_column="date", time_unit="daily")
        .collect()
    )


def big(data: Data) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.monthly / "*.parquet")
        .filter(pl.col("date").is_between(data.first_month, data.last_month))
        .piot.execute_on_ray(date_column="date", time_unit="monthly")
        .collect()
    )


def prepare_memory(data: Data) -> tuple[Data, pl.DataFrame]:
    return data, data.frame()


def memory(held: tuple[Data, pl.DataFrame]) -> pl.DataFrame:
    data, frame = held
    return _by_month(data, frame.lazy())


prepare_memory_put = prepare_memory


def memory_put(held: tuple[Data, pl.DataFrame]) -> pl.DataFrame:
    if not hasattr(piot, "put"):
        raise NotOfferedError("this version of the package has no `put`")
    data, frame = held
    return _by_month(data, piot.put(frame))


def _by_month(data: Data, lf: pl.LazyFrame) -> pl.DataFrame:
    return (
        lf.filter(pl.col("date").is_between(data.first_day, data.last_frame_day))
        .piot.execute_on_ray(date_column="date", time_unit="monthly")
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
        .filter(pl.col("date").is_between(data.first_day, data.last_day))
        .piot.execute_on_ray(date_column="date", time_unit="daily")
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
        .piot.execute_on_ray(date_column="date", time_unit="daily")
        .collect()
    )


def hourly(data: Data, count: int) -> pl.DataFrame:
    return (
        pl.scan_parquet(data.hourly)
        .filter(pl.col("time").is_between(*data.hours(count)))
        .group_by("time")
        .agg(pl.col("load").sum())
        .piot.execute_on_ray(date_column="time", time_unit="hourly")
        .collect()
    )
