"""What the window knows of the periods and tasks that are submitted and not yet read."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from polars_io_tools._period import AnyPartition
from polars_io_tools.ray._protocol import Arrival

__all__ = ["Pending", "Task"]


@dataclass(eq=False)
class Pending:
    """A period that is submitted and has not been read to its end."""

    period: AnyPartition
    task: Task
    parts: deque[Arrival] = field(default_factory=deque)  # those that wait to be read
    orphan: bool = False  # another attempt is under way, and what comes of this one is dropped
    rows: int = 0  # those that were read
    bytes: int = 0
    done: bool = False
    counted: bool = False
    retries: int = 0
    led: list[Pending] = field(default_factory=list)  # later periods whose rows are in its part
    error: Exception | None = None

    def arrived_rows(self) -> int:
        """Return how many rows of it were read or wait to be."""
        return self.rows + sum(part.report["rows"] for part in self.parts)

    def finish(self) -> bool:
        """Note that all of it is there, and return whether that is so for the first time."""
        self.done, first = True, not self.counted
        self.counted = True
        return first

    def retry(self, task: Task) -> None:
        """Note that another task computes it."""
        self.task, self.done, self.led = task, False, []
        self.retries += 1

    def periods(self) -> list[AnyPartition]:
        """Return the periods whose rows are in its part."""
        return [self.period, *(each.period for each in self.led)]

    def drop(self) -> int:
        """Forget the parts that wait, for another attempt brings their rows; return their size."""
        size = sum(part.report["bytes"] for part in self.parts)
        self.bytes -= size
        self.parts.clear()
        return size


@dataclass(eq=False)
class Task:
    handle: Any
    periods: int
    pending: deque[Pending] = field(default_factory=deque)  # the first is the next to arrive
    unread: int = 0  # periods that the consumer has not read to their end
