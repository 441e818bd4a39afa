"""Which periods run when: tasks are submitted slowly at first, results wait within bounds.

The rules:

- It starts with as many tasks as the cluster has free slots. While the consumer pulls it allows one
  more for every two quick ones that have ended, so that workers need not wait for the next, and
  one more for a slot that is free because a slow period holds up the others; up to `max_tasks`.
- A task counts until its last row has gone to the consumer.
- The first tasks are one period each. Once periods are seen to be quick and small, neighbours share
  a task, as many as take about a tenth of a second; towards the end shares get smaller, so that
  all slots stay busy.
- What is finished and not yet read stays in the object store. When it comes near to `max_bytes`,
  nothing more is submitted or listened to, except for the period whose turn it is.

The window knows no Ray: a `Cluster` runs the tasks. Memory and work per period do not depend on how
many there are.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from polars_io_tools._plan import Period
from polars_io_tools._task import Report

__all__ = ["Arrival", "Cluster", "Limits", "PeriodFailed", "TaskFailed", "Window"]

# What a task of several periods should take, and bring at most.
_TASK_SECONDS = 0.1
_TASK_BYTES = 8 * 2**20

# Parts that are ready together go to the consumer together, up to this many bytes.
_JOINED_BYTES = 64 * 2**20

_PATIENCE = 0.1  # seconds until the consumer is told that there is nothing yet
_REMEMBERED = 8  # estimates rest on so many of the latest periods

# After every two quick ends one more task may wait for a worker; for slow ones it does not pay.
_ENDS_PER_STEP = 2
_QUICK_SECONDS = 0.25


@dataclass(frozen=True)
class Limits:
    """What bounds a run.

    Attributes:
        max_tasks: the most tasks that are submitted and not yet read, None for any number.
        max_bytes: about the most bytes that are finished and not yet read.
        max_periods_per_task: the most periods that share a task.
        ordered: whether results come in the order of the periods.
        in_turn: whether a failure counts only when it is the turn of its period, because a row
            limit may make the period one that is never needed.
    """

    max_tasks: int | None
    max_bytes: int
    max_periods_per_task: int
    ordered: bool
    in_turn: bool


@dataclass(frozen=True)
class Arrival:
    """A part that a task has finished; `data` is what `Cluster.fetch` takes."""

    report: Report
    data: Any


class TaskFailed(Exception):  # noqa: N818  (an outcome, which never leaves this package)
    """A task ended with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class PeriodFailed(TaskFailed):
    """A task ended with an error in a period."""

    def __init__(self, period: Period, error: Exception) -> None:
        super().__init__(error)
        self.period = period


class Cluster(Protocol):
    """Runs tasks of neighbouring periods, whose parts arrive one by one."""

    def slots(self, running: int) -> int:
        """Return how many tasks could run at once, at least one, when `running` of ours do."""

    def submit(self, periods: Sequence[Period]) -> Hashable:
        """Start a task and return its handle."""

    def wait(self, handles: Sequence[Any], timeout: float) -> list[Any]:
        """Return the handles for which `take` has news, none if there are none in time."""

    def take(self, handle: Any) -> Arrival | None:
        """Return the next part of a task, None if only news of it came.

        Raises:
            TaskFailed: the task failed.
        """


@dataclass(eq=False)
class _Pending:
    """A period that is submitted and has not been read to its end."""

    period: Period
    task: _Task
    parts: deque[Arrival] = field(default_factory=deque)
    bytes: int = 0
    done: bool = False
    error: Exception | None = None


@dataclass(eq=False)
class _Task:
    handle: Any
    pending: deque[_Pending] = field(default_factory=deque)  # the first is the next to arrive
    periods: int = 0
    unread: int = 0  # periods that the consumer has not read to their end


class Window:
    """The tasks under way and the results that wait for their turn."""

    def __init__(
        self,
        cluster: Cluster,
        periods: Sequence[Period],
        limits: Limits,
        finished: Callable[[], object],
    ) -> None:
        self._cluster = cluster
        self._periods = periods
        self._limits = limits
        self._finished = finished  # called for each period once all its parts are there
        self._next = 0
        self._slots = cluster.slots(0)
        self._grown = 0
        self._quick_ends = 0
        self._share = 1
        self._tasks: dict[Any, _Task] = {}  # those that still run
        self._unread_tasks = 0
        self._under_way = 0  # periods of running tasks that are not finished
        # In the order of the periods; the head of a dict would get ever slower to find.
        self._pending: OrderedDict[_Pending, None] = OrderedDict()
        self._arrived: list[_Pending] = []  # those with new parts, for results in no order
        self._unread_bytes = 0
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._bytes: deque[int] = deque(maxlen=_REMEMBERED)

    def arrivals(self) -> Iterator[list[tuple[Period, Arrival]]]:
        """Yield parts with their periods as their turn comes, and an empty list while waiting.

        Raises:
            PeriodFailed: a task failed.
        """
        self._fill()
        while self._pending:
            ready = self._ready()
            if ready:
                yield ready
                self._fill()
                continue
            news = self._cluster.wait(self._listening(), _PATIENCE)
            for handle in news:
                self._take(handle)
            if not news:
                self._grow()
                yield []
            self._fill()

    def running(self) -> list[Any]:
        """Return the handles of the tasks that have not ended."""
        return list(self._tasks)

    # --- submitting ---------------------------------------------------------------------------

    def _fill(self) -> None:
        while self._next < len(self._periods) and self._may_submit():
            periods = self._periods[self._next : self._next + self._next_share()]
            share = len(periods)
            self._next += share
            task = _Task(self._cluster.submit(periods), periods=share, unread=share)
            task.pending.extend(_Pending(period, task) for period in periods)
            self._tasks[task.handle] = task
            self._unread_tasks += 1
            self._under_way += share
            self._pending.update(dict.fromkeys(task.pending))

    def _grow(self) -> None:
        """Let no slot idle while the consumer waits, as for a first period that is slow."""
        self._slots = max(self._slots, self._cluster.slots(len(self._tasks)))
        self._grown += max(0, self._slots - len(self._tasks))

    def _may_submit(self) -> bool:
        allowed = self._slots + self._grown + self._quick_ends // _ENDS_PER_STEP
        if self._limits.max_tasks is not None:
            allowed = min(allowed, self._limits.max_tasks)
        if self._unread_tasks >= allowed:
            return False
        if not self._pending:
            return True
        expected = max(self._bytes, default=0) * (self._under_way + self._next_share())
        return self._unread_bytes + expected <= self._limits.max_bytes

    def _next_share(self) -> int:
        """Return how many periods the next task gets."""
        if not self._seconds:
            return 1
        seconds = sum(self._seconds) / len(self._seconds)
        quick = int(_TASK_SECONDS / max(seconds, 1e-6))
        small = _TASK_BYTES // max(1, *self._bytes)
        left = len(self._periods) - self._next
        fair = -(-left // (2 * self._slots))
        return max(1, min(quick, small, fair, 2 * self._share, self._limits.max_periods_per_task))

    # --- listening ----------------------------------------------------------------------------

    def _listening(self) -> list[Any]:
        """Return the tasks whose news are wanted: all, or only that whose turn it is."""
        if self._limits.ordered and self._unread_bytes >= self._limits.max_bytes:
            return [next(iter(self._pending)).task.handle]
        return list(self._tasks)

    def _take(self, handle: Any) -> None:
        task = self._tasks[handle]
        try:
            arrival = self._cluster.take(handle)
        except TaskFailed as failure:
            return self._fail(task, failure)
        if arrival is None:
            return None
        pending = task.pending[0]
        pending.parts.append(arrival)
        if not self._limits.ordered:
            self._arrived.append(pending)
        report = arrival.report
        pending.bytes += report["bytes"]
        self._unread_bytes += report["bytes"]
        if report["last"]:
            pending.done = True
            task.pending.popleft()
            self._under_way -= 1
            self._finished()
            self._seconds.append(report["seconds"])
            self._bytes.append(pending.bytes)
        if not task.pending:
            del self._tasks[handle]
            self._quick_ends += report["seconds"] < _QUICK_SECONDS
            self._share = max(self._share, task.periods)
        return None

    def _fail(self, task: _Task, failure: TaskFailed) -> None:
        del self._tasks[task.handle]
        self._under_way -= len(task.pending)
        pending = task.pending[0]
        if not (self._limits.ordered and self._limits.in_turn):
            raise PeriodFailed(pending.period, failure.error)
        pending.error = failure.error

    # --- reading ------------------------------------------------------------------------------

    def _ready(self) -> list[tuple[Period, Arrival]]:
        """Take the parts whose turn it is: up to the first that is missing, or all there are."""
        ready: list[tuple[Period, Arrival]] = []
        if not self._limits.ordered:
            for pending in self._arrived:
                self._read(pending, ready)
            self._arrived.clear()
            return ready
        size = 0
        while self._pending and size < _JOINED_BYTES:
            head = next(iter(self._pending))
            if head.error is not None:
                if not ready:
                    raise PeriodFailed(head.period, head.error)
                break
            size += self._read(head, ready)
            if not head.done:
                break
        return ready

    def _read(self, pending: _Pending, ready: list[tuple[Period, Arrival]]) -> int:
        size = sum(part.report["bytes"] for part in pending.parts)
        ready.extend((pending.period, part) for part in pending.parts)
        pending.parts.clear()
        self._unread_bytes -= size
        if pending.done and self._pending.pop(pending, pending) is None:
            pending.task.unread -= 1
            self._unread_tasks -= pending.task.unread == 0
        return size
