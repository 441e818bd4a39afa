"""`scan_db(partitions=…)`: one statement for each partition of a query, in one process.

What the partitions are is planned as for `execute_on_ray`, from what Polars asks of the source.
Each statement has the predicate of its partition beside the one that Polars pushed, and Polars
applies both again: the rows of derived partitions are those of the query.

A row limit comes before the predicate, and takes rows of the query as it is. So it is left to one
statement; of listed partitions, which may leave out rows or have them twice, the first rows are
taken one partition after another.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import polars as pl

from polars_io_tools._lifetime import Lifetime
from polars_io_tools._period import AnyPartition, filter_of
from polars_io_tools._plan import RayPlan
from polars_io_tools._planner import plan_split, settled
from polars_io_tools._polars.sources import columns_read, is_pushed_whole
from polars_io_tools._request import Recorder, ScanRequest, finish
from polars_io_tools._split import Split, check_split
from polars_io_tools._task import inside_task
from polars_io_tools.db._parallel import Parallel
from polars_io_tools.db._reader import Frames, Reader
from polars_io_tools.db._sharing import Joined
from polars_io_tools.db._source import DbSource
from polars_io_tools.db._wanted import check_wanted, named_errors
from polars_io_tools.errors import (
    TooManyPeriodsError,
    UnboundedPredicateError,
    UnsplittablePlanError,
)

__all__ = ["DEFAULT_CONCURRENCY", "PartitionedSource"]

_log = logging.getLogger(__name__)

# How many partitions are read at once, where the user does not say.
DEFAULT_CONCURRENCY = 4

_NOT_BY_ROWS = (
    "scan_db: predicates of partitions have to look at one row at a time, without functions of "
    "Python; this one does not: {}"
)


class PartitionedSource:
    """The source that Polars calls when a LazyFrame of `scan_db(partitions=…)` is collected.

    Args:
        whole: the query as it is read in one statement.
        partitions: a partitioner, or partitions.
        max_partitions: how many there may be.
        max_concurrency: how many are read at once, None for a few.
        ordered: whether rows come in the order of the partitions.

    Raises:
        ValueError: a column is not there, or a value does not fit it.
        TypeError: the partitions, or the column, are of the wrong type.
    """

    def __init__(
        self,
        whole: DbSource,
        partitions: Any,
        *,
        max_partitions: int,
        max_concurrency: int | None,
        ordered: bool,
    ) -> None:
        self._whole = whole
        self._count = max_concurrency or DEFAULT_CONCURRENCY
        self._max = max_partitions
        self._ordered = ordered
        self._recorder = Recorder()
        self._split = _checked(whole.lazy(None), partitions, max_partitions)

    def lazy(self, description: str | None) -> pl.LazyFrame:
        """Return the LazyFrame whose collection reads the partitions; nothing is read now."""
        return self._whole.lazy(description, self)

    @property
    def __piot_database__(self) -> str:
        """The name of the database, as that of a `DbSource`."""
        return self._whole.shown()

    @property
    def split(self) -> Split:
        """How the query is split."""
        return self._split

    @property
    def query(self) -> pl.LazyFrame:
        """The query that is split."""
        return self._whole.lazy(None)

    def shown(self) -> str:
        """Name the database."""
        return self._whole.shown()

    def asked_sql(
        self, columns: list[str] | None, predicate: Mapping[str, Any] | None, n_rows: int | None
    ) -> tuple[str, str] | None:
        """Return what all partitions are asked for, see `DbSource.asked_sql`."""
        return self._whole.asked_sql(columns, predicate, n_rows)

    def request_of(self, lf: pl.LazyFrame) -> ScanRequest | None:
        """Return what this source, the only one of `lf`, is asked for; nothing of `lf` runs."""
        return self._recorder.request_of(lf)

    def parts(self, request: ScanRequest) -> tuple[AnyPartition, ...] | None:
        """Return the partitions that are read for a request, None where the query is read whole.

        Raises:
            TooManyPeriodsError: there are more than `max_partitions`.
            UnsplittablePlanError: a predicate looks at more than a row at a time.
        """
        if request.n_rows is not None and self._split.listing is None:
            return None
        if request.n_rows == 0:
            return ()
        try:
            plan = self._planned(request)
        except UnboundedPredicateError as error:
            _log.info("scan_db reads the query in one statement: %s", error)
            return None
        if request.n_rows is not None and (plan.overlap.answer, plan.gap.answer) == (
            "none",
            "none",
        ):
            return None
        self._check(plan)
        for warning in plan.warnings:
            _log.warning("scan_db: %s", warning)
        return plan.partitions

    def _planned(self, request: ScanRequest) -> RayPlan:
        predicate = request.shipped_predicate
        split = settled(self.query, predicate, self._split)
        plan = plan_split(self.query, predicate, split)
        if isinstance(plan.problem, UnsplittablePlanError) and predicate is not None:
            # What Polars leaves to a source is asked of each row alone, which of a function of
            # Python the plan does not show. Then nothing follows from the filter.
            plan = plan_split(self.query, None, split)
        problem = plan.problem
        if isinstance(problem, TooManyPeriodsError):
            raise TooManyPeriodsError(str(problem).replace("max_periods", "max_partitions"))
        if isinstance(problem, UnsplittablePlanError):
            raise UnsplittablePlanError(_NOT_BY_ROWS.format(str(problem).partition(". ")[0]))
        if problem is not None:
            raise problem
        return plan

    def _check(self, plan: RayPlan) -> None:
        if len(plan.partitions) > self._max:
            raise TooManyPeriodsError(
                f"scan_db: there are {len(plan.partitions)} partitions, and max_partitions is "
                f"{self._max}; raise it, or make fewer and larger ones"
            )
        if self._split.listing is None:
            return
        conditions = [filter_of(part, None, "") for part in plan.partitions]
        if not conditions or is_pushed_whole(self.query.filter(pl.any_horizontal(conditions))):
            return
        for part, condition in zip(plan.partitions, conditions, strict=True):
            if not is_pushed_whole(self.query.filter(condition)):
                raise UnsplittablePlanError(_NOT_BY_ROWS.format(f"{part.label}: {condition}"))

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that Polars asks for, at least one frame."""
        request = ScanRequest(with_columns, predicate, n_rows, batch_size)
        self._recorder.record(request)
        lifetime = Lifetime()
        return lifetime.of(self._rows(request, lifetime))

    def _rows(
        self, request: ScanRequest, lifetime: Lifetime
    ) -> Generator[pl.DataFrame, None, None]:
        with named_errors():
            parts = self.parts(request)
            if parts is None:
                asked = (request.projection, request.predicate, request.n_rows)
                yield from self._whole.rows(*asked, lifetime)
                return
            with closing(self._frames(parts, request, lifetime)) as frames:
                yield from finish(frames, request, self._whole.schema())

    def _frames(
        self, parts: tuple[AnyPartition, ...], request: ScanRequest, lifetime: Lifetime
    ) -> Frames:
        if not parts:
            return
        # The first rows are those of the first partitions: of later ones mostly none is wanted.
        wanted = min(self._count, len(parts)) if request.n_rows is None else 1
        reader = self._whole.reader()
        self._whole.described(reader)  # once, not in each thread
        with self._joined(reader, wanted) as joined:
            parallel = Parallel(
                parts,
                lambda part: self._read(reader, part, request, joined, lifetime),
                count=joined.count,
                ordered=self._ordered,
            )
            lifetime.then(parallel.stop)
            try:
                for frame in parallel.frames():
                    joined.check()
                    yield frame
                    check_wanted(lifetime)
                joined.check()
            finally:
                parallel.stop()
                if not parallel.is_mine():  # else whoever watches finds out
                    lifetime.close()

    @contextmanager
    def _joined(self, reader: Reader, wanted: int) -> Iterator[Joined]:
        if inside_task():
            # A task has one connection, which was counted before it began, and a state.
            yield Joined(1, "", lambda: None)
            return
        with self._whole.sharing.here(self._whole, reader, wanted) as joined:
            yield joined

    def _read(
        self,
        reader: Reader,
        part: AnyPartition,
        request: ScanRequest,
        joined: Joined,
        lifetime: Lifetime,
    ) -> Frames:
        """Yield the rows of one partition; it runs in a thread of its own."""
        predicate = filter_of(part, self._split.dtype, self._split.column)
        if request.shipped_predicate is not None:
            predicate = request.shipped_predicate & predicate
        columns = request.shipped_columns()
        if columns is not None:
            filtered = columns_read(self.query.filter(predicate))
            columns = list(dict.fromkeys([*columns, *filtered]))
        statement = self._whole.statement(reader, columns, predicate, None)
        if joined.snapshot:
            statement = replace(statement, snapshot=joined.snapshot)
        yield from self._whole.frames(reader, statement, predicate, None, lifetime)


def _checked(lf: pl.LazyFrame, partitions: Any, most: int) -> Split:
    try:
        return check_split(lf, partitions, date_column=None, time_unit=None, max_periods=most)
    except (ValueError, TypeError) as error:
        raise type(error)(f"scan_db: {error}") from error.__cause__
