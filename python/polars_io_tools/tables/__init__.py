"""Tables on Delta Lake that are ordered by a key, for scans and transactions in many processes.

Importing this package imports no deltalake.

Invariant: a table is a plain Delta table, which any reader of Delta can read; what is decided about
keys, shards and conflicts is decided by the Go core.
"""

from polars_io_tools.tables._asof import Asof
from polars_io_tools.tables._making import create_table, table
from polars_io_tools.tables._ops import Operation, TransactionOps
from polars_io_tools.tables._scan import TableScan
from polars_io_tools.tables._shard import Shard
from polars_io_tools.tables._snapshot import Snapshot
from polars_io_tools.tables._table import Table, write_table
from polars_io_tools.tables._txn import Mode, Transaction
from polars_io_tools.tables._verify import Report

__all__ = [
    "Asof",
    "Mode",
    "Operation",
    "Report",
    "Shard",
    "Snapshot",
    "Table",
    "TableScan",
    "Transaction",
    "TransactionOps",
    "create_table",
    "table",
    "write_table",
]
