"""Runs the periods of a plan as Ray tasks, a bounded window at a time.

Invariants: at most `max_concurrency` periods are submitted and not yet yielded; the plan is put
into the object store once; whatever ends the run, the tasks that are left are cancelled and the
bar is closed. Task names hold the period and nothing of the query.
"""

from __future__ import annotations

import pickle
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import polars as pl

from polars_io_tools._arrow import concat_frames
from polars_io_tools._plan import Period
from polars_io_tools._source import ShippedPlan
from polars_io_tools._task import decode
from polars_io_tools.errors import MissingDependencyError, RayNotInitialisedError, WorkerError
from polars_io_tools.ray._bootstrap import run_period
from polars_io_tools.ray._options import RayOptions
from polars_io_tools.ray._progress import Bar, open_bar

__all__ = ["RayRunner", "remote_function", "require_ray"]

# Frames of finished periods are joined before they go to Polars, up to this many rows.
_JOINED_ROWS = 500_000

# How long a query that was stopped early may keep its tasks.
_LET_GO_SECONDS = 0.1


def require_ray() -> Any:
    """Return the ray module.

    Raises:
        MissingDependencyError: Ray is not installed.
        RayNotInitialisedError: Ray is not running.
    """
    try:
        import ray
    except ImportError as error:
        msg = "execute_on_ray needs Ray; install polars-io-tools-go[ray]"
        raise MissingDependencyError(msg) from error
    if not ray.is_initialized():
        msg = (
            "Ray is not running in this process: call ray.init() first, or "
            'ray.init(address="auto") to join a cluster that runs already'
        )
        raise RayNotInitialisedError(msg)
    return ray


@cache
def remote_function() -> Any:
    """Return the Ray function of a period's task; Ray exports it once for each cluster."""
    import ray

    return ray.remote(run_period)


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

    def run(self, plan: ShippedPlan, periods: Sequence[Period]) -> Iterator[pl.DataFrame]:
        """Yield the rows of the periods, in their order unless the options say otherwise.

        Raises:
            WorkerError: a task failed; the other tasks are cancelled.
        """
        bar = open_bar(self._options.progress, len(periods), self._options.description)
        window = _Window(plan, periods, self._options, bar)
        ended = threading.Event()
        threading.Thread(target=_let_go, args=(ended,), daemon=True).start()
        try:
            yield from window.frames()
        finally:
            ended.set()
            window.cancel()
            bar.close()


def _let_go(ended: threading.Event) -> None:
    """Make Polars close the stream of a query that it has stopped early, as `head` does.

    Polars lets go of the stream in a thread without the GIL. That only takes effect with the next
    call into Polars, whoever makes it; until then tasks would run on and the bar would stay.
    """
    while not ended.wait(_LET_GO_SECONDS):
        pl.thread_pool_size()


class _Window:
    """The tasks under way and the results that wait for their turn."""

    def __init__(
        self, plan: ShippedPlan, periods: Sequence[Period], options: RayOptions, bar: Bar
    ) -> None:
        import ray

        self._ray = ray
        self._plan = plan
        self._options = options
        self._bar = bar
        self._waiting = deque(periods)
        self._payload = ray.put((pickle.PickleBuffer(plan.payload),))
        self._running: dict[Any, Period] = {}
        # Periods submitted and not yet yielded, in order, with their rows once they are here.
        self._pending: dict[Period, pl.DataFrame | None] = {}

    def frames(self) -> Iterator[pl.DataFrame]:
        self._fill()
        while self._pending:
            ready = self._ready()
            self._fill()
            if ready:
                yield concat_frames(ready)
                continue
            for ref in self._finished():
                self._take(ref)
                self._bar.update()

    def _finished(self) -> list[Any]:
        """Wait for a task, and return those whose results may be taken now.

        A failure is reported as soon as it is seen, except where a row limit may make the failed
        period one that is never needed: then results are taken in order.
        """
        running = list(self._running)
        if self._plan.task["limit"] is not None and self._options.preserve_partition_order:
            running = running[:1]
        finished, unfinished = self._ray.wait(running, num_returns=1)
        more, _ = self._ray.wait(unfinished, num_returns=len(unfinished), timeout=0)
        return [*finished, *more]

    def _take(self, ref: Any) -> None:
        period = self._running.pop(ref)
        try:
            result = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            raise _worker_error(period, error) from error
        self._pending[period] = decode(result)

    def _ready(self) -> list[pl.DataFrame]:
        """Take the results whose turn it is: up to the first that is missing, or all."""
        ready: list[pl.DataFrame] = []
        rows = 0
        for period, frame in list(self._pending.items()):
            if frame is not None and rows < _JOINED_ROWS:
                ready.append(frame)
                rows += frame.height
                del self._pending[period]
            elif self._options.preserve_partition_order:
                break
        return ready

    def cancel(self) -> None:
        """Cancel what is under way. Queued tasks never start; running ones are interrupted."""
        for ref in self._running:
            self._ray.cancel(ref, force=False)
            # Ray logs each failure that nobody has looked at, and one is reported already.
            with suppress(self._ray.exceptions.RayError):
                self._ray.get(ref, timeout=0)
        self._running.clear()

    def _fill(self) -> None:
        limit = self._options.max_concurrency
        while self._waiting and (limit is None or len(self._pending) < limit):
            period = self._waiting.popleft()
            options = {**self._options.remote_options, "name": f"piot:{period.label}"}
            ref = (
                remote_function()
                .options(**options)
                .remote(self._plan.task, self._payload, (period.label, period.start, period.end))
            )
            self._running[ref] = period
            self._pending[period] = None


def _worker_error(period: Period, error: Exception) -> WorkerError:
    cause = getattr(error, "cause", None) or error
    msg = f"period {period.label} failed: {type(cause).__name__}: {cause}"
    return WorkerError(msg, period.label)
