"""Daft with its Ray runner."""

from __future__ import annotations

import daft
import pyarrow as pa
from daft import col

from benchmarks.contenders import ray_cluster
from benchmarks.data import Data
from benchmarks.settings import Settings


def start(settings: Settings) -> None:
    ray_cluster.start(settings)
    daft.set_runner_ray(noop_if_initialized=True)


def fanout(data: Data) -> pa.Table:
    return (
        daft.read_parquet(f"{data.daily}/*.parquet")
        .where((col("date") >= data.first_day) & (col("date") <= data.last_day))
        .with_column("notional", col("price") * col("volume"))
        .groupby("date", "symbol")
        .agg(
            col("volume").sum(),
            col("notional").sum(),
            col("trade").count().alias("trades"),
        )
        .to_arrow()
    )


def big(data: Data) -> pa.Table:
    return (
        daft.read_parquet(f"{data.monthly}/*.parquet")
        .where((col("date") >= data.first_month) & (col("date") <= data.last_month))
        .to_arrow()
    )


def prepare_memory(data: Data) -> tuple[Data, pa.Table]:
    return data, data.frame().to_arrow()


def memory(held: tuple[Data, pa.Table]) -> pa.Table:
    data, table = held
    return (
        daft.from_arrow(table)
        .where((col("date") >= data.first_day) & (col("date") <= data.last_frame_day))
        .with_column("notional", col("price") * col("volume"))
        .groupby("book")
        .agg(col("volume").sum(), col("notional").sum())
        .to_arrow()
    )


def head(data: Data) -> pa.Table:
    return (
        daft.read_parquet(f"{data.daily}/*.parquet")
        .where((col("date") >= data.first_day) & (col("date") <= data.last_day))
        .limit(1000)
        .to_arrow()
    )


def cold(data: Data) -> pa.Table:
    return (
        daft.read_parquet(f"{data.daily}/*.parquet")
        .where(col("date") == data.first_day)
        .with_column("notional", col("price") * col("volume"))
        .groupby("date", "symbol")
        .agg(
            col("volume").sum(),
            col("notional").sum(),
            col("trade").count().alias("trades"),
        )
        .to_arrow()
    )
