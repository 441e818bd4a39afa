"""The rows as the formula gives them, without a database: what all answers are compared with."""

from __future__ import annotations

import polars as pl

from benchmarks.databases.fold import fold
from benchmarks.databases.table import Table
from benchmarks.settings import Settings


def start(settings: Settings) -> None:
    """Need nothing."""


def db_stream(table: Table) -> pl.DataFrame:
    return table.frame().select(fold()).collect()


def db_read(table: Table) -> pl.DataFrame:
    return table.frame().collect()


db_months = db_read
