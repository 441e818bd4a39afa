"""Daft with its Ray runner."""

from __future__ import annotations

import daft
import polars as pl
from daft import col

from benchmarks.contenders.daft_on_ray import start
from benchmarks.data import Data
from benchmarks.sinks.written import read, target

__all__ = ["sink", "sink_by_month", "start"]


def _rows(data: Data) -> daft.DataFrame:
    return daft.read_parquet(f"{data.monthly}/*.parquet").where(
        (col("date") >= data.first_month) & (col("date") <= data.last_month)
    )


def sink(data: Data) -> pl.LazyFrame:
    folder = target(data, "daft")
    _rows(data).write_parquet(str(folder), compression="zstd")
    return read(folder)


def sink_by_month(data: Data) -> pl.LazyFrame:
    folder = target(data, "daft")
    month = col("date").partition_months().alias("month")
    _rows(data).write_parquet(str(folder), compression="zstd", partition_cols=[month])
    return read(folder)
