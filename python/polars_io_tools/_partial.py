"""Aggregations that each part makes of its own rows, and the driver puts together.

Where an aggregation stands right above a branch, with nothing but steps of single rows in between,
and Go says how its result follows from those of parts, each task does these steps and the very same
aggregation to the rows of its part, and what arrives is a row a group instead of all rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._partitions import exact_column
from polars_io_tools._polars.plan import combine_request
from polars_io_tools._polars.subplans import Subplans, subplans
from polars_io_tools._steps import Step, Steps

__all__ = ["PartialAggregation", "partial_aggregation"]

# Nodes that may be steps of single rows, or the aggregation.
_STEPS = ("Filter", "HStack", "Select")
_AGGREGATIONS = ("Select", "GroupBy")


@dataclass(frozen=True)
class PartialAggregation:
    """An aggregation that is made of each part.

    Attributes:
        steps: what is done to the rows of each part.
    """

    steps: Steps
    _site: int
    _columns: Sequence[dict[str, Any]]

    def put_together(self, plans: Subplans, source: pl.LazyFrame) -> pl.LazyFrame:
        """Return the query over a source that has the aggregates of all parts."""
        keys: list[pl.Expr] = []
        values: list[pl.Expr] = []
        for column in self._columns:
            name = exact_column(column["name"])
            if column["how"] == "key":
                keys.append(name)
            else:
                values.append(getattr(name, column["how"])())
        combined = source.group_by(keys).agg(values) if keys else source.select(values)
        return plans.replaced({self._site: combined})


def partial_aggregation(
    plans: Subplans, lazy: pl.LazyFrame, branch: int
) -> PartialAggregation | None:
    """Return the aggregation above the only branch of a query, None if it cannot be so made.

    Args:
        plans: the plan of the query.
        lazy: the query with a source in the place of the branch.
        branch: the site of the branch.
    """
    steps: list[Step] = []
    with subplans(lazy) as cut:
        # What stands before the branch has the same place in both plans.
        site = _reader(plans, branch)
        while site is not None and plans.sites[site]["name"] in {*_STEPS, *_AGGREGATIONS}:
            step = plans.step(site)
            if step is None:
                return None
            steps.append(step)
            if plans.sites[site]["name"] in _AGGREGATIONS:
                aggregated = cut.query(site)
                columns = json.loads(_gocore.plan_cut(combine_request(aggregated)))["combine"]
                if columns:
                    made = _steps(steps, aggregated.collect_schema(), columns)
                    return PartialAggregation(made, site, columns)
            if plans.sites[site]["name"] not in _STEPS:
                return None
            site = _reader(plans, site)
    return None


def _reader(plans: Subplans, site: int) -> int | None:
    """Return the only node that reads a site, None if there are more, or none."""
    readers = [i for i, other in enumerate(plans.sites) for n in other["inputs"] if n == site]
    return readers[0] if len(readers) == 1 else None


def _steps(steps: list[Step], schema: pl.Schema, columns: Sequence[dict[str, Any]]) -> Steps:
    keys = [c["name"] for c in columns if c["how"] == "key"]
    values = [f"{c['name']} by {c['how']}" for c in columns if c["how"] != "key"]
    text = f"{', '.join(values)}" + (f" of each {', '.join(keys)}" if keys else "")
    plain = {pl.col(name).meta.serialize() for name in keys if not name.startswith("^")}
    kept = keys if len(steps) == 1 and set(steps[0][1]) == plain else []
    return Steps(steps, schema, frozenset(kept), text)
