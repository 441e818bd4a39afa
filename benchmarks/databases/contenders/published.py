"""The published polars-io-tools: its `scan_db` reads by ODBC."""

from __future__ import annotations

import arrow_odbc  # noqa: F401  (it is imported when a query runs, which is not part of reading)
import polars as pl
import pyarrow as pa  # noqa: F401  (the same)

import polars_io_tools as piot
from benchmarks.databases.contenders import preparing
from benchmarks.databases.fold import fold
from benchmarks.databases.table import LONGEST_TEXT, Table

start = preparing.keep


def scan(table: Table) -> pl.LazyFrame:
    return piot.scan_db(table.query, table.odbc, max_text_size=LONGEST_TEXT)


def db_stream(table: Table) -> pl.DataFrame:
    return scan(table).select(fold()).collect(engine="streaming")


def db_read(table: Table) -> pl.DataFrame:
    return scan(table).collect()


def db_months(table: Table) -> pl.DataFrame:
    return (
        scan(table)
        .piot.execute_on_ray(date_column="date", time_unit="monthly")
        .filter(pl.col("date").is_between(*table.year))
        .collect()
    )


prepare_db_stream = preparing.first_rows(db_stream)
prepare_db_read = preparing.first_rows(db_read)
prepare_db_months = preparing.first_rows_on_ray(db_months)
