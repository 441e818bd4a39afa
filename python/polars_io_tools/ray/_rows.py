"""Rows that stay in the object store of the cluster, and the source that reads them.

The driver holds one reference for each part, and what the worker that made it said of it. Inside of
a plan the source holds its id: a task gets the parts that it needs as arguments, so that Ray brings
them to it, or it to them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from polars_io_tools._attach import attached, is_collecting, offer
from polars_io_tools._request import ScanRequest, finish
from polars_io_tools._statistics import PartIndex
from polars_io_tools._transport import Part, decode, size_of
from polars_io_tools.errors import RayNotInitialisedError, ResultLostError
from polars_io_tools.ray._connected import connection, own_store_bytes, require_ray
from polars_io_tools.ray._executor import Kept
from polars_io_tools.ray._held import hold

__all__ = ["KeptRows", "KeptSource"]

# How long until the consumer is told that there is nothing yet, and can be interrupted.
_PATIENCE = 0.1

# The share of the object store that frames of this process may keep before parts are copied out.
_HELD_SHARE = 2


class KeptRows:
    """References of parts, in the order of their rows, and what is known of each.

    Attributes:
        schema: the columns.
        counts: how many rows each part has.
        bytes: the size of all.
        index: where values of columns lie.
        ascending: the columns that are known to be in ascending order in each part.
    """

    def __init__(self, schema: pl.Schema, kept: Sequence[Kept]) -> None:
        filled = [k for k in kept if k.report["rows"]]
        statistics = [k.report["columns"] for k in filled]
        self.schema = schema
        self.counts = [k.report["rows"] for k in filled]
        self.bytes = sum(k.report["bytes"] for k in filled)
        self.index = PartIndex(schema, statistics)
        self.ascending = [n for n in schema if _all_ascending(n, statistics)]
        self._labels = [_label(k) for k in filled]
        self._refs: list[Any] | None = [k.data for k in filled]
        self._connection = connection()

    def release(self) -> None:
        """Let go of the rows."""
        self._refs = None

    @property
    def released(self) -> bool:
        """Whether the rows were let go of."""
        return self._refs is None

    def references(self) -> list[Any]:
        """Return the references of all parts.

        Raises:
            ResultLostError: the rows were released.
            RayNotInitialisedError: this process is no more connected to their cluster.
        """
        if self._refs is None:
            raise ResultLostError(
                "the rows of this result were released, by release() or at the end of its `with`; "
                "execute the query again, or use the result before"
            )
        require_ray()
        if connection() != self._connection:
            raise RayNotInitialisedError(
                "the rows of this result lie in a cluster that this process has left since; "
                "execute the query again"
            )
        return self._refs

    def read(self, positions: Sequence[int]) -> Iterator[pl.DataFrame | None]:
        """Yield the rows of parts, and None now and then while there are none yet.

        Raises:
            ResultLostError: rows are gone, and could not be made again.
        """
        limit = own_store_bytes() // _HELD_SHARE
        refs = self.references()
        for position in positions:
            yield from self._awaited(refs[position])
            yield self._frame(position, limit)

    def _awaited(self, ref: Any) -> Iterator[None]:
        ray = require_ray()
        while not ray.wait([ref], timeout=_PATIENCE, fetch_local=True)[0]:
            self.references()
            yield None

    def _frame(self, position: int, limit: int) -> pl.DataFrame:
        ray = require_ray()
        try:
            parts: tuple[Part, ...] = ray.get(self.references()[position])
        except ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None) or error
            raise ResultLostError(
                f"rows of {self._labels[position]} of this result were lost, as with their node, "
                f"and could not be made again: {type(cause).__name__}: "
                f"{str(cause).partition(chr(10))[0]}. Execute the query again"
            ) from error
        held = [hold(part, size_of(part), limit) for part in parts]
        return sorted_frame(held, self.ascending)


def _label(kept: Kept) -> str:
    first, last = kept.parts[0].label, kept.parts[-1].label
    return first if len(kept.parts) == 1 else f"{first}…{last}"


def _all_ascending(name: str, statistics: Sequence[Any]) -> bool:
    return bool(statistics) and all(name in s and s[name][3] for s in statistics)


def sorted_frame(parts: Sequence[Part], ascending: Sequence[str]) -> pl.DataFrame:
    """Return the rows of parts; in columns that are sorted, Polars finds a period faster."""
    return decode(parts).with_columns(cs.by_name(*ascending).set_sorted())


class KeptSource:
    """The IO source of kept rows.

    On the driver it has the rows; inside of a plan it has its id, and finds what the task has got.
    """

    def __init__(self, rows: KeptRows) -> None:
        self.key = f"result-{uuid.uuid4().hex}"
        self._schema = rows.schema
        self._ascending = rows.ascending
        self._rows: KeptRows | None = rows

    def lazy(self, name: str, detail: str) -> pl.LazyFrame:
        """Return the LazyFrame that reads the rows."""
        return register_io_source(
            self, schema=self._schema, explain_name=name, explain_detail=detail
        )

    @property
    def __piot_plan__(self) -> pl.LazyFrame | None:
        """What the plan walk sees in the place of this source: where dates lie, as a filter."""
        return None if self._rows is None else _known(self._rows)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the references behind: tasks get those that they need as arguments.

        Raises:
            TypeError: the plan is not serialised for a distributed query.
        """
        if self._rows is not None or not is_collecting():
            needed = offer(self.key, _Needed(self._rows))
            needed.uses += 1
        return {**self.__dict__, "_rows": None}

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that Polars asks for: the row limit applies before the predicate."""
        request = ScanRequest(with_columns, predicate, n_rows, batch_size)
        return finish(self._asked(request), request, self._schema)

    def _asked(self, request: ScanRequest) -> Iterator[pl.DataFrame | None]:
        for rows in self._all(request):
            if rows is None or request.shipped_predicate is None:
                yield rows
            else:
                yield rows.filter(request.shipped_predicate)

    def _all(self, request: ScanRequest) -> Iterator[pl.DataFrame | None]:
        if self._rows is not None:
            index, predicate = self._rows.index, request.shipped_predicate
            every = range(len(self._rows.counts))
            yield from self._rows.read(every if predicate is None else index.holding(predicate))
            return
        for parts in attached(self.key, tuple):
            yield sorted_frame(parts, self._ascending)


def _known(rows: KeptRows) -> pl.LazyFrame:
    about = f"{sum(rows.counts):,} rows in the cluster"
    known = register_io_source(_Known(about, rows.index.extents()), schema=rows.schema)
    if not rows.counts:
        return known.filter(pl.lit(False))
    return known.filter(*rows.index.bounds())


class _Known:
    """Stands for a source in a plan that is looked at, and is never asked for rows."""

    def __init__(self, about: str, extents: list[dict[str, Any]]) -> None:
        self.__piot_extents__ = (about, extents)

    def __call__(self, *_: Any) -> Iterator[pl.DataFrame]:
        raise NotImplementedError


class _Needed:
    """The parts of kept rows, of which each task gets those that it needs."""

    def __init__(self, rows: KeptRows | None) -> None:
        self.uses = 0
        self._rows = rows
        self.items: Sequence[Any] = ()

    def __call__(self, _: Any) -> _Needed:
        """Prepare for a run."""
        if self._rows is not None:
            self.items = self._rows.references()
        return self

    def needed(self, asked: Any) -> Sequence[int]:
        """Return the positions of the parts that can hold what a place of the plan asks for."""
        if self._rows is None:
            return ()
        every = range(len(self.items))
        if asked.n_rows is not None:
            return _first(self._rows.counts, asked.n_rows)
        return every if asked.predicate is None else self._rows.index.select(asked.predicate)


def _first(counts: Sequence[int], rows: int) -> Sequence[int]:
    """Return the positions of the parts that hold the first so many rows."""
    end = 0
    while end < len(counts) and rows > 0:
        rows -= counts[end]
        end += 1
    return range(end)
