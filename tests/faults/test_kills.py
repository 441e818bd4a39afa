"""Workers and nodes that die, results that are lost, messages that do not arrive: the same rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.conftest import Driver, Nodes, until
from tests.faults.killer import Killer

# Each period may be unlucky more often than a user's ever is.
OFTEN = {"max_retries": 50}


def test_workers_that_are_killed(one_node: Nodes, tmp_path: Path) -> None:
    shape = {"count": 50, "row_bytes": 5_000}  # parts that lie in the object store
    options = {"remote_options": OFTEN}
    settings = {"shape": shape, "seconds": 0.3, "options": options}
    with one_node.drive("same", tmp_path, **settings) as driver:
        assert driver.hear() == {"started": True}
        with Killer(one_node, seed=8) as killer:
            heard = driver.hear()
        assert heard["same"], driver.log.read_text()
        assert heard["rows"] == 50 * 20
        assert killer.killed > 0
        assert heard["tasks"] > 50
        attempts = driver.attempts()
        assert len(attempts) == 50
        assert max(attempts.values()) > 1
        assert driver.end() == 0


def test_a_period_that_is_lost_half_way(one_node: Nodes, tmp_path: Path) -> None:
    queries: list[dict[str, Any]] = [
        {"options": {}},
        {"options": {"preserve_partition_order": False}},
        {"options": {}, "open": True},
    ]
    with one_node.drive("half_way", tmp_path, queries=queries) as driver:
        for query in queries:
            heard = driver.hear()
            assert heard["same"], query
            # Of six parts of 20 rows two came; where the order is open, none was read.
            assert heard["skipped"] == ([] if query.get("open") else [6])
        heard = driver.hear()
        assert driver.end() == 0
    assert heard["tasks"] <= 2  # trying again would mix the rows of two orders
    first, second = heard["error"].splitlines()
    assert first == "period 2024-01-01 failed: ConnectionError: the node is gone"
    assert second.startswith(
        "Some of its rows had been read, and another attempt may give them in "
    )
    assert 'left open, as it is by group_by("date", "row"). Use group_by(..., main' in second


@pytest.fixture
def three_nodes(many_nodes: Nodes) -> Iterator[Nodes]:
    """Two nodes for tasks beside the one with the driver, of which the test ends the first."""
    for name, cpus in {"first": 2, "second": 1}.items():
        many_nodes.add(name, num_cpus=cpus, object_store_memory=100_000_000, resources={"more": 9})
    yield many_nodes
    many_nodes.remove("second")


def test_a_node_that_goes_with_its_results(three_nodes: Nodes, tmp_path: Path) -> None:
    lost = three_nodes.raylet("first")
    options = {"remote_options": {"resources": {"more": 1}}}
    shape = {"count": 40, "row_bytes": 10_000}
    settings = {"shape": shape, "seconds": 0.2, "options": options, "pause": None}
    with three_nodes.drive("same", tmp_path, **settings) as driver:
        assert driver.hear() == {"started": True}
        # The reader waits, so that there are results soon which nobody has fetched.
        assert until(lambda: len(days_done(driver, lost)) >= 6, 60) is not None
        assert until_still(lambda: len(driver.lines()))
        done = days_done(driver, lost)
        three_nodes.remove("first")
        driver.tell()
        heard = driver.hear()
        assert heard["same"], driver.log.read_text()
        assert not psutil.pid_exists(lost)
        assert heard["tasks"] > 40
        attempts = driver.attempts()
        assert any(attempts[day] > 1 for day in done), "no result was lost"
        assert driver.end() == 0


def until_still(figure: Callable[[], int]) -> bool:
    """Wait until a figure has stayed the same for a while."""
    seen: list[int] = []

    def still() -> bool:
        seen.append(figure())
        return len(seen) > 30 and len(set(seen[-30:])) == 1

    return until(still, 60) is not None


def days_done(driver: Driver, raylet: int) -> set[str]:
    """Return the days whose task has ended on a node."""
    words = [line.split() for line in driver.lines()]
    return {day for word, day, _, parent in words if (word, parent) == ("done", str(raylet))}


def rpc_failures(*methods: str) -> str:
    """Return the setting with which Ray loses some requests and some responses."""
    failure = {"num_failures": 20, "req_failure_prob": 15, "resp_failure_prob": 15}
    return json.dumps(dict.fromkeys(methods, failure))


def test_messages_that_are_lost_or_late(many_nodes: Nodes, tmp_path: Path) -> None:
    worker = "CoreWorkerService.grpc_client."
    driver_environment = {
        "RAY_testing_rpc_failure": rpc_failures(
            worker + "PushTask", "NodeManagerService.grpc_client.RequestWorkerLease"
        ),
        "RAY_testing_asio_delay_us": f"{worker}PushTask=50000:200000",
    }
    node_environment = {
        "RAY_testing_rpc_failure": rpc_failures(worker + "ReportGeneratorItemReturns"),
        "RAY_testing_asio_delay_us": f"{worker}ReportGeneratorItemReturns=10000:100000",
    }
    many_nodes.add(
        "unreliable",
        node_environment,
        num_cpus=2,
        object_store_memory=100_000_000,
        resources={"unreliable": 9},
    )
    options = {"remote_options": {"resources": {"unreliable": 1}, **OFTEN}}
    settings: dict[str, Any] = {"shape": {"count": 30, "row_bytes": 5_000}, "options": options}
    settings["environment"] = driver_environment
    with many_nodes.drive("same", tmp_path, **settings) as driver:
        assert driver.hear() == {"started": True}
        heard = driver.hear()
        assert heard["same"], driver.log.read_text()
        pid = driver.process.pid
        assert driver.end() == 0
    many_nodes.remove("unreliable")
    assert heard["tasks"] > 30
    injected = inject(many_nodes.logs.glob(f"python-core-driver-*_{pid}.log"))
    assert {"PushTask", "RequestWorkerLease", "delay"} <= injected
    workers = inject(many_nodes.logs.glob("python-core-worker-*.log"))
    assert {"ReportGeneratorItemReturns", "delay"} <= workers


def inject(logs: Iterator[Path]) -> set[str]:
    """Return what Ray says that it has lost, and whether it has delayed anything."""
    text = "".join(log.read_text() for log in logs)
    lost = re.findall(r"Inject RPC \S+ failure for \w+\.grpc_client\.(\w+)", text)
    return {*lost, *(["delay"] if "Delaying method" in text else [])}
