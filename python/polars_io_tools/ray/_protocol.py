"""What the window needs of a cluster, and what bounds a run."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from polars_io_tools._period import AnyPartition
from polars_io_tools._report import Report
from polars_io_tools._transport import Part

__all__ = ["Arrival", "Cluster", "HalfRead", "Limits", "PeriodFailed", "TaskFailed", "Watch"]


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
        whole: whether a period is read only once all of it is there, because another attempt may
            give its rows in another order.
    """

    max_tasks: int | None
    max_bytes: int
    max_periods_per_task: int
    ordered: bool
    in_turn: bool
    whole: bool


@dataclass(frozen=True)
class Arrival:
    """A part that a task has finished; `data` is what `Cluster.fetch` takes."""

    report: Report
    data: Any


class TaskFailed(Exception):  # noqa: N818  (an outcome, which never leaves this package)
    """A task ended with an error, or a part of its result is lost.

    Attributes:
        error: what happened.
        retries: how often a period that failed in this way is tried again, None for any number of
            times; 0 for what would happen again.
        repeated: how often the cluster itself has tried it again, in vain.
    """

    def __init__(self, error: Exception, *, retries: int | None, repeated: int = 0) -> None:
        super().__init__(str(error))
        self.error = error
        self.retries = retries
        self.repeated = repeated

    def of(self, periods: Sequence[AnyPartition], retries: int) -> PeriodFailed:
        """Return it as that of periods which were tried again so often, besides by the cluster."""
        return PeriodFailed(periods, self.error, retries + self.repeated)


class PeriodFailed(Exception):  # noqa: N818  (an outcome, which never leaves this package)
    """A period failed for good, after so many retries.

    Attributes:
        periods: the period, and after it those that its task was still to bring.
        error: what happened.
        retries: how often it was tried again.
    """

    def __init__(self, periods: Sequence[AnyPartition], error: Exception, retries: int) -> None:
        super().__init__(str(error))
        self.periods = periods
        self.error = error
        self.retries = retries

    @property
    def period(self) -> AnyPartition:
        """The first of the periods."""
        return self.periods[0]


class HalfRead(PeriodFailed):
    """A period was lost when some of its rows had been read, and would come in another order."""


class Cluster(Protocol):
    """Runs tasks of neighbouring periods, whose parts arrive one by one."""

    def now(self) -> float:
        """Return the seconds since some time."""

    def slots(self, running: int) -> int:
        """Return how many tasks could run at once, at least one, when `running` of ours do."""

    def has_room(self) -> bool:
        """Return whether one more task finds what it needs, such as connections to a server."""

    def ended(self, handle: Any) -> None:
        """Take note that a task has ended, with which `take` is done."""

    def submit(self, periods: Sequence[AnyPartition], skip: int) -> Hashable:
        """Start a task and return its handle; it leaves out `skip` rows of the first period."""

    def wait(self, handles: Sequence[Any], timeout: float) -> list[Any]:
        """Return the handles for which `take` has news, none if there are none in time."""

    def take(self, handle: Any) -> Arrival | None:
        """Return the next part of a task, None if only news of it came.

        Raises:
            TaskFailed: the task failed.
        """

    def fetch(self, arrival: Arrival, timeout: float) -> Part | None:
        """Return a part, None if it is not here in time.

        Raises:
            TaskFailed: it is lost.
        """


class Watch:
    """What is told how a run goes, as it goes; here it does nothing with it.

    It is called between two looks at the cluster, so it has to be quick.
    """

    def submitted(self, periods: Sequence[AnyPartition], skip: int) -> None:
        """Periods were given to the cluster as one task, maybe again, without rows that it has."""

    def arrived(self, periods: Sequence[AnyPartition], report: Report) -> None:
        """A task has said of some of its periods that a part is ready."""

    def finished(self, period: AnyPartition) -> None:
        """All parts of a period are ready; it is called once for each."""

    def failed(self, periods: Sequence[AnyPartition], error: Exception, *, again: bool) -> None:
        """A task ended without these periods, of which the first is the one that failed."""

    def read(self, periods: Sequence[AnyPartition]) -> None:
        """The consumer has all rows of periods."""

    def held_back(self) -> None:
        """No task was submitted, since results that wait to be read fill the store."""
