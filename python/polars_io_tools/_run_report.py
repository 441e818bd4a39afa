"""What became of a run: `last_run()` and its `RunReport`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools._advice import advice_of
from polars_io_tools._figures import amount, duration
from polars_io_tools._measured import Measured, measured, table_of
from polars_io_tools._recording import Recording, latest_run
from polars_io_tools._run_html import html_of
from polars_io_tools._timeline import chart_of

__all__ = ["RunReport", "last_run"]


@dataclass(frozen=True, eq=False)
class RunReport:
    """When each period of a query ran, where, and what it brought.

    It is of one query, which under `RayEngine` may have several branches. Of a query that still
    runs, or has failed, it says what is known so far.

    Attributes:
        state: "running", "done", "stopped" before its last period, as by `head`, or "failed".
        error: the exception that ended it, "" if none did.
        seconds: how long it took, from when its rows were asked for.
        advice: what the times say about it, in sentences; empty where there is nothing to say.
    """

    state: str
    error: str
    seconds: float
    advice: tuple[str, ...]
    _periods: pl.DataFrame
    _figures: Measured

    def to_polars(self) -> pl.DataFrame:
        """Return one row a period that was submitted, in the order of submission.

        `queued`, `received` and `read` are by the clock of the driver: when the period was first
        given to Ray, when its last part was announced, and when the query above had its rows.
        `started` and `finished` are by the wall clock of the node, shifted by as little as puts
        every period of that node between its `queued` and its `received`: by nothing where clocks
        agree. Periods with the same `task` were computed together; `started`, `finished` and
        `files` are then those of all. `rows` is null where it is not known, as for what tasks
        write; of aggregates the sum of a task stands at its first period.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
            >>> days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
            >>> lf = pl.LazyFrame({"date": days}).filter(pl.col("date").dt.year() == 2024)
            >>> rows = lf.piot.execute_on_ray(date_column="date", time_unit="monthly").collect()
            >>> piot.last_run().to_polars()["rows"].sum()
            91
        """
        return self._periods

    def timeline(self) -> Any:
        """Return an altair chart of the run: what ran when, on which worker, and what waited.

        Above, each worker has a line with the periods that it computed. Below, each period has
        one: it waits for a worker, is computed, and waits until its rows are read; crosses are
        attempts that failed. Of more than 400 periods the lower part shows those that took longest.

        Raises:
            MissingDependencyError: altair is not installed.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
            >>> days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
            >>> lf = pl.LazyFrame({"date": days}).filter(pl.col("date").dt.year() == 2024)
            >>> rows = lf.piot.execute_on_ray(date_column="date", time_unit="monthly").collect()
            >>> chart = piot.last_run().timeline()
            >>> type(chart).__name__
            'VConcatChart'
        """
        return chart_of(self._figures, self._periods, self._headline())

    def _headline(self) -> str:
        figures = self._figures
        done = f"{figures.done:,} of {figures.total:,} periods"
        where = f"{figures.workers} worker{'s' * (figures.workers != 1)}"
        if figures.nodes > 1:
            where += f" on {figures.nodes} nodes"
        rows = "" if figures.rows is None else f", {amount(figures.rows)} rows"
        size = f"{amount(figures.bytes)}B"
        return f"{self.state} in {duration(self.seconds)}: {done} on {where}{rows}, {size}"

    def __str__(self) -> str:
        figures = self._figures
        lines = [
            self._headline(),
            f"  planning {duration(figures.planning)}",
            f"  workers  {figures.busy:.0%} of their time at work",
        ]
        if figures.slowest:
            label, seconds = figures.slowest
            lines.append(f"  slowest  {label}: {duration(seconds)}")
        if figures.retries:
            lines.append(
                f"  again    {figures.retries} attempt{'s' * (figures.retries != 1)} failed"
            )
        if self.error:
            lines.append(f"  error    {self.error}")
        return "\n".join([*lines, *(f"  advice   {text}" for text in self.advice)])

    def __repr__(self) -> str:
        return f"<RunReport: {self._headline()}>"

    def _repr_html_(self) -> str:
        """Return the report for a notebook."""
        return html_of(
            self._figures, self._periods, self._headline(), error=self.error, advice=self.advice
        )


def last_run() -> RunReport | None:
    """Return the report of the latest query that ran on Ray for the caller, None if none did.

    Of several threads or asyncio tasks each gets the report of its own query: the latest that it
    has collected, or whose `execute_on_ray` it has written. A query that runs on in another thread
    gives a report of what is known so far.

    Example:
        >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
        >>> lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]})
        >>> january = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
        >>> query = lf.filter(january).piot.execute_on_ray(date_column="date", time_unit="weekly")
        >>> query.collect().height
        1
        >>> piot.last_run().state
        'done'
    """
    run = latest_run()
    return None if run is None else report_of(list(run.recordings.values()))


def report_of(recordings: Sequence[Recording]) -> RunReport:
    """Return the report of recordings as they are now."""
    periods = table_of(recordings)
    figures = measured(recordings, periods)
    error = next((r.error for r in recordings if r.error), "")
    state = "done" if figures.done == figures.total else "stopped"
    if any(r.ended is None for r in recordings):
        state = "running"
    if error:
        state = "failed"
    return RunReport(state, error, figures.seconds, tuple(advice_of(figures)), periods, figures)
