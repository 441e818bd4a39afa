"""Polars queries over dated data, split into calendar periods and run on Ray.

Importing the package registers the `.piot` namespace on LazyFrames. It imports neither Ray nor
anything else that only some users need.
"""

from polars_io_tools import errors
from polars_io_tools._diagnosis import Check, Diagnosis
from polars_io_tools._doctor import doctor
from polars_io_tools._namespace import Partitions, PiotNamespace, TimeUnit
from polars_io_tools._partitioners import (
    by_key,
    by_quantile,
    by_range,
    by_time,
    by_value,
    cartesian_partitions,
    discrete_partitions,
)
from polars_io_tools._partitions import KeyPartitions, Partitioner, RayPartition, ReadPartition
from polars_io_tools._period import Partition, Period
from polars_io_tools._plan import Coverage, Obstacle, PlannedFilter, RayPlan
from polars_io_tools._scan import scan_parquet
from polars_io_tools._version import __version__
from polars_io_tools.db import SqlPlan, scan_db
from polars_io_tools.errors import (
    ColumnValueError,
    CommitConflictError,
    DatabaseConnectionError,
    DatabaseError,
    DatabaseTimeoutError,
    ExpressionError,
    ForkedProcessError,
    InternalError,
    InvalidOperationsError,
    InvalidRowsError,
    MissingDependencyError,
    PiotError,
    RayNotInitialisedError,
    SchemaMismatchError,
    ShardNotFoundError,
    SnapshotEndedError,
    SnapshotNotFoundError,
    SourceChangedError,
    StoreFullError,
    TableError,
    TableNotFoundError,
    TableSchemaError,
    TooManyPeriodsError,
    TransactionClosedError,
    UnboundedPredicateError,
    UnsplittablePlanError,
    UnsupportedColumnError,
    WorkerError,
)
from polars_io_tools.ray import put
from polars_io_tools.tables import (
    Asof,
    Snapshot,
    Table,
    create_table,
    table,
)

__all__ = [
    "Asof",
    "Check",
    "ColumnValueError",
    "CommitConflictError",
    "Coverage",
    "DatabaseConnectionError",
    "DatabaseError",
    "DatabaseTimeoutError",
    "Diagnosis",
    "ExpressionError",
    "ForkedProcessError",
    "InternalError",
    "InvalidOperationsError",
    "InvalidRowsError",
    "KeyPartitions",
    "MissingDependencyError",
    "Obstacle",
    "Partition",
    "Partitioner",
    "Partitions",
    "Period",
    "PiotError",
    "PiotNamespace",
    "PlannedFilter",
    "RayNotInitialisedError",
    "RayPartition",
    "RayPlan",
    "ReadPartition",
    "SchemaMismatchError",
    "ShardNotFoundError",
    "Snapshot",
    "SnapshotEndedError",
    "SnapshotNotFoundError",
    "SourceChangedError",
    "SqlPlan",
    "StoreFullError",
    "Table",
    "TableError",
    "TableNotFoundError",
    "TableSchemaError",
    "TimeUnit",
    "TooManyPeriodsError",
    "TransactionClosedError",
    "UnboundedPredicateError",
    "UnsplittablePlanError",
    "UnsupportedColumnError",
    "WorkerError",
    "__version__",
    "by_key",
    "by_quantile",
    "by_range",
    "by_time",
    "by_value",
    "cartesian_partitions",
    "create_table",
    "discrete_partitions",
    "doctor",
    "errors",
    "put",
    "scan_db",
    "scan_parquet",
    "table",
]
