"""Which rows a scan is to have, checked when it is made.

Invariant: a condition has the same answer for a row in every shard.
"""

from __future__ import annotations

import polars as pl

from polars_io_tools._polars.failures import reason
from polars_io_tools._polars.filters import of_single_rows
from polars_io_tools.errors import TableError, TableSchemaError
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["check_where"]


def check_where(where: pl.Expr, snapshot: Snapshot) -> None:
    """Compare a condition with the columns of a table.

    Raises:
        TableSchemaError: it does not fit them.
        TableError: it needs more than a row.
    """
    try:
        fine = of_single_rows(where, snapshot.schema)
    except pl.exceptions.PolarsError as error:
        msg = f"where, {str(where)[:200]}, does not fit the table: {reason(error)}"
        raise TableSchemaError(msg) from error
    if not fine:
        msg = (
            f"where, {str(where)[:200]}, is not of single rows, and would mean others in each "
            "shard; write it after the scan, as scan.lazy().filter(…), or compute what it compares "
            "with first"
        )
        raise TableError(msg)
