"""Runs the periods of a plan on Ray and turns what arrives into frames.

Invariants: the plan and what is attached to it are put into the object store once; whatever ends
the run, the tasks that are left are cancelled and the bar is closed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import polars as pl

from polars_io_tools._plan import Period
from polars_io_tools._source import ShippedPlan
from polars_io_tools._transport import Part, decode
from polars_io_tools.errors import WorkerError
from polars_io_tools.ray._cluster import RayCluster, require_ray
from polars_io_tools.ray._options import RayOptions
from polars_io_tools.ray._progress import open_bar
from polars_io_tools.ray._window import Arrival, Limits, PeriodFailed, TaskFailed, Window

__all__ = ["RayRunner"]

# How long a query that was stopped early may keep its tasks.
_LET_GO_SECONDS = 0.1

# The share of the object store that finished results may take while they wait to be read.
_STORE_SHARE = 4


class RayRunner:
    """Runs parts on the Ray cluster that this process is connected to."""

    def __init__(self, options: RayOptions) -> None:
        self._options = options

    def check(self) -> None:
        """Check that Ray is running.

        Raises:
            RayNotInitialisedError: it is not.
        """
        require_ray()

    def run(self, plan: ShippedPlan, periods: Sequence[Period]) -> Iterator[pl.DataFrame | None]:
        """Yield the rows of the periods, in their order unless the options say otherwise.

        None stands for a moment in which nothing has come.

        Raises:
            WorkerError: a task failed; the other tasks are cancelled.
        """
        options = self._options
        cluster = RayCluster(plan, options.remote_options)
        limits = Limits(
            max_tasks=options.max_concurrency,
            max_bytes=options.max_unread_bytes or cluster.store_bytes() // _STORE_SHARE,
            max_periods_per_task=options.max_periods_per_task,
            ordered=options.preserve_partition_order,
            in_turn=plan.task["limit"] is not None,
        )
        bar = open_bar(options.progress, len(periods), options.description)
        window = Window(cluster, periods, limits, bar.update)
        ended = threading.Event()
        threading.Thread(target=_let_go, args=(ended,), daemon=True).start()
        try:
            for arrivals in window.arrivals():
                yield decode(_fetched(cluster, arrivals)) if arrivals else None
        except PeriodFailed as failure:
            raise _worker_error(failure) from failure.error
        finally:
            ended.set()
            cluster.cancel(window.running())
            bar.close()


def _fetched(cluster: RayCluster, arrivals: list[tuple[Period, Arrival]]) -> list[Part]:
    parts = []
    for period, arrival in arrivals:
        try:
            parts.append(cluster.fetch(arrival))
        except TaskFailed as failure:
            raise PeriodFailed(period, failure.error) from failure.error
    return parts


def _let_go(ended: threading.Event) -> None:
    """Make Polars close the stream of a query that it has stopped early, as `head` does.

    Polars lets go of the stream in a thread without the GIL. That only takes effect with the next
    call into Polars, whoever makes it; until then tasks would run on and the bar would stay.
    """
    while not ended.wait(_LET_GO_SECONDS):
        pl.thread_pool_size()


def _worker_error(failure: PeriodFailed) -> WorkerError:
    cause = getattr(failure.error, "cause", None) or failure.error
    label = failure.period.label
    return WorkerError(f"period {label} failed: {type(cause).__name__}: {cause}", label)
