"""Distributed execution on Ray. Importing this package does not import Ray."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._described import described_sources
from polars_io_tools._plan import RayPlan, plan_split
from polars_io_tools._source import IoSource
from polars_io_tools._task import inside_task
from polars_io_tools.ray._cluster import require_ray
from polars_io_tools.ray._executor import RayRunner
from polars_io_tools.ray._options import check_options, check_split
from polars_io_tools.ray._progress import require_tqdm
from polars_io_tools.ray._put import put

__all__ = ["execute_on_ray", "explain_on_ray", "put"]


def execute_on_ray(
    lf: pl.LazyFrame, *, date_column: str, time_unit: str, max_periods: int, **options: Any
) -> pl.LazyFrame:
    """Return a LazyFrame that runs `lf` on Ray, see `PiotNamespace.execute_on_ray`."""
    _gocore.check_process()
    if not inside_task():
        require_ray()
    split = check_split(lf, date_column=date_column, time_unit=time_unit, max_periods=max_periods)
    checked = check_options(lf, **options)
    if checked.progress:
        require_tqdm()
    detail = f"{time_unit} by {date_column}"
    if checked.description is not None:
        detail = f"{checked.description}: {detail}"
    source = IoSource(lf, split, RayRunner(checked), checked.return_as)
    return source.lazy("execute_on_ray", detail)


def explain_on_ray(
    lf: pl.LazyFrame,
    *,
    predicate: pl.Expr | None,
    date_column: str,
    time_unit: str,
    max_periods: int,
    **options: Any,
) -> RayPlan:
    """Return how `lf` would be split, see `PiotNamespace.explain_on_ray`."""
    _gocore.check_process()
    split = check_split(lf, date_column=date_column, time_unit=time_unit, max_periods=max_periods)
    check_options(lf, **options)
    plan = plan_split(lf, predicate, split)
    if plan.problem is not None:
        return plan
    return replace(plan, sources=described_sources(lf, predicate, plan))
