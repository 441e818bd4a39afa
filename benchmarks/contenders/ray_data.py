"""Ray Data, the data sets that come with Ray."""

from __future__ import annotations

import pyarrow as pa
import ray
from ray.data.aggregate import Count, Sum
from ray.data.expressions import col, lit

from benchmarks.contenders import ray_cluster
from benchmarks.data import Data
from benchmarks.settings import Settings


def start(settings: Settings) -> None:
    ray_cluster.start(settings)
    ray.data.DataContext.get_current().enable_progress_bars = False


def _table(dataset: ray.data.Dataset) -> pa.Table:
    return pa.concat_tables(ray.get(dataset.to_arrow_refs()))


def fanout(data: Data) -> pa.Table:
    return _table(
        ray.data.read_parquet(str(data.daily))
        .filter(expr=(col("date") >= lit(data.first_day)) & (col("date") <= lit(data.last_day)))
        .with_column("notional", col("price") * col("volume"))
        .groupby(["date", "symbol"])
        .aggregate(
            Sum("volume", alias_name="volume"),
            Sum("notional", alias_name="notional"),
            Count(alias_name="trades"),
        )
    )


def big(data: Data) -> pa.Table:
    return _table(
        ray.data.read_parquet(str(data.monthly)).filter(
            expr=(col("date") >= lit(data.first_month)) & (col("date") <= lit(data.last_month))
        )
    )


def prepare_memory(data: Data) -> tuple[Data, pa.Table]:
    return data, data.frame().to_arrow()


def memory(held: tuple[Data, pa.Table]) -> pa.Table:
    data, table = held
    return _table(
        ray.data.from_arrow(table, override_num_blocks=data.size.frame_months)
        .filter(
            expr=(col("date") >= lit(data.first_day)) & (col("date") <= lit(data.last_frame_day))
        )
        .with_column("notional", col("price") * col("volume"))
        .groupby("book")
        .aggregate(Sum("volume", alias_name="volume"), Sum("notional", alias_name="notional"))
    )


def head(data: Data) -> pa.Table:
    return _table(
        ray.data.read_parquet(str(data.daily))
        .filter(expr=(col("date") >= lit(data.first_day)) & (col("date") <= lit(data.last_day)))
        .limit(1000)
    )


def cold(data: Data) -> pa.Table:
    return _table(
        ray.data.read_parquet(str(data.daily))
        .filter(expr=col("date") == lit(data.first_day))
        .with_column("notional", col("price") * col("volume"))
        .groupby(["date", "symbol"])
        .aggregate(
            Sum("volume", alias_name="volume"),
            Sum("notional", alias_name="notional"),
            Count(alias_name="trades"),
        )
    )
