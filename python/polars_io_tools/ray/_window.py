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

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

from polars_io_tools._period import AnyPartition, alike
from polars_io_tools._transport import Part
from polars_io_tools.ray._pace import Pace
from polars_io_tools.ray._pending import Pending, Task
from polars_io_tools.ray._protocol import (
    Arrival,
    Cluster,
    HalfRead,
    Limits,
    PeriodFailed,
    TaskFailed,
    Watch,
)

__all__ = ["Window"]

# Parts that are ready together go to the consumer together, up to this many bytes.
_JOINED_BYTES = 64 * 2**20

_GATHERED_BYTES = 2**20
_MOMENT = 0.01  # seconds that little may wait for more
_PATIENCE = 0.1  # seconds until the consumer is told that there is nothing yet

_ENDS_PER_STEP = 2  # quick ones, after which one more may wait for a worker; slow ones do not pay
_QUICK_SECONDS = 0.25


class Window:
    """The tasks under way and the results that wait for their turn."""

    def __init__(
        self,
        cluster: Cluster,
        periods: Sequence[AnyPartition],
        limits: Limits,
        watch: Watch,
    ) -> None:
        self._cluster = cluster
        self._periods = periods
        self._limits = limits
        self._watch = watch
        self._next = 0
        self._slots = cluster.slots(0)
        self._grown = 0
        self._quick_ends = 0
        self._share = 1
        self._tasks: dict[Any, Task] = {}  # those that still run
        self._unread_tasks = 0
        self._under_way = 0  # periods of running tasks that are not finished
        # In the order of the periods; the head of a dict would get ever slower to find.
        self._pending: OrderedDict[Pending, None] = OrderedDict()
        self._arrived: list[Pending] = []  # those with new parts, for results in no order
        self._on_its_way = False  # whether the next part has not come from its node yet
        self._unread_bytes = 0
        self._read_bytes = 0  # of what the consumer gets next
        self._pace = Pace()

    def parts(self) -> Iterator[list[Part]]:
        """Yield parts as the turn of their period comes, and an empty list while waiting.

        Raises:
            PeriodFailed: a task failed, and trying again did not help.
        """
        self._fill()
        while self._pending or self._next < len(self._periods):
            ready = self._gathered()
            if ready:
                yield ready
                self._fill()
                continue
            # A part that is on its way was waited for already.
            news = self._cluster.wait(self._listening(), 0 if self._on_its_way else _PATIENCE)
            for handle in news:
                self._take(handle)
            if not news:
                self._grow()
            if not news or self._on_its_way:
                yield []
            self._fill()

    def _gathered(self) -> list[Part]:
        """Return what is ready, and if that is little, what follows within a moment.

        Frames of a row or two would cost Polars more than the rows are worth.
        """
        ready = self._ready()
        end = self._cluster.now() + _MOMENT
        while ready and not self._limits.in_turn and self._tasks:
            left = end - self._cluster.now()
            if left <= 0 or self._unread_bytes + self._read_bytes > _GATHERED_BYTES:
                break
            for handle in self._cluster.wait(self._listening(), left):
                self._take(handle)
            self._fill()
            ready += self._ready()
        self._read_bytes = 0
        return ready

    def running(self) -> list[Any]:
        """Return the handles of the tasks that have not ended."""
        return list(self._tasks)

    def _fill(self) -> None:
        while self._next < len(self._periods) and self._may_submit():
            periods = alike(self._periods[self._next : self._next + self._next_share()])
            self._next += len(periods)
            task = self._start(periods)
            task.pending.extend(Pending(period, task) for period in periods)
            self._pending.update(dict.fromkeys(task.pending))

    def _start(self, periods: Sequence[AnyPartition], skip: int = 0) -> Task:
        count = len(periods)
        self._watch.submitted(periods, skip)
        task = Task(self._cluster.submit(periods, skip), periods=count, unread=count)
        self._tasks[task.handle] = task
        self._unread_tasks += 1
        self._under_way += count
        return task

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
        expected = self._pace.size() * (self._under_way + self._next_share())
        if self._pending and self._unread_bytes + expected > self._limits.max_bytes:
            self._watch.held_back()
            return False
        return self._cluster.has_room()

    def _next_share(self) -> int:
        """Return how many periods the next task gets."""
        fair = (len(self._periods) - self._next) // (4 * self._slots)
        most = min(2 * self._share, self._limits.max_periods_per_task)
        return max(1, min(self._pace.share(), fair, most))

    def _listening(self) -> list[Any]:
        """Return the tasks whose news are wanted: all, or only that whose turn it is."""
        if self._limits.ordered and self._unread_bytes >= self._limits.max_bytes:
            return [] if self._on_its_way else [next(iter(self._pending)).task.handle]
        return list(self._tasks)

    def _take(self, handle: Any) -> None:
        task = self._tasks[handle]
        try:
            arrival = self._cluster.take(handle)
        except TaskFailed as failure:
            self._end(task)
            self._fail([p for p in task.pending if not p.orphan], failure)
            return
        if arrival is None:
            return
        count = arrival.report["periods"]
        if not task.pending[0].orphan:
            self._keep(task.pending[0], arrival, [task.pending[i] for i in range(1, count)])
        if arrival.report["last"]:
            for _ in range(count):
                task.pending.popleft()
            self._under_way -= count
        if not task.pending:
            self._end(task)
            self._quick_ends += arrival.report["seconds"] < _QUICK_SECONDS
            self._share = max(self._share, task.periods)

    def _keep(self, pending: Pending, arrival: Arrival, led: list[Pending]) -> None:
        report = arrival.report
        pending.led = led
        pending.parts.append(arrival)
        pending.bytes += report["bytes"]
        self._unread_bytes += report["bytes"]
        self._watch.arrived(pending.periods(), report)
        if not self._limits.ordered:
            self._arrived.append(pending)
        if not report["last"]:
            return
        self._pace.note(report["seconds"], pending.bytes // report["periods"])
        for each in (pending, *led):
            if each.finish():
                self._watch.finished(each.period)

    def _end(self, task: Task) -> None:
        del self._tasks[task.handle]
        self._cluster.ended(task.handle)
        self._under_way -= len(task.pending)

    def _fail(self, pending: list[Pending], failure: TaskFailed) -> None:
        """Try the periods of a failed task again, or give up at the first."""
        if not pending:
            return
        first = pending[0]
        if self._limits.whole:
            if first.rows and failure.retries != 0:
                raise HalfRead([first.period], failure.error, first.retries)
            self._unread_bytes -= first.drop()
        again = failure.retries is None or first.retries < failure.retries
        self._watch.failed([p.period for p in pending], failure.error, again=again)
        if again:
            self._retry(pending)
        elif self._limits.ordered and self._limits.in_turn:
            first.error = failure.error
        else:
            raise failure.of([p.period for p in pending], first.retries)

    def _retry(self, pending: list[Pending]) -> None:
        """Start a task for periods whose task has ended without them."""
        task = self._start([p.period for p in pending], pending[0].arrived_rows())
        task.pending.extend(pending)
        for each in pending:
            self._forget(each.task)
            each.retry(task)

    def _forget(self, task: Task) -> None:
        task.unread -= 1
        self._unread_tasks -= task.unread == 0

    def _ready(self) -> list[Part]:
        """Take the parts whose turn it is: up to the first that is missing, or all there are."""
        ready: list[Part] = []
        self._on_its_way = False
        if not self._limits.ordered:
            arrived, self._arrived = self._arrived, []
            for pending in arrived:
                self._read(pending, ready)
            self._arrived.extend(p for p in arrived if p.parts)
            return ready
        size = 0
        while self._pending and size < _JOINED_BYTES:
            head = next(iter(self._pending))
            if head.error is not None:
                if not ready:
                    raise PeriodFailed([head.period], head.error, head.retries)
                break
            size += self._read(head, ready)
            if head in self._pending:
                break
        return ready

    def _read(self, pending: Pending, ready: list[Part]) -> int:
        """Move the parts of a period to `ready` and return their size."""
        size = 0
        while pending.parts and (pending.done or not self._limits.whole):
            arrival = pending.parts[0]
            try:
                part = self._cluster.fetch(arrival, 0 if ready or self._on_its_way else _PATIENCE)
            except TaskFailed as failure:
                self._lose(pending, failure)
                return size
            if part is None:
                self._on_its_way = True
                return size
            ready.append(part)
            del pending.parts[0]
            pending.rows += arrival.report["rows"]
            self._unread_bytes -= arrival.report["bytes"]
            self._read_bytes += arrival.report["bytes"]
            size += arrival.report["bytes"]
        if pending.done and pending in self._pending:
            self._watch.read(pending.periods())
            for each in (pending, *pending.led):
                del self._pending[each]
                self._forget(each.task)
        return size

    def _lose(self, pending: Pending, failure: TaskFailed) -> None:
        """Compute a period again, whose next part was lost after it had arrived."""
        self._unread_bytes -= pending.drop()
        if pending.task.handle in self._tasks and not pending.done:
            pending.task.pending[0] = Pending(pending.period, pending.task, orphan=True)
        self._fail([pending, *pending.led], failure)
