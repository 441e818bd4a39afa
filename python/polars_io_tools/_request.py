"""What Polars asks a source for, and the part of it that tasks cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import polars as pl
import polars.selectors as cs

__all__ = ["Recorder", "ScanRequest", "finish"]


@dataclass(frozen=True)
class ScanRequest:
    """What Polars asks a source for.

    Attributes:
        projection: the columns to yield, None for all.
        predicate: the rows to yield, None for all.
        n_rows: the most rows to take, before the predicate applies.
        batch_size: the most rows of one frame, a wish.
    """

    projection: list[str] | None
    predicate: pl.Expr | None
    n_rows: int | None
    batch_size: int | None

    @property
    def shipped_predicate(self) -> pl.Expr | None:
        """The predicate as far as tasks may apply it, and bounds may rest on it."""
        return self.predicate if self.n_rows is None else None

    @property
    def kept_predicate(self) -> pl.Expr | None:
        """The predicate as far as it has to wait until the first `n_rows` rows are known."""
        return None if self.n_rows is None else self.predicate

    def shipped_columns(self) -> list[str] | None:
        """The columns that tasks have to return, None for all."""
        if self.projection is None:
            return None
        kept = [] if self.kept_predicate is None else self.kept_predicate.meta.root_names()
        return list(dict.fromkeys([*self.projection, *kept]))


class _AskedError(Exception):
    """Ends a query once it is known what it asks a source for."""


class Recorder:
    """Finds out what Polars asks a source for, without reading anything."""

    def __init__(self) -> None:
        self._requests: list[ScanRequest] | None = None
        self.muted = False  # whether the source has no rows, while another one is asked about

    def record(self, request: ScanRequest) -> None:
        """Take note of a request; where one is looked for, the query ends here."""
        if self._requests is not None:
            self._requests.append(request)
            raise _AskedError

    def request_of(self, lf: pl.LazyFrame) -> ScanRequest | None:
        """Return what the source, the only one of `lf`, is asked for; nothing of `lf` runs.

        None says that it is asked for nothing.
        """
        requests: list[ScanRequest] = []
        self._requests = requests
        try:
            with suppress(_AskedError, pl.exceptions.ComputeError):
                lf.collect(engine="in-memory")
        finally:
            self._requests = None
        return requests[0] if requests else None


def finish(
    frames: Iterator[pl.DataFrame | None], request: ScanRequest, schema: pl.Schema
) -> Iterator[pl.DataFrame]:
    """Apply what tasks could not: the row limit over all periods, and what follows it.

    An empty frame stands for the time in which there are no rows yet: Polars sees to signals, such
    as Ctrl-C, between two frames only.
    """
    names = schema.names() if request.projection is None else request.projection
    nothing = pl.DataFrame(schema={name: schema[name] for name in names})
    remaining = request.n_rows
    empty = True
    for frame in frames:
        if frame is None:
            yield nothing
            continue
        rows = frame
        if remaining is not None:
            rows = rows.head(remaining)
            remaining -= rows.height
        if request.kept_predicate is not None:
            rows = rows.filter(request.kept_predicate)
        if request.projection is not None:
            rows = rows.select(cs.by_name(*request.projection))
        empty = False
        yield from rows.iter_slices(request.batch_size or max(rows.height, 1))
        if remaining == 0:
            break
    if empty:
        yield nothing
