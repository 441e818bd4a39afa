"""What becomes of a query that is cut, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import polars as pl

from polars_io_tools._cut import Cut
from polars_io_tools._described import described
from polars_io_tools._engine_plan import EnginePlan
from polars_io_tools._plan import RayPlan
from polars_io_tools._planner import plan_split, settled
from polars_io_tools._public import public
from polars_io_tools._source import IoSource

__all__ = ["explained"]


def explained(cut: Cut, sources: Sequence[IoSource]) -> EnginePlan:
    """Return how a query runs that was cut into these sources."""
    branches = tuple(_branch(cut.lazy, source, sources) for source in sources)
    aggregates = tuple("" if s.steps is None else s.steps.text for s in sources)
    return EnginePlan(branches, None if cut.whole else public(cut.lazy.explain()), aggregates)


def _branch(lazy: pl.LazyFrame, source: IoSource, sources: Sequence[IoSource]) -> RayPlan:
    """Return how a branch is split, with the filters that reach it from above."""
    with ExitStack() as stack:
        for other in sources:
            if other is not source:
                stack.enter_context(other.muted())
        request = source.request_of(lazy)
    predicate = None if request is None else request.shipped_predicate
    split = settled(source.query, predicate, source.split)
    plan = plan_split(source.query, predicate, split)
    return plan if plan.problem is not None else described(source.query, predicate, split, plan)
