"""`explain_sql`: which statements a query would send, without sending them.

The optimised plan is walked: Polars shows for each source which columns, which predicate and which
limit it would ask for. A split is planned as for a run, and each of its parts is looked at alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
import polars.selectors as cs

from polars_io_tools._period import AnyPartition, filter_of
from polars_io_tools._planner import plan_split, settled
from polars_io_tools._polars.sources import AskedSource, asked_sources
from polars_io_tools._request import ScanRequest
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from polars_io_tools.db._partitioned import PartitionedSource
from polars_io_tools.db._plan import SqlPlan, SqlScan, SqlTerm
from polars_io_tools.db._postgresql import PostgresReader
from polars_io_tools.db._source import DbSource

__all__ = ["explain_sql"]

# Costs of PostgreSQL, in which a page that is read counts as 1. Below the first nothing is said;
# above the share of the whole query a part is said to save nothing.
_SMALL = 1000.0
_SAVING = 0.9

_READS_ALL = (
    "{part}: {database} expects this to cost as much as the query without filters, and so for each "
    "part: no index serves the filter, or a LIMIT, a window, a materialised CTE or a cast of the "
    "column in the query keeps it out"
)

_VARIES = (
    "{database}: each part runs the query anew, and {what} may give other rows each time: then the "
    "parts do not belong together"
)

_HIDDEN = "filters after a split are not seen here, since the query has other sources beside it"


@dataclass
class _Explained:
    scans: list[SqlScan]
    notes: list[str]

    def add(self, lf: pl.LazyFrame, part: str) -> None:
        sources = asked_sources(lf)
        for asked in sources:
            if isinstance(asked.source, DbSource):
                self.scans.append(_scan(asked.source, asked, part))
            elif isinstance(asked.source, IoSource | PartitionedSource):
                self._add_split(lf, asked, part, alone=len(sources) == 1)

    def _add_split(self, lf: pl.LazyFrame, asked: AskedSource, part: str, *, alone: bool) -> None:
        source: IoSource | PartitionedSource = asked.source
        request: ScanRequest | None
        if alone:
            request = source.request_of(lf)
        else:
            request = ScanRequest(asked.columns, None, asked.n_rows, None)
            if asked.predicate:
                self.notes.append(_HIDDEN)
        if request is not None:
            first = not part or not self.scans  # of parts of parts, the first say enough
            for number, (label, query) in enumerate(_parts(source, request)):
                name = ", ".join(filter(None, [part, label]))
                self.add(query, name)
                if first and label and number == 0:
                    self.notes.extend(_reads_all(query, name))
                if first and number == 1:
                    self.notes.extend(_varies(query))


def explain_sql(lf: pl.LazyFrame) -> SqlPlan:
    """Return the statements that a query would send, see `PiotNamespace.explain_sql`."""
    explained = _Explained([], [])
    explained.add(lf, "")
    return SqlPlan(tuple(explained.scans), tuple(dict.fromkeys(explained.notes)))


def _parts(
    source: IoSource | PartitionedSource, request: ScanRequest
) -> Iterator[tuple[str, pl.LazyFrame]]:
    """Yield the parts that a source reads, with their labels; "" for the query as it is."""
    predicate = request.shipped_predicate
    query = source.query if predicate is None else source.query.filter(predicate)
    split, parts = _split(source, request)
    if parts is None:
        yield "", _whole(query, request)
        return
    columns = request.shipped_columns()
    for part in parts:
        rows = query.filter(filter_of(part, split.dtype, split.column))
        if columns is not None:
            rows = rows.select(cs.by_name(*columns))
        if request.n_rows is not None and isinstance(source, IoSource):
            rows = rows.head(request.n_rows)
        yield part.label, rows


def _varies(query: pl.LazyFrame) -> Iterator[str]:
    """Yield a warning for each statement that may not mean the same in each part."""
    for asked in asked_sources(query):
        if isinstance(asked.source, DbSource):
            pushed = asked.source.pushed(asked.source.reader(), asked.columns, {}, None)
            if pushed.varies:
                what = ", ".join(pushed.varies)
                yield _VARIES.format(database=asked.source.shown(), what=what)
        elif isinstance(asked.source, PartitionedSource):
            yield from _varies(asked.source.query)


def _split(
    source: IoSource | PartitionedSource, request: ScanRequest
) -> tuple[Split, tuple[AnyPartition, ...] | None]:
    if isinstance(source, PartitionedSource):
        return source.split, source.parts(request)
    split = settled(source.query, request.shipped_predicate, source.split)
    return split, plan_split(source.query, request.shipped_predicate, split).partitions


def _whole(query: pl.LazyFrame, request: ScanRequest) -> pl.LazyFrame:
    rows = query if request.n_rows is None else query.head(request.n_rows)
    if request.kept_predicate is not None:
        rows = rows.filter(request.kept_predicate)
    return rows if request.projection is None else rows.select(cs.by_name(*request.projection))


def _reads_all(query: pl.LazyFrame, part: str) -> Iterator[str]:
    """Yield a warning for each statement of a part that PostgreSQL expects to read all rows."""
    for asked in asked_sources(query):
        source = asked.source
        reader = source.reader() if isinstance(source, DbSource) else None
        if not isinstance(reader, PostgresReader):
            continue
        pushed = source.pushed(reader, asked.columns, asked.predicate or {}, asked.n_rows)
        whole = source.pushed(reader, asked.columns, {}, asked.n_rows)
        part_cost, whole_cost = (
            reader.cost(p.sql, (*source.params, *p.params), source.asked) for p in (pushed, whole)
        )
        if whole_cost >= _SMALL and part_cost >= _SAVING * whole_cost:
            yield _READS_ALL.format(part=part, database=source.shown())


def _scan(source: DbSource, asked: AskedSource, part: str) -> SqlScan:
    reader = source.reader()
    pushed = source.pushed(reader, asked.columns, asked.predicate or {}, asked.n_rows)
    terms = [
        SqlTerm(**{k: c[k] for k in ("text", "sql", "status", "reason")}) for c in pushed.conjuncts
    ]
    if asked.predicate and not terms:
        terms = [SqlTerm("the filter", "", "not pushed", "pushdown=False")]
    params: list[Any] = [*source.params, *pushed.params]
    return SqlScan(
        part=part,
        database=source.shown(),
        sql=pushed.sql,
        params=tuple(repr(p) for p in params),
        terms=tuple(terms),
        exact=pushed.exact and all(t.status == "exact" for t in terms),
        limit=asked.n_rows,
    )
