"""Which items of an attachment a task needs, where it does not need all of them.

A source that lies in the object store in parts knows what each of them may hold. On the driver the
plan is optimised with the filter of a task on it, up to what Polars would ask the source for, and
that chooses the parts.

Invariant: the rows of a task are those that it would have with all parts. What is left out are rows
of the source that an optimised form of the same query does not read, so that no form of it needs
them, whichever the worker's Polars makes. Where a source is asked from places that cannot be seen,
as from inside of another source, all parts are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, reduce
from operator import or_

import polars as pl

from polars_io_tools._attach import Parted
from polars_io_tools._identity import FAILURES
from polars_io_tools._period import AnyPartition, Period, filter_of
from polars_io_tools._polars import deserialise
from polars_io_tools._polars.sources import AskedSource, asked_sources

__all__ = ["Chooser"]


class Chooser:
    """Chooses for the tasks of one plan.

    Args:
        payload: the plan bytes.
        column: that of the periods, "" where there are none.
        parted: the attachments, by key.
    """

    def __init__(self, payload: bytes, column: str, parted: Mapping[str, Parted]) -> None:
        self._payload = payload
        self._column = column
        self._parted = parted

    @cached_property
    def _query(self) -> tuple[pl.LazyFrame, pl.DataType | None]:
        lf = deserialise(self._payload)
        return lf, lf.collect_schema().get(self._column) if self._column else None

    def of(self, parts: Sequence[AnyPartition]) -> dict[str, list[int]]:
        """Return the positions of the items that a task of these parts needs, by key."""
        if not self._parted:
            return {}
        try:
            lf, dtype = self._query
            asked = asked_sources(lf.filter(_any_of(parts, dtype, self._column)), apart=True)
        except (*FAILURES, pl.exceptions.PanicException):
            asked = []
        return {key: self._of(key, parted, asked) for key, parted in self._parted.items()}

    def _of(self, key: str, parted: Parted, asked: Sequence[AskedSource]) -> list[int]:
        places = [a for a in asked if getattr(a.source, "key", None) == key]
        if len(places) < parted.uses:
            return list(range(len(parted.items)))
        return sorted({position for place in places for position in parted.needed(place)})


def _any_of(parts: Sequence[AnyPartition], dtype: pl.DataType | None, column: str) -> pl.Expr:
    """Return a filter that lets through what one of the parts has; for neighbours an interval."""
    dated = [p for p in parts if isinstance(p, Period) and p.start is not None]
    if len(dated) == len(parts):
        ends = [p.end for p in dated if p.end is not None]
        starts = [p.start for p in dated if p.start is not None]
        return filter_of(Period("", min(starts), max(ends)), dtype, column)
    return reduce(or_, (filter_of(part, dtype, column) for part in parts))
