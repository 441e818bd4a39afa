"""The long mode of the fault tests: it prints what happened, and fails if an answer was wrong.

`python -m tests.faults.long_run [KILLS [NODES [SEED]]]`, by default 200 workers and 20 nodes.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.conftest import Nodes, started
from tests.faults.killer import Killer

__all__ = ["kill_workers", "lose_nodes"]

_OFTEN = {"max_retries": 50}


def kill_workers(nodes: Nodes, wanted: int, seed: int) -> dict[str, Any]:
    """Run queries of 50 periods until so many busy workers were killed, and return figures."""
    figures = _Figures()
    killed = 0
    while killed < wanted:
        shape = {"count": 50, "row_bytes": 5_000}
        settings = {"shape": shape, "seconds": 0.3, "options": {"remote_options": _OFTEN}}
        with Killer(nodes, seed + figures.queries) as killer:
            figures.run(nodes, settings, lambda: None)
        killed += killer.killed
    return {"workers killed": killed, **figures.summary()}


def lose_nodes(nodes: Nodes, wanted: int, seed: int) -> dict[str, Any]:
    """Run a query for each node that is lost, one of three, and return figures."""
    figures = _Figures()
    rng = random.Random(seed)
    new: dict[str, Any] = {
        "num_cpus": 1,
        "object_store_memory": 100_000_000,
        "resources": {"more": 9},
    }
    nodes.add("node 0", **new)
    for number in range(wanted):
        nodes.add(f"node {number + 1}", **new)

        def lose(name: str = f"node {number}") -> None:
            time.sleep(rng.uniform(0.2, 3))
            nodes.remove(name)

        shape = {"count": 40, "row_bytes": 10_000}
        options = {"remote_options": {"resources": {"more": 1}, **_OFTEN}}
        figures.run(nodes, {"shape": shape, "seconds": 0.2, "options": options}, lose)
    nodes.remove(f"node {wanted}")
    return {"nodes lost": wanted, **figures.summary()}


class _Figures:
    """What came of some queries."""

    def __init__(self) -> None:
        self.queries = 0
        self._periods = 0
        self._wrong: list[dict[str, Any]] = []
        self._tasks = 0
        self._again = 0
        self._most = 0
        self._start = time.monotonic()

    def run(self, nodes: Nodes, settings: dict[str, Any], fault: Callable[[], None]) -> None:
        """Run a query and let something happen to it after its start."""
        with (
            tempfile.TemporaryDirectory() as folder,
            nodes.drive("same", Path(folder), **settings) as driver,
        ):
            driver.hear()
            fault()
            heard = driver.hear()
            attempts = driver.attempts()
        self.queries += 1
        self._periods += settings["shape"]["count"]
        if not heard.get("same"):
            self._wrong.append(heard)
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
            "seconds": round(time.monotonic() - self._start),
        }


def main(kills: int = 200, losses: int = 20, seed: int = 1) -> int:
    """Print the figures of both; the exit status says whether an answer was wrong."""
    wrong = 0
    nodes = started()
    try:
        for part, count in ((kill_workers, kills), (lose_nodes, losses)):
            figures = part(nodes, count, seed)
            sys.stdout.write(json.dumps(figures, indent=2) + "\n")
            sys.stdout.flush()
            wrong += len(figures["answers that differ or failed"])
    finally:
        nodes.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
