"""arrow-odbc; the months are tasks of Ray, each with a query written by hand."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import ray
from arrow_odbc import BatchReader, read_arrow_batches_from_odbc

from benchmarks.databases.contenders import preparing
from benchmarks.databases.fold import added_up
from benchmarks.databases.table import LONGEST_TEXT, Table

_ROWS = 65_536

start = preparing.keep


def batches(odbc: str, query: str) -> BatchReader:
    return read_arrow_batches_from_odbc(
        query, connection_string=odbc, batch_size=_ROWS, max_text_size=LONGEST_TEXT
    )


def db_stream(table: Table) -> pl.DataFrame:
    return added_up(batches(table.odbc, table.query))


def read(odbc: str, query: str) -> pa.Table:
    reader = batches(odbc, query)
    return pa.Table.from_batches(reader, reader.schema)


def db_read(table: Table) -> pa.Table:
    return read(table.odbc, table.query)


def db_months(table: Table) -> pa.Table:
    task = ray.remote(read)
    return pa.concat_tables(ray.get([task.remote(table.odbc, q) for q in table.monthly_queries()]))


prepare_db_stream = preparing.first_rows(db_stream)
prepare_db_read = preparing.first_rows(db_read)
prepare_db_months = preparing.first_rows_on_ray(db_months)
