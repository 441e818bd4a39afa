"""Frames that are put into the object store once and read from there by every task.

A frame inside a plan is written into the plan, and every worker process decodes its own copy of it.
A stored frame is shared memory instead: the plan holds an id, and a worker reads the columns where
they lie. Projection, row limit and predicate are applied where the frame is read; on a sorted
column, as which a date column is recognised, Polars finds a period by binary search.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from polars_io_tools import _gocore
from polars_io_tools._attach import attached, offer
from polars_io_tools._transport import decode, encode, unsupported
from polars_io_tools.ray._connected import require_ray, store

__all__ = ["put"]


def put(frame: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    """Put a frame into Ray's object store and return a LazyFrame that reads it from there.

    Use it for data that the driver holds and that `execute_on_ray` shall work on: a plain
    `frame.lazy()` travels inside the plan, which costs about 18 ns a byte to write and as much to
    read in every worker. The LazyFrame can be used in any number of queries, distributed or not.
    The stored copy is freed when the LazyFrame, and those made from it, are gone.

    Args:
        frame: any columns but those of type Object; a LazyFrame is collected first.

    Returns:
        A LazyFrame with the rows and the schema of the frame.

    Raises:
        RayNotInitialisedError: Ray is not running.
        MissingDependencyError: Ray is not installed.
        ForkedProcessError: the process was made by `fork()`.
        StoreFullError: neither the object store nor the disk behind it has room.
        TypeError: `frame` is not a frame.
        ValueError: a column is of a type that cannot be stored.

    Example:
        >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
        >>> days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
        >>> stored = piot.put(pl.DataFrame({"date": days}))
        >>> query = stored.filter(pl.col("date").is_between(days[0], days[-1]))
        >>> query.piot.execute_on_ray(date_column="date", time_unit="monthly").collect().height
        91
    """
    _gocore.check_process()
    ray = require_ray()
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
        raise TypeError(f"put takes a DataFrame or a LazyFrame, not {type(frame).__name__}")
    df = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    bad = unsupported(df.schema, "arrow")
    if bad:
        raise ValueError(f"columns of these types cannot be stored: {', '.join(bad)}; drop them")
    refs = [store(ray, part) for part in encode(df, "arrow")]
    source = _StoredFrame(df.schema, refs, _sorted_columns(df))
    detail = f"{df.height} rows, {df.width} columns"
    return register_io_source(
        source, schema=df.schema, explain_name="piot.put", explain_detail=detail
    )


def _sorted_columns(df: pl.DataFrame) -> list[str]:
    """Return the columns by which periods are found faster when they are known to be sorted."""
    dates = [s for s in df.iter_columns() if s.dtype.is_temporal() and s.null_count() == 0]
    return [s.name for s in dates if s.is_sorted()]


class _StoredFrame:
    """The IO source of a stored frame.

    On the driver it holds the references; inside a plan it holds its id, and finds what is
    attached under it.
    """

    def __init__(self, schema: pl.Schema, refs: Sequence[Any], ascending: list[str]) -> None:
        self._key = f"frame-{uuid.uuid4().hex}"
        self._schema = schema
        self._refs: Sequence[Any] | None = refs
        self._ascending = ascending

    def __getstate__(self) -> dict[str, Any]:
        """Leave the references behind: tasks get them as arguments.

        Raises:
            TypeError: the plan is not serialised for a distributed query.
        """
        refs = self._refs
        # Inside a task there are none, but what is attached there is attached to its own plan.
        offer(self._key, lambda _: refs or attached(self._key, tuple))
        return {**self.__dict__, "_refs": None}

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that Polars asks for: the row limit applies before the predicate."""
        rows = self._frame()
        if n_rows is not None:
            rows = rows.head(n_rows)
        if predicate is not None:
            rows = rows.filter(predicate)
        if with_columns is not None:
            rows = rows.select(cs.by_name(*with_columns))
        yield rows

    def _frame(self) -> pl.DataFrame:
        if self._refs is None:
            return attached(self._key, self._decode)
        return self._decode(tuple(require_ray().get(list(self._refs))))

    def _decode(self, parts: tuple[Any, ...]) -> pl.DataFrame:
        frame = decode(parts)
        return frame.with_columns(cs.by_name(*self._ascending).set_sorted())
