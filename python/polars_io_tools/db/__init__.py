"""SQL databases as sources of Polars queries: what `scan_db` is made of, and what a reader is.

A reader of a database of your own is an object with the methods of `Reader`; `scan_db` takes it as
its `connection`. Importing this package imports no driver.

Invariant: the rows are those that Polars would find in the whole result of the query. What is
pushed into the database only keeps rows from being sent; Polars applies the predicate again.
"""

from polars_io_tools.db._explain import explain_sql
from polars_io_tools.db._plan import SqlPlan, SqlScan, SqlTerm
from polars_io_tools.db._reader import (
    Column,
    Description,
    Frames,
    Query,
    Reader,
    SharingReader,
    State,
    Statement,
)
from polars_io_tools.db._scan import scan_db

__all__ = [
    "Column",
    "Description",
    "Frames",
    "Query",
    "Reader",
    "SharingReader",
    "SqlPlan",
    "SqlScan",
    "SqlTerm",
    "State",
    "Statement",
    "explain_sql",
    "scan_db",
]
