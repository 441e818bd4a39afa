"""Results that stay in a cluster whose workers and nodes go: the same rows, or a clear error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.faults.conftest import Nodes, until
from tests.faults.killer import Killer

MB = 2**20

_LONG_SECONDS = 900

# Where the results are: a node that goes, and one that takes its place.
KEEPERS = {"remote_options": {"resources": {"keeper": 1}}}


def add_keeper(nodes: Nodes, name: str) -> None:
    nodes.add(name, num_cpus=2, object_store_memory=100_000_000, resources={"keeper": 9})


@pytest.fixture
def keeper(many_nodes: Nodes) -> Iterator[Nodes]:
    """A node where all tasks run, of which the test makes another one, and that is ended."""
    add_keeper(many_nodes, "keeper 0")
    yield many_nodes
    many_nodes.remove("keeper 2")


def replace(nodes: Nodes, number: int) -> None:
    """End the node that has all results as a power failure does, once there is another one."""
    add_keeper(nodes, f"keeper {number}")
    nodes.remove(f"keeper {number - 1}")


def test_nodes_that_go_with_all_that_was_kept(keeper: Nodes, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"count": 10, "options": KEEPERS}
    with keeper.drive("result_drivers.kept", tmp_path, **settings) as driver:
        assert driver.hear() == {"rows": 200}
        assert set(driver.attempts().values()) == {1}
        replace(keeper, 1)
        driver.tell()
        assert driver.hear() == {"here": True}
        assert set(driver.attempts().values()) == {2}
        # The first result is gone, and the second was made of it.
        replace(keeper, 2)
        driver.tell()
        assert driver.hear() == {"split": True}
        assert driver.hear() == {"there": True}
        assert set(driver.attempts().values()) == {3}
        assert driver.end() == 0


def write(path: Path, first: int) -> None:
    days = pl.Series([dt.date(2024, 1, 1 + i) for i in range(5)])
    frame = pl.DataFrame({"date": days, "row": range(first, first + 5)})
    pads = pl.Series("pad", [bytes([i]) * 400_000 for i in range(5)])
    frame.with_columns(pads).write_parquet(path)


def test_files_that_are_others_when_rows_are_made_again(keeper: Nodes, tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    write(file, 0)
    settings: dict[str, Any] = {"files": str(file), "options": KEEPERS}
    with keeper.drive("result_drivers.changed", tmp_path, **settings) as driver:
        assert driver.hear() == {"rows": 5}
        replace(keeper, 1)
        write(file, 1000)
        replace(keeper, 2)
        driver.tell()
        here, split = driver.hear(), driver.hear()
        assert driver.end() == 0
    assert here["kind"] == "ResultLostError", here
    assert here["error"].startswith("rows of 2024-01-0"), here
    assert "could not be made again: " in here["error"]
    assert split["kind"] == "WorkerError", split
    for said in (here, split):
        assert "SourceChangedError" in said["error"], said
        assert "rows.parquet" in said["error"], said


def test_workers_that_are_killed(one_node: Nodes, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"count": 16, "options": {"remote_options": {"max_retries": 50}}}
    with one_node.drive("result_drivers.killed", tmp_path, **settings) as driver:
        assert driver.hear() == {"started": True}
        assert until(driver.attempts, 60) is not None
        with Killer(one_node, seed=8) as killer:
            # No longer: on a busy machine a worker takes longer to start than it has to live.
            assert until(lambda: killer.killed >= 3, 60) is not None
        assert driver.hear() == {"rows": 320, "same": True}, driver.log.read_text()
        assert driver.end() == 0


def measured(nodes: Nodes, folder: Path, days: int, row_bytes: int) -> list[dict[str, int]]:
    """Return the figures of results of so many days, and of ten times as many."""
    # The first takes what any first query takes.
    counts = [3, days, 10 * days]
    settings: dict[str, Any] = {"counts": counts, "row_bytes": row_bytes}
    with nodes.drive("result_drivers.flat", folder, **settings) as driver:
        _, small, large = (driver.hear(_LONG_SECONDS) for _ in counts)
        assert driver.end() == 0
    assert large["size"] > 9 * small["size"]
    return [small, large]


def test_the_driver_does_not_grow_with_its_results(one_node: Nodes, tmp_path: Path) -> None:
    """The larger result has ten times as many rows, and twice as many bytes as the store."""
    small, large = measured(one_node, tmp_path, 5, 300_000)
    assert large["size"] > 250 * MB
    for what in ("executing", "reading"):
        assert large[what] < small[what] + 25 * MB, (small, large)


@pytest.mark.long
def test_gigabytes(one_node: Nodes, tmp_path: Path) -> None:
    """4 GB in the place of 20, since that is what a disk of the tests has room for."""
    small, large = measured(one_node, tmp_path, 40, 500_000)
    assert large["size"] > 3_500 * MB
    for what in ("executing", "reading"):
        assert large[what] < small[what] + 40 * MB, (small, large)
