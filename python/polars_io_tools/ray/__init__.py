"""Distributed execution on Ray. Importing this package does not import Ray."""

from __future__ import annotations

from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._described import described
from polars_io_tools._plan import RayPlan
from polars_io_tools._planner import plan_split, settled
from polars_io_tools._split import check_split
from polars_io_tools._task import inside_task
from polars_io_tools.ray._connected import require_ray
from polars_io_tools.ray._distributed import checked_options, distributed
from polars_io_tools.ray._put import put

__all__ = ["execute_on_ray", "explain_on_ray", "put"]


def execute_on_ray(lf: pl.LazyFrame, partitions: Any, **arguments: Any) -> pl.LazyFrame:
    """Return a LazyFrame that runs `lf` on Ray, see `PiotNamespace.execute_on_ray`."""
    _gocore.check_process()
    if not inside_task():
        require_ray()
    return distributed(lf, partitions, **arguments).lazy("execute_on_ray")


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
    checked_options(lf, split, partitions, options)
    split = settled(lf, predicate, split)
    plan = plan_split(lf, predicate, split)
    return plan if plan.problem is not None else described(lf, predicate, split, plan)
