"""The long mode of the fault tests: it prints what happened, and fails if anything went wrong.

`python -m tests.faults.long_run [KILLS [NODES [SEED]]]`, by default 200 workers and 20 nodes, in
three parts: workers are killed on one node; one of three nodes goes, in each of NODES queries; and
of a cluster of NODES nodes one after the other goes until a single one is left, while workers are
killed as well.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any, Self

import psutil

from tests.faults.conftest import Driver, Nodes, started, until
from tests.faults.figures import Figures
from tests.faults.killer import Killer

__all__ = ["bad", "kill_workers", "lose_all_but_one", "lose_nodes"]

# Each period may be unlucky more often than a user's ever is.
_OFTEN = {"max_retries": 50}

# What queries differ in, one after the other: the order of the periods, results in several parts,
# which can be lost half-way, and an order of rows that is left open.
_KINDS: list[dict[str, Any]] = [
    {},
    {"options": {"preserve_partition_order": False}},
    {"part_bytes": 60_000},
    {"part_bytes": 60_000, "open": True, "options": {"preserve_partition_order": False}},
]

# A node for tasks, beside the first, on which the drivers are.
_WORKERS: dict[str, Any] = {
    "num_cpus": 1,
    "object_store_memory": 80_000_000,
    "resources": {"more": 1},
}
_THERE = {"resources": {"more": 1}, **_OFTEN}

# Of many nodes, how many go in one query.
_LOST_AT_ONCE = 4

_PERIODS_PER_NODE = 5

# How long a node that runs a task is waited for; there is none when the query is over.
_BUSY_SECONDS = 30


def kill_workers(nodes: Nodes, wanted: int, seed: int) -> dict[str, Any]:
    """Run queries of 50 periods until so many busy workers were killed, and return figures."""
    figures = Figures()
    killed = 0
    while killed < wanted:
        settings = _query(figures, 50, 0.3, _OFTEN)
        with Killer(nodes, seed + figures.queries) as killer:
            figures.run(nodes, settings, lambda _: None)
        killed += killer.killed
    return {"workers killed": killed, **figures.summary()}


def lose_nodes(nodes: Nodes, wanted: int, seed: int) -> dict[str, Any]:
    """Run a query for each node that is lost, one of three, and return figures."""
    figures = Figures()
    with _Loser(nodes, seed) as loser:
        loser.add("node 0")
        for number in range(wanted):
            loser.add(f"node {number + 1}")
            settings = _query(figures, 40, 0.2, _THERE)
            figures.run(nodes, settings, lambda driver: loser.lose(driver, 1))
        return {"nodes lost": loser.lost, **figures.summary()}


def lose_all_but_one(nodes: Nodes, count: int, seed: int) -> dict[str, Any]:
    """Run queries on so many nodes until one of them is left, and return figures."""
    figures = Figures()
    killed = 0
    with _Loser(nodes, seed) as loser:
        for number in range(count):
            loser.add(f"one of many {number}")

        def fault(driver: Driver) -> None:
            nonlocal killed
            with Killer(nodes, seed + figures.queries) as killer:
                loser.lose(driver, min(_LOST_AT_ONCE, loser.left - 1))
            killed += killer.killed

        while loser.left > 1 and figures.queries < count:
            settings = _query(figures, _PERIODS_PER_NODE * loser.left, 1.0, _THERE)
            figures.run(nodes, settings, fault)
        words = {"nodes at the start": count, "nodes lost": loser.lost, "workers killed": killed}
        return {**words, **figures.summary()}


def _query(figures: Figures, count: int, seconds: float, remote: dict[str, Any]) -> dict[str, Any]:
    """Return the next query: so many periods, which take some seconds each."""
    kind = _KINDS[figures.queries % len(_KINDS)]
    options = {"remote_options": remote, **kind.get("options", {})}
    shape = {"count": count, "row_bytes": 10_000}
    return {**kind, "shape": shape, "seconds": seconds, "options": options}


class _Loser:
    """Nodes for tasks, of which some go while they run some."""

    def __init__(self, nodes: Nodes, seed: int) -> None:
        self._nodes = nodes
        self._random = random.Random(seed)
        self._raylets: dict[int, str] = {}
        self.lost = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._raylets.values():
            self._nodes.remove(name)

    @property
    def left(self) -> int:
        return len(self._raylets)

    def add(self, name: str) -> None:
        self._nodes.add(name, **_WORKERS)
        self._raylets[self._nodes.raylet(name)] = name

    def lose(self, driver: Driver, count: int) -> None:
        """End so many nodes, each while it runs a task of the driver; fewer if there are none."""
        for _ in range(count):
            time.sleep(self._random.uniform(0.2, 2))
            if until(lambda: self._busy(driver), _BUSY_SECONDS) is None:
                return
            raylet = self._random.choice(self._busy(driver) or list(self._raylets))
            self._nodes.remove(self._raylets.pop(raylet))
            assert not psutil.pid_exists(raylet), "the node is still there"
            self.lost += 1

    def _busy(self, driver: Driver) -> list[int]:
        return sorted(self._raylets.keys() & set(driver.at_work().values()))


def bad(figures: dict[str, Any]) -> list[Any]:
    """Return what may not be among the figures of a part."""
    left = figures["queries that left tasks running"]
    return [*figures["answers that differ or failed"], *(["tasks left running"] * left)]


def main(kills: int = 200, losses: int = 20, seed: int = 1) -> int:
    """Print the figures of all parts; the exit status says whether anything went wrong."""
    wrong = 0
    for part, count in ((kill_workers, kills), (lose_nodes, losses), (lose_all_but_one, losses)):
        nodes = started()
        try:
            figures = part(nodes, count, seed)
        finally:
            nodes.stop()
        sys.stdout.write(json.dumps({"part": part.__name__, **figures}, indent=2) + "\n")
        sys.stdout.flush()
        wrong += len(bad(figures))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
