"""Nodes without memory, a store or a disk that is full: bounded use, and clear errors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Nodes, started, until


def spills(nodes: Nodes) -> int:
    """Return how often the first node has written objects to the disk, by its own account."""
    log = (nodes.logs / "raylet.out").read_text()
    return max(map(int, re.findall(r"cumulative spill requests: (\d+)", log)), default=0)


def read_slowly(
    nodes: Nodes, folder: Path, shape: dict[str, int], pause: float, **options: Any
) -> int:
    """Read periods of 20 rows with pauses, and return how often the store has spilled."""
    before = spills(nodes)
    with nodes.drive("same", folder, shape=shape, pause=pause, options=options) as driver:
        assert driver.hear() == {"started": True}
        heard = driver.hear()
        assert heard["same"], driver.log.read_text()
        # The figures are written down twice a second.
        until(lambda: spills(nodes) > before, 1.5)
        assert driver.end() == 0
    return spills(nodes) - before


def test_a_slow_reader_does_not_make_a_small_store_spill(one_node: Nodes, tmp_path: Path) -> None:
    small, large = {"count": 14, "row_bytes": 1_200_000}, {"count": 6, "row_bytes": 3_000_000}
    four_at_once = {"remote_options": {"num_cpus": 0.5}}
    # 14 periods of 24 MB; a quarter of the store are 37.
    assert read_slowly(one_node, tmp_path, small, 0.5, **four_at_once) == 0
    # Three results of 60 MB wait while one is read, where there is no bound.
    unbounded = four_at_once | {"max_unread_bytes": 10**10}
    # How long that takes is up to the machine.
    spilled = (read_slowly(one_node, tmp_path, large, pause, **unbounded) for pause in (4, 8, 12))
    assert any(spilled)


WEAK = {
    "memory": {"RAY_memory_usage_threshold": "0.01", "RAY_memory_monitor_refresh_ms": "100"},
    "disk": {"RAY_local_fs_capacity_threshold": "0.01"},
    "store": {"RAY_automatic_object_spilling_enabled": "0", "RAY_oom_grace_period_s": "1"},
}


def failure(nodes: Nodes, folder: Path, weakness: str, **settings: Any) -> dict[str, Any]:
    """Return what is said of a query on a node with a weakness."""
    nodes.add(
        weakness,
        WEAK[weakness],
        num_cpus=0,
        object_store_memory=80_000_000,
        resources={f"no_{weakness}": 2},
    )
    remote = {"num_cpus": 0, "resources": {f"no_{weakness}": 1}}
    options = {"remote_options": remote, "max_unread_bytes": 10**10}
    with nodes.drive("same", folder, options=options, **settings) as driver:
        assert driver.hear() == {"started": True}
        heard = driver.hear()
        assert driver.end() == 0
    nodes.remove(weakness)
    return heard


def test_a_node_that_runs_out_of_memory_again_and_again(many_nodes: Nodes, tmp_path: Path) -> None:
    heard = failure(many_nodes, tmp_path, "memory", shape={"count": 2}, seconds=20)
    assert heard["kind"] == "WorkerError"
    assert heard["period"] == "2024-01-01"
    assert heard["cause"] == "OutOfMemoryError"
    assert heard["tasks"] >= 4
    message = heard["error"]
    assert message.startswith("period 2024-01-01 failed after 4 attempts: OutOfMemoryError: ")
    assert "What helps: a finer split" in message
    assert 'remote_options={"memory": …}' in message
    assert len(message.splitlines()) == 2  # without Ray's page of advice


# A result of 120 MB for a store of 80.
LARGE = {"count": 2, "row_bytes": 6_000_000}


def test_a_disk_that_is_full(many_nodes: Nodes, tmp_path: Path) -> None:
    heard = failure(many_nodes, tmp_path, "disk", shape=LARGE)
    assert heard["kind"] == "WorkerError", heard
    assert heard["cause"] == "RayTaskError(OutOfDiskError)"
    message = heard["error"]
    assert f"period {heard['period']} failed: OutOfDiskError: Local disk is full\n" in message
    assert "The disk to which Ray spills objects is full. What helps: " in message
    assert len(message.splitlines()) == 2
    assert heard["tasks"] <= 2  # trying again would not help


@pytest.mark.long
def test_no_room_for_a_frame_nor_for_a_plan(tmp_path: Path) -> None:
    nodes = started(WEAK["disk"])  # its store has 150 MB
    try:
        with nodes.drive("no_room", tmp_path, rows=15_000_000) as driver:
            for _ in ("frame", "plan"):
                message = driver.hear()["error"]
                assert message.startswith("the object store of this node and the disk to which it ")
                assert "Local disk is full" in message
                assert message.endswith("or ray.init(object_store_memory=…)")
            assert driver.end() == 0
    finally:
        nodes.stop()


def test_a_result_larger_than_the_store_goes_by_the_disk(many_nodes: Nodes, tmp_path: Path) -> None:
    heard = failure(many_nodes, tmp_path, "store", shape=LARGE)
    assert heard["same"]
