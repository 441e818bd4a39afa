"""Runs the periods of a plan on Ray and turns what arrives into frames.

Invariants: the plan and what is attached to it are put into the object store once; whatever ends
the run, the tasks that are left are cancelled and the bar is closed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import polars as pl

from polars_io_tools._attach import collecting
from polars_io_tools._delivery import (
    Delivered,
    Delivery,
    Place,
    answer_of,
    dumps,
    is_answer,
)
from polars_io_tools._lifetime import Lifetime
from polars_io_tools._period import AnyPartition
from polars_io_tools._report import KeptReport, Task
from polars_io_tools._resources import NoRoomError, Resources
from polars_io_tools._ship import ShippedPlan
from polars_io_tools._tracing import Span
from polars_io_tools._transport import Part, decode, size_of
from polars_io_tools.errors import PiotError
from polars_io_tools.ray._cluster import RayCluster, places
from polars_io_tools.ray._connected import require_ray, shutdown_held_off
from polars_io_tools.ray._failures import noun_of, worker_error
from polars_io_tools.ray._keeping import KeepingCluster
from polars_io_tools.ray._options import RayOptions
from polars_io_tools.ray._progress import Progress
from polars_io_tools.ray._protocol import Limits, PeriodFailed
from polars_io_tools.ray._vault import Vault
from polars_io_tools.ray._watched import Watched
from polars_io_tools.ray._window import Window

__all__ = ["Kept", "RayRunner"]

# Chunks that are smaller than this on average are merged.
_TINY_BYTES = 16 * 1024

# How long until a server is asked again for a connection that others have.
_WAIT_SECONDS = 0.1

# The share of the object store that finished results may take while they wait to be read.
_STORE_SHARE = 4


@dataclass(frozen=True)
class Kept:
    """Rows that stay in the object store.

    Attributes:
        parts: the parts of the split whose rows they are, all of them.
        report: what the task said of them.
        data: the reference of the object, which `ray.get` turns into what `decode` takes.
    """

    parts: Sequence[AnyPartition]
    report: KeptReport
    data: Any


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

    def run(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[pl.DataFrame | None]:
        """Yield the rows of the periods, in their order unless the options say otherwise.

        None stands for a moment in which nothing has come.

        Raises:
            WorkerError: a task failed; the other tasks are cancelled.
            StoreFullError: the plan, or data of it, does not fit into the object store.
        """
        for parts in self._run(plan, periods, lifetime):
            yield None if parts is None else _assembled(parts, lifetime.record.span)

    def run_deliveries(
        self,
        plan: ShippedPlan,
        periods: Sequence[AnyPartition],
        lifetime: Lifetime,
        delivery: Delivery,
    ) -> Iterator[Delivered | None]:
        """Yield what a delivery answers for each period, as `run` yields its rows.

        Raises:
            WorkerError: a task failed, or the delivery did in it; the other tasks are cancelled.
            StoreFullError: the plan, or data of it, does not fit into the object store.
        """
        with collecting() as offers:
            task = {**plan.task, "deliver": dumps(delivery)}
        attachments = {**plan.attachments, **offers}
        delivering = replace(plan, task=cast("Task", task), attachments=attachments)
        for parts in self._run(delivering, periods, lifetime):
            if parts is None:
                yield None
                continue
            for position, answer in map(answer_of, parts):
                part = periods[position]
                yield Delivered(part, Place(position, part.label), answer)

    def run_kept(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[Kept | None]:
        """Yield what stays in the object store of each period, in their order; no row is fetched.

        Raises:
            WorkerError: a task failed; the other tasks are cancelled.
            StoreFullError: the plan, or data of it, does not fit into the object store.
        """
        first = 0
        for parts in self._run(plan, periods, lifetime, keep=True):
            for report, data in parts or ():
                end = first + report["periods"]
                yield Kept(periods[first:end], report, data)
                first = end
            if parts is None:
                yield None

    def _run(
        self,
        plan: ShippedPlan,
        periods: Sequence[AnyPartition],
        lifetime: Lifetime,
        *,
        keep: bool = False,
    ) -> Iterator[list[Part] | None]:
        """Yield parts as the turn of their periods comes, as their cluster fetches them."""
        options = self._options
        record = lifetime.record
        plan.task["trace"] = record.span.carrier()
        started = _started(plan, options, periods, keep=keep)
        while started is None:
            yield None
            time.sleep(_WAIT_SECONDS)
            started = _started(plan, options, periods, keep=keep)
        cluster, resources = started
        noun = noun_of(periods[0]) if periods else "period"
        progress = Progress(options.progress, len(periods), options.description, noun)
        limits = _limits(plan, options, cluster.store_bytes(), keep=keep)
        sends = plan.task["deliver"] is None
        record.starts(len(periods), places(options.remote_options), sends=sends)
        window = Window(cluster, periods, limits, Watched(record, progress))

        def end() -> None:
            nonlocal cluster, window
            try:
                with shutdown_held_off():
                    cluster.cancel(window.running())
                    del cluster, window  # in here, not when this function goes
            finally:
                resources.close()
                progress.close()

        lifetime.then(end, within=shutdown_held_off)
        try:
            for parts in window.parts():
                if lifetime.exiting:
                    raise PiotError("the process ends while a query of execute_on_ray runs")
                resources.check()
                for part in parts:
                    progress.arrived(*_extent(part, keep=keep))
                with record.reading():
                    yield parts or None
        except PeriodFailed as failure:
            raise worker_error(failure, options, plan.opening, keep=keep) from failure.error
        finally:
            lifetime.close()


def _limits(plan: ShippedPlan, options: RayOptions, store_bytes: int, *, keep: bool) -> Limits:
    return Limits(
        max_tasks=options.max_concurrency,
        max_bytes=options.max_unread_bytes or store_bytes // _STORE_SHARE,
        max_periods_per_task=options.max_periods_per_task,
        ordered=options.preserve_partition_order or keep,
        in_turn=plan.task["limit"] is not None,
        whole=plan.opening is not None,
    )


def _extent(part: Part, *, keep: bool) -> tuple[int, int]:
    """Return how many rows and bytes a part, or what stands for it, has brought."""
    if keep:
        return part[0]["rows"], part[0]["bytes"]
    # What a task wrote is told with its report.
    return (0, 0) if is_answer(part) else (part[1], size_of(part))


def _started(
    plan: ShippedPlan, options: RayOptions, periods: Sequence[AnyPartition], *, keep: bool
) -> tuple[RayCluster, Resources] | None:
    """Return a cluster that has the plan, and what its sources hold; None to try again later."""

    def hide(key: str, secret: str) -> Any:
        return resources.held("vault", "", Vault).hide(key, secret)

    resources = Resources(hide, places(options.remote_options), waits=True)
    try:
        kind = KeepingCluster if keep else RayCluster
        cluster = kind(plan, options.remote_options, resources, periods)
    except NoRoomError:
        resources.close()
        return None
    except BaseException:
        resources.close()
        raise
    return cluster, resources


def _assembled(parts: list[Part], run: Span) -> pl.DataFrame:
    with Span("piot.assemble", run.context) as span:
        frame = _merged(decode(parts))
        if span.recording:
            size = sum(map(size_of, parts))
            span.note({"piot.parts": len(parts), "piot.rows": frame.height, "piot.bytes": size})
    return frame


def _merged(frame: pl.DataFrame) -> pl.DataFrame:
    """Make one chunk of many tiny ones, each of which costs kilobytes beside its rows."""
    chunks = frame.n_chunks() if frame.width else 1
    tiny = chunks > 1 and frame.estimated_size() < chunks * _TINY_BYTES
    return frame.rechunk() if tiny else frame
