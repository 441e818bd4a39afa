"""Whatever ends a query, nothing of it runs soon after."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.conftest import LOAD, Driver, Nodes, quiet, until

# What is promised, on a machine that has nothing else to do.
INTERRUPT_SECONDS = 1 * LOAD
STOP_SECONDS = 5 * LOAD
ORPHAN_SECONDS = 15 * LOAD


def runs(nodes: Nodes, driver: Driver) -> bool:
    """Wait until tasks that never end by themselves run on both CPUs."""
    return until(lambda: len(nodes.busy()) == 2 and len(driver.lines()) > 4, 60) is not None


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_ctrl_c(one_node: Nodes, tmp_path: Path, engine: str) -> None:
    with one_node.drive("interrupted", tmp_path, engine=engine) as driver:
        assert driver.hear() == {"started": True}
        assert runs(one_node, driver)
        signalled = time.time()
        driver.interrupt()
        assert driver.hear()["interrupted"] - signalled < INTERRUPT_SECONDS
        # The process lives on: it is not its end that stops them.
        assert quiet(one_node, driver, STOP_SECONDS) is not None
        driver.tell()
        assert driver.hear() == {"bars": 0}
        assert driver.end() == 0


def test_ctrl_c_while_results_are_kept(one_node: Nodes, tmp_path: Path) -> None:
    with one_node.drive("result_drivers.interrupted", tmp_path) as driver:
        assert driver.hear() == {"started": True}
        assert runs(one_node, driver)
        signalled = time.time()
        driver.interrupt()
        assert driver.hear()["interrupted"] - signalled < INTERRUPT_SECONDS
        assert quiet(one_node, driver, STOP_SECONDS) is not None
        driver.tell()
        assert driver.hear() == {"bars": 0}
        assert driver.end() == 0


def test_queries_that_are_over(one_node: Nodes, tmp_path: Path) -> None:
    with one_node.drive("over", tmp_path) as driver:
        journal = driver.journal
        for how, heard in {
            "head": {"rows": 5},
            "head-of-a-filter": {"rows": 5},
            "error": {"period": "2024-01-02"},
            "dropped": {"rows": 1},
            # Polars notices that nobody waits for a batch when it has one.
            "waiting": {"rows": 20},
        }.items():
            driver.journal = Path(f"{journal}.{how}")
            driver.tell(how)
            assert driver.hear() == heard
            if how in {"dropped", "waiting"}:
                assert runs(one_node, driver)
                driver.tell()
                assert driver.hear() == {"dropped": True}
                Path(f"{driver.journal}.release").touch()
            assert driver.lines(), "nothing ran that could be stopped"
            assert quiet(one_node, driver, STOP_SECONDS) is not None, how
        assert driver.end() == 0


@pytest.mark.parametrize("how", ["end", "raise"])
def test_a_driver_that_ends(one_node: Nodes, tmp_path: Path, how: str) -> None:
    with one_node.drive("left", tmp_path, how=how) as driver:
        assert driver.hear() == {"rows": 20}
        assert runs(one_node, driver)
        driver.tell()
        assert quiet(one_node, driver, STOP_SECONDS) is not None
        assert driver.end() == (0 if how == "end" else 1), driver.log.read_text()


def test_a_driver_that_is_killed(one_node: Nodes, tmp_path: Path) -> None:
    with one_node.drive("left", tmp_path, how="end") as driver:
        assert driver.hear() == {"rows": 20}
        assert runs(one_node, driver)
        driver.process.kill()
        assert quiet(one_node, driver, ORPHAN_SECONDS) is not None


def test_ray_that_is_shut_down_is_not_started_anew(one_node: Nodes, tmp_path: Path) -> None:
    with one_node.drive("shut_down", tmp_path) as driver:
        heard = driver.hear()
        assert heard["error"] == "Ray was shut down while a query of execute_on_ray ran"
        assert heard["kind"] == "RayNotInitialisedError"
        assert heard["running"] is False
        assert quiet(one_node, driver, STOP_SECONDS) is not None
        assert driver.lines()


def test_a_process_lives_on_when_ray_is_shut_down_soon_after(
    one_node: Nodes, tmp_path: Path
) -> None:
    with one_node.drive("shut_down_after", tmp_path) as driver:
        assert driver.hear() == {"rows": 5, "running": False}
        assert quiet(one_node, driver, STOP_SECONDS) is not None
        assert driver.lines()
        assert driver.end() == 0


# Watching for the end takes a moment, and then tasks have twice a time to end.
@pytest.mark.parametrize(("how", "seconds"), [("head", 0.15), ("error", 0.3)])
def test_ray_is_shut_down_at_any_moment_after_a_query(
    one_node: Nodes, tmp_path: Path, how: str, seconds: float
) -> None:
    """Ray ends processes of which a thread lets go of a reference while it is shut down."""
    settings = {"how": how, "seconds": seconds, "times": 10}
    with one_node.drive("dying_drivers.reconnects", tmp_path, **settings) as driver:
        assert driver.hear() == {"ended": 10}
        assert driver.end() == 0
