"""From a query and a split to its plan: `plan_split` asks Go and returns a `RayPlan`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._partitions import KeyedPartition, RayPartition, ReadPartition, exact_column
from polars_io_tools._period import NULL_LABEL, AnyPartition, Partition, Period
from polars_io_tools._plan import Coverage, Obstacle, PlannedFilter, RayPlan
from polars_io_tools._polars import calendar_question, plan_request
from polars_io_tools._polars.plan import Extents
from polars_io_tools._polars.types import from_texts, to_texts, wire_column
from polars_io_tools._quantiles import quantile_cuts
from polars_io_tools._split import Split, check_partitions
from polars_io_tools.errors import (
    InternalError,
    PiotError,
    TooManyPeriodsError,
    UnboundedPredicateError,
    UnsplittablePlanError,
)

__all__ = ["plan_split", "settled"]

_ERRORS: dict[str, type[PiotError]] = {
    "unbounded": UnboundedPredicateError,
    "too_many": TooManyPeriodsError,
    "unsplittable": UnsplittablePlanError,
}

# From this size on, frames inside a plan are worth a warning. Polars writes a plan at about this
# speed, measured on two cores.
_HEAVY_BYTES = 100_000_000
_SECONDS_PER_BYTE = 18e-9

_MAX_LABEL = 60


def plan_split(
    lf: pl.LazyFrame, predicate: pl.Expr | None, split: Split, extents: Extents | None = None
) -> RayPlan:
    """Return how `lf` is split, with `predicate` as a filter written after the call.

    Nothing of the query runs, but files may be listed and their schema read, as for any plan; for
    quantiles the column is read, unless the split is `settled`. With `extents`, parts are left out
    that have no rows by the statistics of files.

    Raises:
        polars.exceptions.PolarsError: what Polars raises for a query that is not valid.
        UnboundedPredicateError: a partitioner of the user has no partitions without a bound.
    """
    listed = _listed(lf, predicate, split)
    predicates = None if listed is None else [part.predicate for part in listed] or [pl.lit(False)]
    split = settled(lf, predicate, split)
    request, load = plan_request(lf, predicate, _question(split), predicates, extents)
    answer: dict[str, Any] = json.loads(_gocore.plan(request))
    problem, opening = answer["problem"], answer["open"]
    plan = RayPlan(
        column=split.column,
        dtype=split.dtype,
        time_unit=split.unit if split.calendar else "",
        method=str(split),
        bounds=answer["bounds"],
        filters=tuple(PlannedFilter(**f | {"sets": tuple(f["sets"])}) for f in answer["filters"]),
        obstacles=tuple(Obstacle(**o) for o in answer["obstacles"]),
        sources=tuple(answer["sources"]),
        warnings=_warnings(load),
        problem=problem and _ERRORS.get(problem["kind"], InternalError)(problem["message"]),
        _parts=() if problem else tuple(_parts(answer, split, listed)),
        empty=answer["empty"],
        opening=opening and f"{opening['node']}. {opening['remedy']}",
    )
    return plan if listed is None or problem else _covered(plan, answer["listing"], listed)


def _listed(
    lf: pl.LazyFrame, predicate: pl.Expr | None, split: Split
) -> Sequence[ReadPartition] | None:
    if split.listing is None:
        return None
    found = split.listing(predicate)
    if found is None:
        given = "none" if predicate is None else str(predicate)
        raise UnboundedPredicateError(
            "the partitioner has no partitions for this query: its build() returned None; it sees "
            f"the filters after the call only, here {given}"
        )
    check_partitions(lf, found)
    return found


def settled(lf: pl.LazyFrame, predicate: pl.Expr | None, split: Split) -> Split:
    """Return a split that needs no look at rows: that by quantiles gets its cuts.

    Raises:
        polars.exceptions.PolarsError: what Polars raises for the query.
    """
    if split.method != "quantiles" or split.cuts is not None:
        return split
    query = lf if predicate is None else lf.filter(predicate)
    cuts = quantile_cuts(query, split.column, int(split.unit))
    return replace(split, cuts=tuple(to_texts(cuts)))


def _question(split: Split) -> dict[str, Any]:
    if split.calendar and split.dtype is not None:
        return calendar_question(
            column=split.column,
            dtype=split.dtype,
            time_unit=split.unit,
            max_periods=split.max_periods,
        )
    question = {"method": split.method, "column": split.column, "max_periods": split.max_periods}
    if split.dtype is None:
        return question
    question["columns"] = [wire_column(split.column, split.dtype)]
    if split.method == "ranges":
        return question | {"every": split.unit}
    if split.cuts is not None:
        return question | {"method": "cuts", "cuts": split.cuts}
    return question


def _parts(
    answer: dict[str, Any], split: Split, listed: Sequence[ReadPartition] | None
) -> list[AnyPartition]:
    if listed is not None:
        kept = answer["listing"]["kept"] if listed else []
        return [_named(position, listed[position]) for position in kept]
    if not split.calendar:
        return _derived(answer["partitions"], split)
    periods: list[AnyPartition] = [
        Period(p["label"], p["start"], p["end"]) for p in answer["periods"]
    ]
    return [*periods, Period(NULL_LABEL, None, None)] if answer["nulls"] else periods


def _named(position: int, part: ReadPartition) -> Partition:
    unnamed = part.key is None and not isinstance(part, KeyedPartition)
    label = f"#{position}" if unnamed else _text(part.key)
    if len(label) > _MAX_LABEL:
        label = label[: _MAX_LABEL - 1] + "…"
    options = part.remote_options if isinstance(part, RayPartition) else None
    return Partition(label, part.key, part.predicate, options)


def _text(key: Any) -> str:
    if key is None:
        return NULL_LABEL
    if isinstance(key, tuple):  # the key of a grid has the ends of a window
        inner = ("…".join(map(_text, k)) if isinstance(k, tuple) else _text(k) for k in key)
        return f"({', '.join(inner)})"
    return str(key)


def _derived(found: list[dict[str, Any]], split: Split) -> list[AnyPartition]:
    """Return partitions with their filters, and their ends as Python values for keys."""
    dtype = split.dtype or pl.Null()
    ends = [part[side] for part in found for side in ("lo", "hi")]
    values = from_texts([end["value"] for end in ends if end], dtype)
    literal = _Literals(dtype)
    keys = iter(literal.keys(values))
    literals = iter(map(literal.of, values))
    column = exact_column(split.column)
    parts: list[AnyPartition] = []
    for part in found:
        lo, hi = ((next(keys), next(literals)) if part[side] else None for side in ("lo", "hi"))
        text = part["label"]
        if part["null"]:
            parts.append(Partition(NULL_LABEL, None, column.is_null()))
        elif lo and hi and part["lo"]["value"] == part["hi"]["value"]:
            label = lo[0] if isinstance(lo[0], str) and lo[0] not in ("", NULL_LABEL) else text
            parts.append(Partition(label, lo[0], column == lo[1]))
        else:
            parts.append(
                Partition(text, (lo and lo[0], hi and hi[0]), _between(column, part, lo, hi))
            )
    return parts


def _between(column: pl.Expr, part: dict[str, Any], lo: Any, hi: Any) -> pl.Expr:
    above, below = pl.lit(True), pl.lit(True)
    if lo:
        above = column >= lo[1] if part["lo"]["included"] else column > lo[1]
    if hi:
        below = column <= hi[1] if part["hi"]["included"] else column < hi[1]
    if lo and hi:
        return above & below
    # Without an end, a null must not come in.
    return (above if lo else below) if lo or hi else column.is_not_null()


class _Literals:
    """Makes literals of a type from what `from_texts` gives."""

    def __init__(self, dtype: pl.DataType) -> None:
        self._dtype = dtype
        self._physical = None
        if dtype.is_temporal():
            self._physical = pl.Int32() if dtype == pl.Date else pl.Int64()

    def of(self, value: Any) -> pl.Expr:
        if self._physical is not None:
            return pl.lit(value, dtype=self._physical).cast(self._dtype)
        if self._dtype == pl.Categorical:
            return pl.lit(value)
        return pl.lit(value, dtype=self._dtype)

    def keys(self, values: list[Any]) -> list[Any]:
        """Return values as Polars hands them out."""
        if self._physical is None:
            return values
        return pl.Series(values, dtype=self._physical).cast(self._dtype).to_list()


def _covered(plan: RayPlan, listing: dict[str, Any], listed: Sequence[ReadPartition]) -> RayPlan:
    """Put what is known of listed partitions into a plan, and warn of what changes the answer."""
    if not listed:
        gap = Coverage("found", "there are no partitions")
        return _warned(plan, Coverage("none"), gap)
    overlap, gap = (
        Coverage(**found | {"partitions": tuple(found["partitions"])})
        for found in (listing["overlap"], listing["gap"])
    )
    return _warned(plan, overlap, gap)


def _warned(plan: RayPlan, overlap: Coverage, gap: Coverage) -> RayPlan:
    warnings = list(plan.warnings)
    if overlap.answer == "found":
        warnings.append(f"rows may come several times: {overlap.why}")
    if gap.answer == "found":
        warnings.append(f"rows may be left out: {gap.why}")
    return replace(plan, overlap=overlap, gap=gap, warnings=tuple(warnings))


def _warnings(load: int) -> tuple[str, ...]:
    if load < _HEAVY_BYTES:
        return ()
    seconds = load * _SECONDS_PER_BYTE
    warning = (
        f"frames of {load / 1e6:,.0f} MB travel inside the plan: writing it takes about "
        f"{seconds:,.0f} s, and reading it as long in every worker process; "
        "piot.put(frame) stores a frame once, for all of them"
    )
    return (warning,)
