"""Plain Polars, in one process."""

from __future__ import annotations

import polars as pl

from benchmarks.data import Data
from benchmarks.settings import Settings
from benchmarks.sinks.written import read, target


def start(settings: Settings) -> None:
    """Need nothing."""


def rows(data: Data) -> pl.LazyFrame:
    return pl.scan_parquet(data.monthly / "*.parquet").filter(
        pl.col("date").is_between(data.first_month, data.last_month)
    )


def sink(data: Data) -> pl.LazyFrame:
    folder = target(data, "polars")
    rows(data).sink_parquet(folder / "all.parquet", mkdir=True)
    return read(folder)


def sink_by_month(data: Data) -> pl.LazyFrame:
    folder = target(data, "polars")
    month = pl.col("date").dt.truncate("1mo").alias("month")
    rows(data).sink_parquet(pl.PartitionBy(folder, key=month, include_key=False), mkdir=True)
    return read(folder)
