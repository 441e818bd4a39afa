"""Polars queries over dated data, split into calendar periods and run on Ray.

Importing the package registers the `.piot` namespaces on frames. It imports neither Ray nor
anything else that only some users need.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from polars_io_tools import errors
from polars_io_tools._diagnosis import Check, Diagnosis
from polars_io_tools._doctor import doctor
from polars_io_tools._engine_plan import EnginePlan
from polars_io_tools._frame_namespace import PiotFrameNamespace
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
from polars_io_tools._plan import Coverage, Obstacle, PlannedFilter, PlannedReads, RayPlan
from polars_io_tools._scan import scan_parquet
from polars_io_tools._version import __version__
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
    PublishError,
    RayNotInitialisedError,
    ResultLostError,
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

if TYPE_CHECKING:
    from polars_io_tools import db as db
    from polars_io_tools import tables as tables
    from polars_io_tools._run_report import RunReport, last_run
    from polars_io_tools.db import SqlPlan, scan_db
    from polars_io_tools.ray._engine import RayEngine
    from polars_io_tools.ray._result import RayResult
    from polars_io_tools.tables import (
        Asof,
        Operation,
        Report,
        Shard,
        Snapshot,
        Table,
        TableScan,
        Transaction,
        TransactionOps,
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
    "EnginePlan",
    "ExpressionError",
    "ForkedProcessError",
    "InternalError",
    "InvalidOperationsError",
    "InvalidRowsError",
    "KeyPartitions",
    "MissingDependencyError",
    "Obstacle",
    "Operation",
    "Partition",
    "Partitioner",
    "Partitions",
    "Period",
    "PiotError",
    "PiotFrameNamespace",
    "PiotNamespace",
    "PlannedFilter",
    "PlannedReads",
    "PublishError",
    "RayEngine",
    "RayNotInitialisedError",
    "RayPartition",
    "RayPlan",
    "RayResult",
    "ReadPartition",
    "Report",
    "ResultLostError",
    "RunReport",
    "SchemaMismatchError",
    "Shard",
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
    "TableScan",
    "TableSchemaError",
    "TimeUnit",
    "TooManyPeriodsError",
    "Transaction",
    "TransactionClosedError",
    "TransactionOps",
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
    "last_run",
    "put",
    "scan_db",
    "scan_parquet",
    "table",
]


if not TYPE_CHECKING:
    # What not every program needs is imported when it is asked for: of these names, and those of
    # `__all__` that are not imported above are of the tables.
    _LATER = {
        "SqlPlan": "db",
        "scan_db": "db",
        "RayEngine": "ray._engine",
        "RayResult": "ray._result",
        "RunReport": "_run_report",
        "last_run": "_run_report",
    }

    def __getattr__(name: str) -> Any:
        if name in ("db", "tables"):
            return import_module(f"polars_io_tools.{name}")
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        found = getattr(import_module(f"polars_io_tools.{_LATER.get(name, 'tables')}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "db", "tables"})
