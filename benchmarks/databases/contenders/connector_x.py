"""connectorx; the months are tasks of Ray, each with a query written by hand."""

from __future__ import annotations

import connectorx
import polars as pl
import pyarrow as pa
import ray

from benchmarks.databases.contenders import preparing
from benchmarks.databases.fold import added_up
from benchmarks.databases.table import Table

# As many rows as this package reads at a time.
_ROWS = 65_536

start = preparing.keep


def db_stream(table: Table) -> pl.DataFrame:
    batches = connectorx.read_sql(
        table.uri, table.query, return_type="arrow_stream", batch_size=_ROWS
    )
    return added_up(batches)


def read(uri: str, query: str) -> pa.Table:
    return connectorx.read_sql(uri, query, return_type="arrow")


def db_read(table: Table) -> pa.Table:
    return read(table.uri, table.query)


def db_months(table: Table) -> pa.Table:
    task = ray.remote(read)
    return pa.concat_tables(ray.get([task.remote(table.uri, q) for q in table.monthly_queries()]))


prepare_db_stream = preparing.first_rows(db_stream)
prepare_db_read = preparing.first_rows(db_read)
prepare_db_months = preparing.first_rows_on_ray(db_months)
