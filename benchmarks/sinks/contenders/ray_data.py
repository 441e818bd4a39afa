"""Ray Data, the data sets that come with Ray."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import ray
from ray.data.expressions import col, lit

from benchmarks.contenders.ray_data import start
from benchmarks.data import Data
from benchmarks.sinks.written import read, target

__all__ = ["sink", "sink_by_month", "start"]


def _rows(data: Data) -> ray.data.Dataset:
    return ray.data.read_parquet(str(data.monthly)).filter(
        expr=(col("date") >= lit(data.first_month)) & (col("date") <= lit(data.last_month))
    )


def _with_month(table: pa.Table) -> pa.Table:
    return table.append_column("month", pc.strftime(table["date"], "%Y-%m"))


def sink(data: Data) -> pl.LazyFrame:
    folder = target(data, "ray_data")
    _rows(data).write_parquet(str(folder), compression="zstd")
    return read(folder)


def sink_by_month(data: Data) -> pl.LazyFrame:
    folder = target(data, "ray_data")
    rows = _rows(data).map_batches(_with_month, batch_format="pyarrow")
    rows.write_parquet(str(folder), partition_cols=["month"], compression="zstd")
    return read(folder)
