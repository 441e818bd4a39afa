"""The engine interface of Polars, met by rewriting queries.

An engine of ours runs part of a query in its own way and leaves the rest to Polars: it rewrites the
query into one with IO sources in it, and Polars runs that. So all of the interface follows from one
method, and what Polars adds to the options of a call is passed on as it is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import polars as pl
from polars.lazyframe.engine import Engine, _AutoEngine
from polars.lazyframe.query_result import QueryResult

__all__ = ["RewritingEngine", "executed_here"]

# What Polars runs a query with whose engine it chooses, whatever the user has configured: that may
# be an engine of ours.
_LOCAL = _AutoEngine()


def executed_here(lf: pl.LazyFrame, **options: Any) -> QueryResult:
    """Return what Polars itself gives for `lf.execute()`, whatever engine the user configured."""
    result: QueryResult = _LOCAL.execute(lf, **options)
    return result


class RewritingEngine(Engine):
    """An engine that is Polars' own on a query that it has rewritten."""

    @abstractmethod
    def rewritten(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """Return the query that Polars has to run in the place of `lf`."""

    def collect(self, lf: pl.LazyFrame, **options: Any) -> Any:
        """See `polars.LazyFrame.collect`."""
        return _LOCAL.collect(self.rewritten(lf), **options)

    def execute(self, lf: pl.LazyFrame, **options: Any) -> Any:
        """See `polars.LazyFrame.execute`."""
        return executed_here(self.rewritten(lf), **options)

    def collect_async(self, lf: pl.LazyFrame, **options: Any) -> Any:
        """See `polars.LazyFrame.collect_async`."""
        return _LOCAL.collect_async(self.rewritten(lf), **options)

    def collect_batches(self, lf: pl.LazyFrame, **options: Any) -> Any:
        """See `polars.LazyFrame.collect_batches`."""
        return _LOCAL.collect_batches(self.rewritten(lf), **options)

    def collect_all(self, lfs: Iterable[pl.LazyFrame], **options: Any) -> list[pl.DataFrame]:
        """See `polars.collect_all`."""
        return _LOCAL.collect_all(map(self.rewritten, lfs), **options)

    def collect_all_async(self, lfs: Iterable[pl.LazyFrame], **options: Any) -> Any:
        """See `polars.collect_all_async`."""
        return _LOCAL.collect_all_async(map(self.rewritten, lfs), **options)

    def sink(self, form: str, lf: pl.LazyFrame, target: Any, options: dict[str, Any]) -> None:
        """Write a query: what `sink_parquet` and its like do, whose `form` is such as "parquet"."""
        getattr(_LOCAL, f"sink_{form}")(self.rewritten(lf), target, **options)

    def sink_parquet(self, lf: pl.LazyFrame, path: Any, **options: Any) -> None:
        """See `polars.LazyFrame.sink_parquet`."""
        self.sink("parquet", lf, path, options)

    def sink_ipc(self, lf: pl.LazyFrame, path: Any, **options: Any) -> None:
        """See `polars.LazyFrame.sink_ipc`."""
        self.sink("ipc", lf, path, options)

    def sink_csv(self, lf: pl.LazyFrame, path: Any, **options: Any) -> None:
        """See `polars.LazyFrame.sink_csv`."""
        self.sink("csv", lf, path, options)

    def sink_ndjson(self, lf: pl.LazyFrame, path: Any, **options: Any) -> None:
        """See `polars.LazyFrame.sink_ndjson`."""
        self.sink("ndjson", lf, path, options)

    def sink_batches(self, lf: pl.LazyFrame, function: Any, **options: Any) -> None:
        """See `polars.LazyFrame.sink_batches`."""
        _LOCAL.sink_batches(self.rewritten(lf), function, **options)
