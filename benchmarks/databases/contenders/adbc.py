"""ADBC's driver for PostgreSQL; the months are tasks of Ray, each with a query written by hand."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import ray
from adbc_driver_postgresql import dbapi

from benchmarks.databases.contenders import preparing
from benchmarks.databases.fold import added_up
from benchmarks.databases.table import Table

start = preparing.keep


def db_stream(table: Table) -> pl.DataFrame:
    with dbapi.connect(table.uri) as connection, connection.cursor() as cursor:
        cursor.execute(table.query)
        return added_up(cursor.fetch_record_batch(), texts=True)


def read(uri: str, query: str) -> pa.Table:
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetch_arrow_table()


def db_read(table: Table) -> pa.Table:
    return read(table.uri, table.query)


def db_months(table: Table) -> pa.Table:
    task = ray.remote(read)
    return pa.concat_tables(ray.get([task.remote(table.uri, q) for q in table.monthly_queries()]))


prepare_db_stream = preparing.first_rows(db_stream)
prepare_db_read = preparing.first_rows(db_read)
prepare_db_months = preparing.first_rows_on_ray(db_months)
