"""The `.piot` namespace of LazyFrames: signatures and docstrings, each body one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

import polars as pl

from polars_io_tools._partitions import (
    ByQuantile,
    ByRange,
    ByTime,
    ByValue,
    KeyPartitions,
    Partitioner,
    ReadPartition,
)
from polars_io_tools._plan import RayPlan
from polars_io_tools._transport import ReturnAs
from polars_io_tools.ray import execute_on_ray, explain_on_ray

if TYPE_CHECKING:
    from polars_io_tools.db import SqlPlan
    from polars_io_tools.tables import Mode, Table

__all__ = ["Partitions", "PiotNamespace", "TimeUnit"]

_ByKey = ByTime | ByValue | ByRange | ByQuantile | KeyPartitions
Partitions = _ByKey | Partitioner | Iterable[ReadPartition]

TimeUnit = Literal["hourly", "daily", "weekly", "monthly", "quarterly", "yearly"]


class _Options(TypedDict, total=False):
    """The keywords that do not say how to split, for the overloads."""

    return_as: ReturnAs
    remote_options: Mapping[str, Any] | None
    max_concurrency: int | None
    max_periods_per_task: int
    max_unread_bytes: int | None
    preserve_partition_order: bool | None
    max_periods: int
    progress: bool | None
    description: str | None


@pl.api.register_lazyframe_namespace("piot")
class PiotNamespace:
    """Methods of this package on a LazyFrame, as `lf.piot`."""

    def __init__(self, lf: pl.LazyFrame) -> None:
        self._lf = lf

    @overload
    def execute_on_ray(
        self, partitions: Partitions, **options: Unpack[_Options]
    ) -> pl.LazyFrame: ...

    @overload
    def execute_on_ray(
        self, *, date_column: str, time_unit: TimeUnit | str, **options: Unpack[_Options]
    ) -> pl.LazyFrame: ...

    def execute_on_ray(  # noqa: PLR0913  (the keywords are the interface)
        self,
        partitions: Partitions | None = None,
        *,
        date_column: str | None = None,
        time_unit: TimeUnit | str | None = None,
        return_as: ReturnAs = "arrow",
        remote_options: Mapping[str, Any] | None = None,
        max_concurrency: int | None = 100,
        max_periods_per_task: int = 64,
        max_unread_bytes: int | None = None,
        preserve_partition_order: bool | None = None,
        max_periods: int = 100_000,
        progress: bool | None = None,
        description: str | None = None,
    ) -> pl.LazyFrame:
        """Split the query into calendar periods, or other partitions, and run them on Ray.

        Nothing runs until the result is collected; then the answer is that of the query itself:
        the same rows and schema, in the order of the periods (null dates last), and within a
        period in the query's own order. Which periods there are follows from the filters on
        `date_column`, written before the call or after it. Partitions that you list yourself may
        leave out rows, or have some several times: `explain_on_ray` tells.

        Args:
            partitions: what to split by, instead of `date_column` and `time_unit`: `by_time`,
                `by_value`, `by_range`, `by_quantile` or `by_key`, a list of `ReadPartition` or
                `RayPartition`, or a `Partitioner` of your own.
            date_column: a column of the query's result, of type Date or Datetime (in ms, us or ns,
                with or without a time zone; days and months of a zone are local).
            time_unit: the calendar unit of a period: "hourly", "daily", "weekly" (from Monday),
                "monthly", "quarterly", "yearly", or a duration string of Polars such as "15m",
                "6h", "2w" or "1q", with the origin of `dt.truncate`.
            return_as: how results travel back: "arrow" (uncompressed, fastest on one machine),
                "ipc" (compressed with lz4, for slow networks), "parquet" (smallest).
            remote_options: options of the Ray tasks, such as `num_cpus`, `memory`, `resources` or
                `runtime_env`; `name` and `num_returns` are ours. `max_retries` (-1
                for no limit) and `retry_exceptions` say which periods are tried again, and how
                often: unless given, 3 times those whose worker or result is lost, and twice those
                whose connections fail or time out.
            max_concurrency: the most tasks under way at once, None for all. There are fewer at
                first: as many as the cluster has free slots, then more while you read on.
            max_periods_per_task: the most neighbouring periods that share a task, once periods are
                seen to be small; they are computed and returned one by one. 1 gives each its own.
            max_unread_bytes: about how many bytes of results may wait in the object store until
                they are read; None for a quarter of the store.
            preserve_partition_order: True yields parts in their order, False as they finish; None
                is True for `date_column`, and False for `partitions`.
            max_periods: the most periods, or other parts that follow from bounds, to split into.
            progress: show a progress bar; None shows one on a terminal and in notebooks.
            description: a name for the query, shown by the bar and by `explain()`.

        Returns:
            A LazyFrame with the schema of the query.

        Raises:
            RayNotInitialisedError: Ray is not running, now or when the result is collected.
            MissingDependencyError: Ray is not installed.
            ValueError: an unknown column, unit, format or Ray option, a number out of range, or a
                value or key that does not fit its column.
            TypeError: an argument, or the column, is of the wrong type.
            ForkedProcessError: the process was made by `fork()`.

        Collecting raises `UnboundedPredicateError`, `TooManyPeriodsError` or
        `UnsplittablePlanError` (all of them ValueError) when the query cannot be split, and
        `WorkerError` when a task fails; `explain_on_ray` tells beforehand.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools, ray
            >>> trades = pl.LazyFrame({"date": [dt.date(2024, 1, 5)], "price": [10.0]})
            >>> january = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
            >>> lazy = trades.filter(january).piot.execute_on_ray(
            ...     date_column="date", time_unit="monthly"
            ... )
            >>> lazy.collect()["price"].to_list()
            [10.0]
        """
        return execute_on_ray(
            self._lf,
            partitions,
            date_column=date_column,
            time_unit=time_unit,
            return_as=return_as,
            remote_options=remote_options,
            max_concurrency=max_concurrency,
            max_periods_per_task=max_periods_per_task,
            max_unread_bytes=max_unread_bytes,
            preserve_partition_order=preserve_partition_order,
            max_periods=max_periods,
            progress=progress,
            description=description,
        )

    @overload
    def explain_on_ray(
        self,
        partitions: Partitions,
        *,
        predicate: pl.Expr | None = None,
        **options: Unpack[_Options],
    ) -> RayPlan: ...

    @overload
    def explain_on_ray(
        self,
        *,
        date_column: str,
        time_unit: TimeUnit | str,
        predicate: pl.Expr | None = None,
        **options: Unpack[_Options],
    ) -> RayPlan: ...

    def explain_on_ray(  # noqa: PLR0913  (the keywords are the interface)
        self,
        partitions: Partitions | None = None,
        *,
        date_column: str | None = None,
        time_unit: TimeUnit | str | None = None,
        predicate: pl.Expr | None = None,
        return_as: ReturnAs = "arrow",
        remote_options: Mapping[str, Any] | None = None,
        max_concurrency: int | None = 100,
        max_periods_per_task: int = 64,
        max_unread_bytes: int | None = None,
        preserve_partition_order: bool | None = None,
        max_periods: int = 100_000,
        progress: bool | None = None,
        description: str | None = None,
    ) -> RayPlan:
        """Return how `execute_on_ray` would split the query, without running it.

        Takes the arguments of `execute_on_ray` and checks them alike, but needs no Ray. It sees
        the filters before the call; `predicate` stands for those that would come after it.

        Raises:
            ValueError: an unknown column, unit, format or option, or a number out of range.
            TypeError: an argument, or the column, is of the wrong type.
            ForkedProcessError: the process was made by `fork()`.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools
            >>> lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]})
            >>> plan = lf.piot.explain_on_ray(
            ...     date_column="date",
            ...     time_unit="monthly",
            ...     predicate=pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 2, 29)),
            ... )
            >>> print(plan)
            split by 'date' (Date), monthly
              bounds   [2024-01-01, 2024-02-29]
              filters  date.is_between(2024-01-01, 2024-02-29) (after the call):
                       gives [2024-01-01, 2024-02-29]
              sources  in-memory frame: 1 rows, 1 columns
              periods  2 periods: 2024-01, 2024-02
        """
        return explain_on_ray(
            self._lf,
            partitions,
            predicate=predicate,
            date_column=date_column,
            time_unit=time_unit,
            return_as=return_as,
            remote_options=remote_options,
            max_concurrency=max_concurrency,
            max_periods_per_task=max_periods_per_task,
            max_unread_bytes=max_unread_bytes,
            preserve_partition_order=preserve_partition_order,
            max_periods=max_periods,
            progress=progress,
            description=description,
        )

    def explain_sql(self) -> SqlPlan:
        """Return the statements that the query would send to databases, without running it.

        Of a query of `execute_on_ray` there is one statement a period, with its bounds; notes say
        where PostgreSQL would read all rows for each, or each run may give other rows. Databases
        are asked for the columns of queries, PostgreSQL also for the plan of one.

        Raises:
            PiotError: the query cannot be split.
            DatabaseError: a database refuses to describe a query, or there is no connection.

        Example:
            >>> import polars as pl, polars_io_tools as piot, sqlite3, tempfile
            >>> path = tempfile.mkdtemp() + "/trades.sqlite"
            >>> with sqlite3.connect(path) as db:
            ...     _ = db.execute("CREATE TABLE trades (symbol TEXT, size INTEGER)")
            >>> lf = piot.scan_db("SELECT * FROM trades", path).filter(pl.col("size") == 5)
            >>> print(lf.piot.explain_sql().scans[0].terms[0])
            exact: size == 5 as piot."size" = 5
        """
        from polars_io_tools.db import explain_sql

        return explain_sql(self._lf)

    def write_table(self, table: Table, mode: Mode = "append") -> int | None:
        """Write the query into a table in one transaction, batch by batch, in bounded memory.

        A query that gives its rows in the order of the table's key makes files that do not overlap.

        Args:
            table: where to.
            mode: "append" adds rows, "upsert" replaces those with the same keys.

        Returns:
            The version of the table that has the rows; None if there were none.

        Raises:
            InvalidRowsError: the rows do not fit the table, or a key would be there twice.
            CommitConflictError: somebody else changed the table meanwhile.

        Example:
            >>> import polars as pl, polars_io_tools as piot, tempfile
            >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
            >>> pl.LazyFrame({"key": [1, 2]}).piot.write_table(t)
            1
        """
        from polars_io_tools.tables import write_table

        return write_table(self._lf, table, mode)
