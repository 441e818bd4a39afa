"""A query made ready to travel, and what takes it from there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from polars_io_tools._attach import Prepare, collecting
from polars_io_tools._lifetime import Lifetime
from polars_io_tools._period import AnyPartition, Period, filter_of
from polars_io_tools._polars.plan import Extents
from polars_io_tools._prune import prune
from polars_io_tools._report import Task
from polars_io_tools._request import ScanRequest
from polars_io_tools._skew import versions
from polars_io_tools._split import Split
from polars_io_tools._transport import ReturnAs

__all__ = ["Runner", "ShippedPlan", "in_any_part", "ship"]


@dataclass(frozen=True)
class ShippedPlan:
    """A plan as it travels.

    Attributes:
        task: what all tasks share; `attached` is filled in by whoever puts the attachments.
        payload: the plan bytes.
        attachments: what the plan refers to by id.
        extents: gives where columns of the files lie.
        opening: as that of a `RayPlan`.
    """

    task: Task
    payload: bytes
    attachments: Mapping[str, Prepare]
    extents: Callable[[], Extents] = dict
    opening: str | None = None


class Runner(Protocol):
    """A way to run the parts of a query in other processes."""

    def check(self) -> None:
        """Raise what keeps the parts from running, before anything is planned."""

    def run(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[pl.DataFrame | None]:
        """Yield the rows of the parts of a split, and None now and then while there are none yet.

        What is under way is cancelled when the lifetime is over.
        """


def ship(
    lf: pl.LazyFrame,
    request: ScanRequest,
    split: Split,
    parts: Sequence[AnyPartition],
    return_as: ReturnAs,
) -> ShippedPlan:
    """Make the plan of `lf` ready to travel, with what every part of `request` has to do.

    `parts` are those of the split, as far as filters tell.
    """
    predicate = request.shipped_predicate
    task = Task(
        plan_id=uuid.uuid4().hex,
        versions=versions(),
        column=split.column if split.calendar else "",
        columns=request.shipped_columns(),
        limit=request.n_rows,
        return_as=return_as,
        attached=[],
        chosen=[],
        skip=0,
        deliver=None,
        positions=[],
        keep=False,
        attempts=None,
        steps=[],
        trace={},
    )
    query = lf if predicate is None else lf.filter(predicate)
    with collecting() as attachments:
        filtered = in_any_part(query, parts, split.column, split.dtype)
        pruned = prune(query, filtered)
    return ShippedPlan(task, pruned.payload, attachments, pruned.extents)


def in_any_part(
    query: pl.LazyFrame, parts: Sequence[AnyPartition], column: str, dtype: pl.DataType | None
) -> pl.LazyFrame:
    """Return the query with a filter that reads what the filters of its parts read.

    For periods that is the query of one: which one makes no difference to the form of its plan.
    """
    if parts and not isinstance(parts[0], Period):
        filters = [filter_of(part, dtype, column) for part in parts]
        kinds = {tuple(sorted(set(e.meta.root_names()))): e for e in filters}
        return query.filter(pl.any_horizontal(*kinds.values()))
    return query.filter(filter_of(Period("", 0, 1), dtype, column)) if column else query
