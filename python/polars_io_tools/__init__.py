"""Polars queries over dated data, split into calendar periods and run on Ray.

Importing the package registers the `.piot` namespace on LazyFrames. It imports neither Ray nor
anything else that only some users need.
"""

from polars_io_tools import errors
from polars_io_tools._diagnosis import Check, Diagnosis
from polars_io_tools._doctor import doctor
from polars_io_tools._namespace import PiotNamespace, TimeUnit
from polars_io_tools._plan import Obstacle, Period, PlannedFilter, RayPlan
from polars_io_tools._scan import scan_parquet
from polars_io_tools._version import __version__
from polars_io_tools.errors import (
    ExpressionError,
    ForkedProcessError,
    InternalError,
    MissingDependencyError,
    PiotError,
    RayNotInitialisedError,
    SchemaMismatchError,
    SourceChangedError,
    StoreFullError,
    TooManyPeriodsError,
    UnboundedPredicateError,
    UnsplittablePlanError,
    WorkerError,
)
from polars_io_tools.ray import put

__all__ = [
    "Check",
    "Diagnosis",
    "ExpressionError",
    "ForkedProcessError",
    "InternalError",
    "MissingDependencyError",
    "Obstacle",
    "Period",
    "PiotError",
    "PiotNamespace",
    "PlannedFilter",
    "RayNotInitialisedError",
    "RayPlan",
    "SchemaMismatchError",
    "SourceChangedError",
    "StoreFullError",
    "TimeUnit",
    "TooManyPeriodsError",
    "UnboundedPredicateError",
    "UnsplittablePlanError",
    "WorkerError",
    "__version__",
    "doctor",
    "errors",
    "put",
    "scan_parquet",
]
