"""This package without Ray: what its tasks are compared with."""

from __future__ import annotations

import polars as pl
import pyarrow as pa  # noqa: F401  (Polars imports it with the first scan, where it is installed)

import polars_io_tools as piot
from benchmarks.databases.contenders import preparing
from benchmarks.databases.table import Table
from benchmarks.settings import Settings


def start(settings: Settings) -> None:
    """Need nothing."""


def db_months(table: Table) -> pl.DataFrame:
    return (
        piot.scan_db(table.query, table.uri)
        .filter(pl.col("date").is_between(*table.year))
        .collect()
    )


prepare_db_months = preparing.first_rows(db_months)
