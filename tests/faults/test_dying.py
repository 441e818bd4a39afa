"""A task that dies whenever it is begun, as one that needs too much memory: an error, in time.

The worker notes each attempt before it dies, so that what is counted is what happened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Nodes

WAYS = ["execute_on_ray", "collect", "execute", "directory", "file"]

BAD = "2024-01-03"

_LONG_SECONDS = 600


def ended(nodes: Nodes, folder: Path, way: str, **settings: Any) -> dict[str, Any]:
    """Return what is said of a query of five days that ends by an error, and its attempts."""
    given = {"way": way, "count": 5, "bad": 2, "options": {}} | settings
    with nodes.drive("dying_drivers.dies", folder, **given) as driver:
        assert driver.hear() == {"started": True}
        heard = driver.hear(_LONG_SECONDS)
        assert driver.end() == 0
        heard["attempts"] = driver.attempts()
    return heard


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_that_is_killed_each_time(one_node: Nodes, tmp_path: Path, way: str) -> None:
    heard = ended(one_node, tmp_path, way, options={"max_periods_per_task": 1})
    assert heard["attempts"].pop(BAD) == 4, "three times more than once"
    assert set(heard["attempts"].values()) <= {1}
    assert heard["period"] == BAD
    assert heard["cause"] == "WorkerCrashedError"
    message = heard["error"]
    assert message.startswith(f"period {BAD} failed after 4 attempts: WorkerCrashedError: ")
    assert "runs out of memory" in message
    assert "a finer split" in message
    assert 'remote_options={"memory": …}' in message
    assert heard["there"] is False


@pytest.mark.parametrize("way", ["collect", "execute"])
def test_as_often_as_is_asked_for(one_node: Nodes, tmp_path: Path, way: str) -> None:
    once = {"max_periods_per_task": 1, "remote_options": {"max_retries": 0}}
    heard = ended(one_node, tmp_path, way, options=once)
    assert heard["attempts"][BAD] == 1
    assert heard["error"].startswith(f"period {BAD} failed: WorkerCrashedError: ")


# The monitor of the node finds too little memory whatever is free.
WEAK = {"RAY_memory_usage_threshold": "0.01", "RAY_memory_monitor_refresh_ms": "5000"}

# Ray waits twice as long before each repetition for want of memory as before the last one.
IMPATIENT = {"RAY_task_oom_retry_delay_base_ms": "50"}


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_a_node_without_memory(many_nodes: Nodes, tmp_path: Path, way: str) -> None:
    """Of its own accord Ray would begin what is kept again without end."""
    many_nodes.add(
        f"starved {way}",
        WEAK,
        num_cpus=0,
        object_store_memory=80_000_000,
        resources={f"starved {way}": 1},
    )
    remote = {"num_cpus": 0, "resources": {f"starved {way}": 1}, "max_retries": 1}
    options = {"max_periods_per_task": 1, "remote_options": remote}
    heard = ended(
        many_nodes, tmp_path, way, count=1, seconds=60, options=options, environment=IMPATIENT
    )
    many_nodes.remove(f"starved {way}")
    first = "2024-01-01"
    assert heard["period"] == first
    assert heard["there"] is False
    most = 5 if way == "execute" else 2
    assert heard["attempts"].get(first, 0) <= most  # some may end before they have begun to read
    message = heard["error"]
    if way == "execute":
        assert heard["cause"] == "RayTaskError(MemoryError)"
        assert message.startswith(f"period {first} failed: MemoryError: its process ended ")
    else:
        assert heard["cause"] == "OutOfMemoryError"
        assert message.startswith(f"period {first} failed after 2 attempts: OutOfMemoryError: ")
    assert "a finer split" in message
    assert 'remote_options={"memory": …}' in message
