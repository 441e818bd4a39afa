"""The Ray side of a run: what is put, submitted, awaited and cancelled.

Each task is a generator: its reports are small and arrive one by one; a part that does not fit into
its report stays in the object store until it is fetched.
"""

from __future__ import annotations

import logging
import math
import pickle
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from polars_io_tools._period import AnyPartition
from polars_io_tools._report import Report
from polars_io_tools._resources import Resources
from polars_io_tools._ship import ShippedPlan
from polars_io_tools._transport import Part
from polars_io_tools.errors import InternalError, RayNotInitialisedError
from polars_io_tools.ray._arguments import Arguments
from polars_io_tools.ray._bootstrap import run_periods
from polars_io_tools.ray._cancelling import cancel, is_connected, look_at
from polars_io_tools.ray._connected import connection, own_store_bytes, require_ray, store
from polars_io_tools.ray._held import hold
from polars_io_tools.ray._options import cpus_of, threads_of
from polars_io_tools.ray._protocol import Arrival, TaskFailed
from polars_io_tools.ray._retries import Retries

__all__ = ["RayCluster", "places", "remote_function"]

_log = logging.getLogger(__name__)

# The share of the object store that frames of this process may keep before parts are copied out.
_HELD_SHARE = 2

# How often the cluster is asked for its resources while a query waits.
_ASK_SECONDS = 1.0

# A failed task is tried again by us. Ray's own repetition of tasks whose results are generated
# leaves their arguments in the object store for good.
_ONCE = {"max_retries": 0, "retry_exceptions": False}


@cache
def remote_function() -> Any:
    """Return the Ray function of a task; Ray exports it once for each cluster."""
    import ray

    return ray.remote(num_returns="streaming")(run_periods)


def places(options: Mapping[str, Any]) -> float:
    """Return how many tasks with these options the cluster has CPUs for, at least one."""
    cpus = cpus_of(options)
    if cpus == 0:
        return math.inf
    resources: dict[str, float] = require_ray().cluster_resources()
    return max(1, resources.get("CPU", 0) // cpus)


class RayCluster:
    """A `Cluster` on the Ray cluster that this process is connected to, for one plan.

    Args:
        plan: the plan.
        options: those of its tasks.
        resources: what its sources hold.
        parts: all that will be submitted.
    """

    def __init__(
        self,
        plan: ShippedPlan,
        options: Mapping[str, Any],
        resources: Resources,
        parts: Sequence[AnyPartition] = (),
    ) -> None:
        import ray

        self._ray: Any = ray
        self._connection = connection()
        self._options = options
        self._resources = resources
        self._retries = Retries.of(options)
        self._own_retries: dict[Any, Retries] = {}  # of running tasks with options of their own
        self._cpus = cpus_of(options)
        # First what may have to wait.
        prepared = {key: prepare(resources) for key, prepare in plan.attachments.items()}
        resources.start()
        self._payload = store(ray, (pickle.PickleBuffer(plan.payload),))
        self._arguments = Arguments(ray, plan, prepared)
        self._task = {**plan.task, "attached": self._arguments.attached}
        delivers = plan.task["deliver"] is not None
        self._positions = {part: i for i, part in enumerate(parts)} if delivers else {}
        self._slots = 1
        self._asked = float("-inf")
        self._told = False
        self._held_limit = own_store_bytes() // _HELD_SHARE
        self._reports: dict[Any, Report] = {}  # of tasks whose next item is a part

    def now(self) -> float:
        """Return the seconds since some time."""
        return time.monotonic()

    def _check_connection(self) -> None:
        """Check that Ray runs still: when it does not, its functions would start it anew.

        Raises:
            RayNotInitialisedError: it was shut down.
        """
        if not is_connected(self._connection):
            raise RayNotInitialisedError("Ray was shut down while a query of execute_on_ray ran")

    def slots(self, running: int) -> int:
        """Return how many tasks find a CPU at once, at least one, when `running` of ours do.

        It is asked anew at most once a second: the figures of Ray are about as old.
        """
        self._check_connection()
        now = time.monotonic()
        if self._cpus > 0 and now - self._asked >= _ASK_SECONDS:
            self._asked = now
            free = self._ray.available_resources().get("CPU", 0) // self._cpus
            self._slots = max(1, int(min(places(self._options), running + free)))
        return self._slots

    def store_bytes(self) -> int:
        """Return the size of the object stores of all nodes."""
        return int(self._ray.cluster_resources().get("object_store_memory", 0))

    def has_room(self) -> bool:
        """Return whether there are connections for one more task."""
        return self._resources.has_room()

    def ended(self, handle: Any) -> None:
        """Take note that a task has ended."""
        self._own_retries.pop(handle, None)
        self._resources.end_task()

    def submit(self, periods: Sequence[AnyPartition], skip: int) -> Any:
        """Start a task; its name holds the periods and nothing of the query.

        The first `skip` rows of the first period are left out: an earlier attempt brought them.
        """
        self._check_connection()
        self._resources.begin_task()
        first, last = periods[0].label, periods[-1].label
        name = f"piot:{first}" if len(periods) == 1 else f"piot:{first}…{last}"
        options = {**self._options, **(periods[0].options or {}), "name": name}
        positions = [self._positions[p] for p in periods] if self._positions else []
        items, chosen = self._arguments.of(periods)
        repetition = self._repetition(options)  # which may be the task's to know as well
        task = {**self._task, "skip": skip, "positions": positions, "chosen": chosen}
        wire = [p.wire() for p in periods]
        started = (
            remote_function()
            .options(**options | repetition)
            .remote(task, threads_of(options), self._payload, wire, *items)
        )
        handle = self._handle(started)
        if periods[0].options is not None:
            self._own_retries[handle] = Retries.of(options)
        return handle

    def _repetition(self, options: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002  (others need it)
        """Return the options that say how Ray repeats a task."""
        return _ONCE

    def _handle(self, started: Any) -> Any:
        """Return what stands for a task that Ray has started."""
        return started

    def _end_of(self, handle: Any) -> Any:
        """Return the reference of what is there when a task has ended, and raises its error."""
        return handle.completed()

    def wait(self, handles: Sequence[Any], timeout: float) -> list[Any]:
        """Return the tasks that have something new, none if there is nothing in time."""
        if not handles:
            time.sleep(timeout)  # until there is room for a task
            return []
        self._check_connection()
        wait = self._ray.wait
        ready, rest = wait(list(handles), num_returns=1, timeout=timeout, fetch_local=False)
        if ready and rest:
            ready += wait(rest, num_returns=len(rest), timeout=0, fetch_local=False)[0]
        return list(ready)

    def take(self, handle: Any) -> Arrival | None:
        """Return the next part of a task, None if only its report came.

        Raises:
            TaskFailed: the task failed.
        """
        try:
            ref = next(handle)
        except StopIteration as error:
            early = InternalError("a task ended before its last period")
            raise TaskFailed(early, retries=0) from error
        report = self._reports.pop(handle, None)
        if report is not None:
            return Arrival(report, ref)
        try:
            report = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            look_at(self._end_of(handle))
            retries = self._own_retries.get(handle, self._retries)
            raise TaskFailed(error, retries=retries.after(error)) from error
        self._tell_threads(report["threads"])
        if report["part"] is None:
            self._reports[handle] = report
            return None
        return Arrival(report, report["part"])

    def _tell_threads(self, threads: int) -> None:
        """Log once that a worker has other threads than wanted, as one that Ray uses again may."""
        wanted = threads_of(self._options)
        if threads != wanted and not self._told and not self._own_retries:
            self._told = True
            _log.info(
                "a worker's Polars runs %d threads where its task has CPUs for %d: it was started "
                "for other work, or POLARS_MAX_THREADS is set. For workers of their own, set it in "
                "remote_options={'runtime_env': {'env_vars': …}}",
                threads,
                wanted,
            )

    def fetch(self, arrival: Arrival, timeout: float) -> Part | None:
        """Return a part, None if it is still on its way from another node after a while.

        Raises:
            TaskFailed: it is lost.
        """
        if not isinstance(arrival.data, self._ray.ObjectRef):
            part: Part = arrival.data
            return part
        self._check_connection()
        if not self._ray.wait([arrival.data], timeout=timeout, fetch_local=True)[0]:
            return None
        try:
            part = self._ray.get(arrival.data)
        except self._ray.exceptions.RayError as error:
            raise TaskFailed(error, retries=self._retries.after(error)) from error
        return hold(part, arrival.report["bytes"], self._held_limit)

    def cancel(self, handles: Sequence[Any]) -> None:
        """Cancel tasks: queued ones never start, running ones get a grace to end."""
        cancel(handles, [self._end_of(handle) for handle in handles], self._connection)
