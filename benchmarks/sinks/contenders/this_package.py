"""This package: the queries of plain Polars, with an engine."""

from __future__ import annotations

import polars as pl

import polars_io_tools as piot
from benchmarks.contenders import ray_cluster
from benchmarks.data import Data
from benchmarks.settings import Settings
from benchmarks.sinks.contenders.plain_polars import rows
from benchmarks.sinks.written import read, target

ENGINE = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)


def start(settings: Settings) -> None:
    ray_cluster.start(settings)


def sink(data: Data) -> pl.LazyFrame:
    folder = target(data, "ours")
    rows(data).sink_parquet(f"{folder}/", engine=ENGINE, mkdir=True)
    return read(folder)


def sink_by_month(data: Data) -> pl.LazyFrame:
    folder = target(data, "ours")
    month = pl.col("date").dt.truncate("1mo").alias("month")
    by_month = pl.PartitionBy(folder, key=month, include_key=False)
    rows(data).sink_parquet(by_month, engine=ENGINE, mkdir=True)
    return read(folder)
