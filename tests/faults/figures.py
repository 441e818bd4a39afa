"""What comes of queries that something happens to: answers, attempts, what is left, how long."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.conftest import LOAD, Driver, Nodes, until

__all__ = ["Figures"]

# How soon after its last row nothing of a query runs.
_STOP_SECONDS = 5 * LOAD


class Figures:
    """Runs queries, and counts."""

    def __init__(self) -> None:
        self.queries = 0
        self._periods = 0
        self._wrong: list[dict[str, Any]] = []
        self._tasks = 0
        self._again = 0
        self._most = 0
        self._left = 0
        self._stops: list[float] = []
        self._seconds: list[float] = []

    def run(
        self, nodes: Nodes, settings: dict[str, Any], fault: Callable[[Driver], object]
    ) -> None:
        """Run a query, let something happen to it after its start, and compare its rows."""
        start = time.monotonic()
        with (
            tempfile.TemporaryDirectory() as folder,
            nodes.drive("same", Path(folder), **settings) as driver,
        ):
            try:
                driver.hear()
                fault(driver)
                heard = driver.hear()
            except EOFError as error:
                heard = {"error": str(error)}
            self._seconds.append(time.monotonic() - start)
            # The process of the driver lives on: it is not its end that stops tasks.
            stopped = until(lambda: not (nodes.busy() or driver.at_work()), _STOP_SECONDS)
            attempts = driver.attempts()
        self.queries += 1
        self._periods += settings["shape"]["count"]
        if not heard.get("same"):
            self._wrong.append(heard)
        if stopped is None:
            self._left += 1
        else:
            self._stops.append(stopped)
        self._tasks += heard.get("tasks", 0)
        self._again += sum(count > 1 for count in attempts.values())
        self._most = max(self._most, *attempts.values())

    def summary(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {
            "queries": self.queries,
            "periods": self._periods,
            "tasks": self._tasks,
            "periods begun more than once": self._again,
            "most attempts of a period": self._most,
            "answers that differ or failed": self._wrong,
            "queries that left tasks running": self._left,
            "seconds until no task ran, at most": round(max(self._stops, default=0.0), 1),
            "seconds of a query, median and most": [
                round(figure(self._seconds), 1) for figure in (statistics.median, max)
            ],
            "seconds": round(sum(self._seconds)),
        }
