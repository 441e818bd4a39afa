"""Tasks whose rows stay in the object store, and are made again by Ray when they are lost.

Each task returns two objects: a report, and all of its rows. Both belong to the driver, so they
live for as long as it refers to them. Ray remembers how they were made, which it does for tasks
that may be repeated: when a node goes with rows on it, Ray runs their tasks again, and those before
them whose rows are gone as well.

So it is Ray that repeats these tasks, as often as we would. For want of memory it repeats them
without end, which the worker puts an end to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polars_io_tools._transport import Part
from polars_io_tools.ray._cluster import RayCluster
from polars_io_tools.ray._protocol import Arrival, TaskFailed
from polars_io_tools.ray._retries import Retries

__all__ = ["KeepingCluster"]

# How often a task is repeated for want of memory, of which Ray keeps no count.
_AFTER_OUT_OF_MEMORY = 3


class KeepingCluster(RayCluster):
    """A cluster where rows stay: `fetch` gives a report and the reference of its rows."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._rows: dict[Any, Any] = {}  # of running tasks, by their reports
        self._task["keep"] = True

    def _repetition(self, options: Mapping[str, Any]) -> dict[str, Any]:
        limit = Retries.of(options).after_loss
        self._task["attempts"] = None if limit is None else 1 + limit + _AFTER_OUT_OF_MEMORY
        retries = -1 if limit is None else limit
        return {"num_returns": 2, "max_retries": retries, "retry_exceptions": False}

    def _handle(self, started: Sequence[Any]) -> Any:
        report, rows = started
        self._rows[report] = rows
        return report

    def _end_of(self, handle: Any) -> Any:
        return handle

    def ended(self, handle: Any) -> None:
        """Take note that a task has ended."""
        self._rows.pop(handle, None)
        super().ended(handle)

    def take(self, handle: Any) -> Arrival | None:
        """Return the rows of a task, which are there all at once.

        Raises:
            TaskFailed: the task failed; what Ray has repeated in vain is not tried again.
        """
        try:
            report = self._ray.get(handle)
        except self._ray.exceptions.RayError as error:
            retries = self._own_retries.get(handle, self._retries)
            if not retries.is_loss(error):
                raise TaskFailed(error, retries=retries.after(error)) from error
            # After a lack of memory Ray does not say how often it was.
            counted = not isinstance(error, self._ray.exceptions.OutOfMemoryError)
            repeated = retries.after_loss if counted and retries.after_loss else 0
            raise TaskFailed(error, retries=0, repeated=repeated) from error
        self._tell_threads(report["threads"])
        return Arrival(report, self._rows[handle])

    def fetch(self, arrival: Arrival, timeout: float) -> Part | None:  # noqa: ARG002  (nothing moves)
        """Return the report and the reference."""
        return (arrival.report, arrival.data)
