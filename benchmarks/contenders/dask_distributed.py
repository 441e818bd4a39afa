"""Dask dataframes on a local cluster of one process a processor."""

from __future__ import annotations

import dask
import dask.dataframe as dd
import pandas as pd
from dask.distributed import Client

from benchmarks.data import Data
from benchmarks.settings import Settings


def start(settings: Settings) -> None:
    dask.config.set({"temporary-directory": settings.scratch})
    Client(n_workers=settings.cpus, threads_per_worker=1, dashboard_address=None)


def fanout(data: Data) -> pd.DataFrame:
    trades = dd.read_parquet(
        data.daily,
        filters=[("date", ">=", data.first_day), ("date", "<=", data.last_day)],
        dtype_backend="pyarrow",
    )
    return (
        trades.assign(notional=trades.price * trades.volume)
        .groupby(["date", "symbol"])
        .agg({"volume": "sum", "notional": "sum", "trade": "count"})
        .rename(columns={"trade": "trades"})
        .reset_index()
        .compute()
    )


def big(data: Data) -> pd.DataFrame:
    return dd.read_parquet(
        data.monthly,
        filters=[("date", ">=", data.first_month), ("date", "<=", data.last_month)],
        dtype_backend="pyarrow",
    ).compute()


def prepare_memory(data: Data) -> tuple[Data, pd.DataFrame]:
    return data, data.frame().to_pandas(use_pyarrow_extension_array=True)


def memory(held: tuple[Data, pd.DataFrame]) -> pd.DataFrame:
    data, frame = held
    trades = dd.from_pandas(frame, npartitions=data.size.frame_months, sort=False)
    trades = trades[(trades.date >= data.first_day) & (trades.date <= data.last_frame_day)]
    return (
        trades.assign(notional=trades.price * trades.volume)
        .groupby("book")
        .agg({"volume": "sum", "notional": "sum"})
        .reset_index()
        .compute()
    )


def head(data: Data) -> pd.DataFrame:
    return dd.read_parquet(
        data.daily,
        filters=[("date", ">=", data.first_day), ("date", "<=", data.last_day)],
        dtype_backend="pyarrow",
    ).head(1000, npartitions=-1)


def cold(data: Data) -> pd.DataFrame:
    trades = dd.read_parquet(
        data.daily, filters=[("date", "==", data.first_day)], dtype_backend="pyarrow"
    )
    return (
        trades.assign(notional=trades.price * trades.volume)
        .groupby(["date", "symbol"])
        .agg({"volume": "sum", "notional": "sum", "trade": "count"})
        .rename(columns={"trade": "trades"})
        .reset_index()
        .compute()
    )
