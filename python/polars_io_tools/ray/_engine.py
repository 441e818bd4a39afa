"""`RayEngine`: the split of `execute_on_ray` as an engine of Polars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from polars.lazyframe.query_result import QueryResult

from polars_io_tools import _gocore
from polars_io_tools._arguments import check_method
from polars_io_tools._cut import Cut
from polars_io_tools._engine_plan import EnginePlan
from polars_io_tools._explained import explained
from polars_io_tools._partitions import KeyPartitions, ReadPartition
from polars_io_tools._polars.engines import RewritingEngine, executed_here
from polars_io_tools._task import inside_task
from polars_io_tools._transport import ReturnAs
from polars_io_tools.ray._connected import require_ray
from polars_io_tools.ray._distributed import Distributed, cut_up
from polars_io_tools.ray._options import check_options, check_partition_options
from polars_io_tools.ray._progress import require_tqdm
from polars_io_tools.ray._result import executed
from polars_io_tools.ray._sinks import Sink

__all__ = ["RayEngine"]

_DEFAULTS: dict[str, Any] = {
    "partitions": None,
    "date_column": None,
    "time_unit": None,
    "return_as": "arrow",
    "remote_options": None,
    "max_concurrency": 100,
    "max_periods_per_task": 64,
    "max_unread_bytes": None,
    "preserve_partition_order": None,
    "max_periods": 100_000,
    "progress": None,
    "description": None,
}


class RayEngine(RewritingEngine):
    """Runs queries of Polars on Ray, split into calendar periods or other partitions.

    An engine holds nothing but its arguments, which are those of `execute_on_ray` and are checked
    as there: it serves any number of queries, travels by pickle, and two with equal arguments are
    equal. Ray has to run when a query is collected, not before.

    Args:
        partitions: see `execute_on_ray`, as for all others.
        date_column: a column of the query, which may be one that its result has no more.
        time_unit: the calendar unit of a period.
        return_as: how results travel back.
        remote_options: options of the Ray tasks.
        max_concurrency: the most tasks under way at once.
        max_periods_per_task: the most neighbouring periods that share a task.
        max_unread_bytes: about how many bytes of results may wait.
        preserve_partition_order: whether parts come in their order.
        max_periods: the most periods, or other parts that follow from bounds, to split into.
        progress: show a progress bar.
        description: a name for the queries.

    Raises:
        ValueError: an unknown unit, format or option, or a number out of range.
        TypeError: an argument is of the wrong type.
        ForkedProcessError: the process was made by `fork()`.

    Example:
        >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
        >>> trades = pl.LazyFrame({"date": [dt.date(2024, 1, 5)], "price": [10.0]})
        >>> january = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
        >>> engine = piot.RayEngine(date_column="date", time_unit="monthly")
        >>> trades.filter(january).collect(engine=engine)["price"].to_list()
        [10.0]
    """

    def __init__(  # noqa: PLR0913  (the keywords are the interface)
        self,
        partitions: Any = None,
        *,
        date_column: str | None = None,
        time_unit: str | None = None,
        return_as: ReturnAs = "arrow",
        remote_options: Mapping[str, Any] | None = None,
        max_concurrency: int | None = 100,
        max_periods_per_task: int = 64,
        max_unread_bytes: int | None = None,
        preserve_partition_order: bool | None = None,
        max_periods: int = 100_000,
        progress: bool | None = None,
        description: str | None = None,
    ) -> None:
        _gocore.check_process()
        split = {"date_column": date_column, "time_unit": time_unit, "max_periods": max_periods}
        partitions = check_method(partitions, **split)  # type: ignore[arg-type]  # it checks them
        if isinstance(partitions, list):
            check_partition_options(partitions)
        options = {
            "return_as": return_as,
            "remote_options": remote_options,
            "max_concurrency": max_concurrency,
            "max_periods_per_task": max_periods_per_task,
            "max_unread_bytes": max_unread_bytes,
            "preserve_partition_order": preserve_partition_order,
            "progress": progress,
            "description": description,
        }
        checked = check_options(None, ordered=partitions is None, **options)  # type: ignore[arg-type]  # likewise
        if remote_options is not None:
            options["remote_options"] = checked.remote_options
        if progress:
            require_tqdm()
        self._arguments: dict[str, Any] = {"partitions": partitions, **split, **options}

    @property
    def name(self) -> str:
        """What Polars calls the engine."""
        return "ray"

    def rewritten(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """Return the query that Polars runs on the driver, with sources that run on Ray in it.

        Raises:
            RayNotInitialisedError: Ray is not running.
            PiotError: the query cannot be split.
        """
        return self._cut(lf)[0].lazy

    def _cut(self, lf: pl.LazyFrame) -> tuple[Cut, list[Distributed]]:
        """Return a query as it is cut, and what runs of it on Ray, which is there."""
        _gocore.check_process()
        if not inside_task():
            require_ray()
        return cut_up(lf, **self._arguments)

    def explain(self, lf: pl.LazyFrame) -> EnginePlan:
        """Return what the engine would do with a query, without running it; it needs no Ray.

        Footers of Parquet files are read, and of a query of several branches maybe tables that
        the driver joins.

        Raises:
            UnsplittablePlanError: there is no cut that gives the answer of the whole.
            ValueError: no part of the query has the column.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools as piot
            >>> trades = pl.LazyFrame({"date": [dt.date(2024, 1, 5)], "symbol": ["A"], "n": [1]})
            >>> january = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
            >>> engine = piot.RayEngine(date_column="date", time_unit="monthly")
            >>> plan = engine.explain(trades.filter(january).sort("symbol"))
            >>> plan.branches[0].periods[0].label
            '2024-01'
        """
        _gocore.check_process()
        found, made = cut_up(lf, **self._arguments)
        return explained(found, [each.source for each in made])

    def execute(self, lf: pl.LazyFrame, **options: Any) -> QueryResult:
        """Run a query and leave its rows in the cluster, as a `RayResult`.

        It returns when all periods are done. Where something of the query runs on the driver, above
        the cut that `explain` shows, or all of it inside of a task, the result is there: it is the
        one that Polars itself gives, with its rows in the memory of that process.

        Raises:
            RayNotInitialisedError: Ray is not running.
            PiotError: the query cannot be split, or a task failed.
        """
        found, made = self._cut(lf)
        if found.whole and not inside_task():
            return executed(made[0])
        return executed_here(found.lazy, **options)

    def sink(self, form: str, lf: pl.LazyFrame, target: Any, options: dict[str, Any]) -> None:
        """Write a query to a file through this process, or to a directory in the tasks.

        Raises:
            ValueError: a target or an option that cannot be used.
            RayNotInitialisedError: Ray is not running.
            PiotError: the query cannot be split, a task failed, or files cannot be put in place.
        """
        found, made = self._cut(lf)
        Sink(form, target, options).write(lf, found.lazy, made[0] if found.whole else None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RayEngine):
            return NotImplemented
        return bool(_comparable(self._arguments) == _comparable(other._arguments))

    def __hash__(self) -> int:
        return hash((RayEngine, self._arguments["date_column"], self._arguments["time_unit"]))

    def __repr__(self) -> str:
        given = {k: v for k, v in self._arguments.items() if v is not _DEFAULTS[k]}
        shown = [f"{k}={_shown(k, v)}" for k, v in given.items() if v != _DEFAULTS[k]]
        return f"RayEngine({', '.join(shown)})"


def _shown(argument: str, value: Any) -> str:
    """Return a value for people: of options only their names, since they may hold secrets."""
    if argument == "remote_options":
        return f"{{{', '.join(f'{key!r}: …' for key in value)}}}"
    if isinstance(value, list):
        return f"[{len(value)} partitions]"
    return f"by_key({value.partitions!r})" if isinstance(value, KeyPartitions) else repr(value)


def _comparable(value: Any) -> Any:
    """Return a value that is equal to that of an equal argument, also after pickling.

    Expressions and partitions have no equality of their own.
    """
    if isinstance(value, pl.Expr):
        return value.meta.serialize()
    if isinstance(value, ReadPartition | KeyPartitions):
        return type(value), _comparable(vars(value))
    if isinstance(value, pl.DataFrame | pl.Series):
        return value.serialize() if isinstance(value, pl.DataFrame) else value.to_list()
    if isinstance(value, Mapping):
        return {key: _comparable(each) for key, each in value.items()}
    return [_comparable(each) for each in value] if isinstance(value, list | tuple) else value
