"""This package, by its own reader."""

from __future__ import annotations

import polars as pl
import pyarrow as pa  # noqa: F401  (Polars imports it with the first scan, where it is installed)

import polars_io_tools as piot
from benchmarks.databases.contenders import preparing
from benchmarks.databases.fold import fold
from benchmarks.databases.table import Table

start = preparing.keep


def db_stream(table: Table) -> pl.DataFrame:
    return piot.scan_db(table.query, table.uri).select(fold()).collect(engine="streaming")


def db_read(table: Table) -> pl.DataFrame:
    return piot.scan_db(table.query, table.uri).collect()


def db_months(table: Table) -> pl.DataFrame:
    return (
        piot.scan_db(table.query, table.uri)
        .filter(pl.col("date").is_between(*table.year))
        .piot.execute_on_ray(date_column="date", time_unit="monthly")
        .collect()
    )


prepare_db_stream = preparing.first_rows(db_stream)
prepare_db_read = preparing.first_rows(db_read)
prepare_db_months = preparing.first_rows_on_ray(db_months)
