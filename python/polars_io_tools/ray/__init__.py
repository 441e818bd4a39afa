"""Distributed execution on Ray. Importing this package does not import Ray."""

from __future__ import annotations

from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._described import described
from polars_io_tools._plan import RayPlan
from polars_io_tools._planner import plan_split, settled
from polars_io_tools._source import IoSource
from polars_io_tools._split import FixedListing, Split, check_split
from polars_io_tools._task import inside_task
from polars_io_tools.ray._connected import require_ray
from polars_io_tools.ray._executor import RayRunner
from polars_io_tools.ray._options import RayOptions, check_options, check_partition_options
from polars_io_tools.ray._progress import require_tqdm
from polars_io_tools.ray._put import put

__all__ = ["execute_on_ray", "explain_on_ray", "put"]


def execute_on_ray(
    lf: pl.LazyFrame,
    partitions: Any,
    *,
    date_column: str | None,
    time_unit: str | None,
    max_periods: int,
    **options: Any,
) -> pl.LazyFrame:
    """Return a LazyFrame that runs `lf` on Ray, see `PiotNamespace.execute_on_ray`."""
    _gocore.check_process()
    if not inside_task():
        require_ray()
    split = check_split(
        lf, partitions, date_column=date_column, time_unit=time_unit, max_periods=max_periods
    )
    checked = _checked(lf, split, partitions, options)
    if checked.progress:
        require_tqdm()
    detail = f"{split} by {split.column}" if split.calendar else f"{split.column} {split}".strip()
    if checked.description is not None:
        detail = f"{checked.description}: {detail}"
    source = IoSource(lf, split, RayRunner(checked), checked.return_as)
    return source.lazy("execute_on_ray", detail)


def _checked(
    lf: pl.LazyFrame, split: Split, partitions: Any, options: dict[str, Any]
) -> RayOptions:
    if isinstance(split.listing, FixedListing):
        check_partition_options(split.listing.parts)
    return check_options(lf, **options, ordered=partitions is None)


def explain_on_ray(
    lf: pl.LazyFrame,
    partitions: Any,
    *,
    predicate: pl.Expr | None,
    date_column: str | None,
    time_unit: str | None,
    max_periods: int,
    **options: Any,
) -> RayPlan:
    """Return how `lf` would be split, see `PiotNamespace.explain_on_ray`."""
    _gocore.check_process()
    split = check_split(
        lf, partitions, date_column=date_column, time_unit=time_unit, max_periods=max_periods
    )
    _checked(lf, split, partitions, options)
    split = settled(lf, predicate, split)
    plan = plan_split(lf, predicate, split)
    return plan if plan.problem is not None else described(lf, predicate, split, plan)
