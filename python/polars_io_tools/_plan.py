"""The plan of a split: bounds of the date column, the filters they came from, the periods.

`plan_split` asks Go and returns a `RayPlan`. A plan that cannot be run still tells everything that
is known; the error is raised when its periods are asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._polars import plan_request
from polars_io_tools.errors import (
    InternalError,
    PiotError,
    TooManyPeriodsError,
    UnboundedPredicateError,
    UnsplittablePlanError,
)

__all__ = ["NULL_LABEL", "Obstacle", "Period", "PlannedFilter", "RayPlan", "Split", "plan_split"]

# The label of the period that holds the rows without a date.
NULL_LABEL = "null"

_ERRORS: dict[str, type[PiotError]] = {
    "unbounded": UnboundedPredicateError,
    "too_many": TooManyPeriodsError,
    "unsplittable": UnsplittablePlanError,
}

_MAX_LISTED = 8

# From this size on, frames inside a plan are worth a warning. Polars writes a plan at about this
# speed, measured on two cores.
_HEAVY_BYTES = 100_000_000
_SECONDS_PER_BYTE = 18e-9

_AFTER = "after the call"


@dataclass(frozen=True)
class Split:
    """How to split: the date column and its type, the calendar unit, and the limit of periods."""

    column: str
    dtype: pl.DataType
    time_unit: str
    max_periods: int


@dataclass(frozen=True, slots=True)
class Period:
    """One part of a split: rows with a date in [start, end), or rows without a date.

    Attributes:
        label: what the period is called, such as "2024-01", or "null".
        start: first value, as the physical integer of the date column (days since 1970-01-01 for
            a Date; ms, us or ns since 1970-01-01T00:00 for a Datetime); None for null dates.
        end: the value after the last, likewise.
    """

    label: str
    start: int | None
    end: int | None


@dataclass(frozen=True)
class PlannedFilter:
    """A filter of the query and what it did for the bounds.

    Attributes:
        text: the filter, in the notation of Polars expressions.
        origin: "before the call" or "after the call".
        node: the plan node that it stands above, and in which input of a join or concatenation:
            "above scan_parquet trades/1.parquet, input 2 of concat".
        verdict: the bounds that it gives, or why it gives none.
        sets: which ends of the bounds of the plan are its own: "lower", "upper", both or none.
    """

    text: str
    origin: str
    node: str
    verdict: str
    sets: tuple[str, ...]

    def __str__(self) -> str:
        where = self.origin if self.origin == _AFTER else f"{self.origin}, {self.node}"
        return f"{self.text} ({where}): {self.verdict}"


@dataclass(frozen=True)
class Obstacle:
    """A plan node that stands in the way of a split.

    Attributes:
        node: what the node is and where: 'with_columns (left side of join(how="left", on="k"))'.
        why: what it does, to be read after its name: "makes date from date.shift()".
    """

    node: str
    why: str


@dataclass(frozen=True)
class RayPlan:
    """What `execute_on_ray` would do, without doing it.

    Attributes:
        column: the date column.
        dtype: its type.
        time_unit: the calendar unit of the periods.
        bounds: where the dates of the result lie, as text.
        filters: the filters that were seen, in the order of the query.
        obstacles: the nodes that stand in the way; there are none where the query can be split.
        sources: where the data comes from.
        warnings: what makes the query slower than it need be.
        problem: the error that collecting would raise, else None.
    """

    column: str
    dtype: pl.DataType
    time_unit: str
    bounds: str
    filters: tuple[PlannedFilter, ...]
    obstacles: tuple[Obstacle, ...]
    sources: tuple[str, ...]
    warnings: tuple[str, ...]
    problem: PiotError | None
    _periods: tuple[Period, ...] = field(repr=False)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods in order; the one of null dates, if any, is the last.

        Raises:
            UnboundedPredicateError: the date column lacks a lower or an upper bound.
            TooManyPeriodsError: there would be more than `max_periods`.
            UnsplittablePlanError: the query would give another answer when split.
        """
        if self.problem is not None:
            raise self.problem
        return self._periods

    def to_polars(self) -> pl.DataFrame:
        """Return one row a period: `period`, `start`, `end` and `nulls`.

        `start` and `end` are half-open and in the type of the date column; both are null in the
        row of the null dates, the only one where `nulls` is true.

        Raises:
            PiotError: as `periods`.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools
            >>> lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]})
            >>> jan = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
            >>> plan = lf.filter(jan).piot.explain_on_ray(date_column="date", time_unit="monthly")
            >>> plan.to_polars()["period"].to_list()
            ['2024-01']
        """
        periods = self.periods
        physical = pl.Int32 if self.dtype == pl.Date else pl.Int64
        starts = pl.Series("start", [p.start for p in periods], dtype=physical).cast(self.dtype)
        ends = pl.Series("end", [p.end for p in periods], dtype=physical).cast(self.dtype)
        return pl.DataFrame(
            [
                pl.Series("period", [p.label for p in periods], dtype=pl.String),
                starts,
                ends,
                pl.Series("nulls", [p.start is None for p in periods], dtype=pl.Boolean),
            ]
        )

    def __str__(self) -> str:
        lines = [
            f"split by {self.column!r} ({self.dtype}), {self.time_unit}",
            f"  bounds   {self.bounds}",
            *_listed("filters", [str(f) for f in self.filters]),
            *_listed("sources", list(self.sources)),
            *(f"  warning  {warning}" for warning in self.warnings),
        ]
        if self.problem is not None:
            return "\n".join([*lines, f"  cannot run: {self.problem}"])
        labels = [p.label for p in self._periods]
        count = "1 period" if len(labels) == 1 else f"{len(labels)} periods"
        shown = labels if len(labels) <= _MAX_LISTED else [*labels[:3], "…", *labels[-2:]]
        return "\n".join([*lines, f"  periods  {count}: {', '.join(shown)}".removesuffix(": ")])


def _listed(name: str, items: list[str]) -> list[str]:
    shown = items[:_MAX_LISTED]
    if len(items) > _MAX_LISTED:
        shown.append(f"… and {len(items) - _MAX_LISTED} more")
    heads = [f"  {name:<8}", *[" " * 10] * len(shown)]
    return [f"{head} {item}" for head, item in zip(heads, shown or ["none"], strict=False)]


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


def plan_split(lf: pl.LazyFrame, predicate: pl.Expr | None, split: Split) -> RayPlan:
    """Return how `lf` is split, with `predicate` as a filter written after the call.

    Nothing of the query runs, but files may be listed and their schema read, as for any plan.

    Raises:
        polars.exceptions.PolarsError: what Polars raises for a query that is not valid.
    """
    request, load = plan_request(
        lf,
        predicate,
        column=split.column,
        dtype=split.dtype,
        time_unit=split.time_unit,
        max_periods=split.max_periods,
    )
    answer: dict[str, Any] = json.loads(_gocore.plan(request))
    periods = [Period(p["label"], p["start"], p["end"]) for p in answer["periods"]]
    if answer["nulls"]:
        periods.append(Period(NULL_LABEL, None, None))
    problem = answer["problem"]
    return RayPlan(
        column=split.column,
        dtype=split.dtype,
        time_unit=split.time_unit,
        bounds=answer["bounds"],
        filters=tuple(PlannedFilter(**f | {"sets": tuple(f["sets"])}) for f in answer["filters"]),
        obstacles=tuple(Obstacle(**o) for o in answer["obstacles"]),
        sources=tuple(answer["sources"]),
        warnings=_warnings(load),
        problem=problem and _ERRORS.get(problem["kind"], InternalError)(problem["message"]),
        _periods=() if problem else tuple(periods),
    )
