"""Data sets that are written while workers and drivers die: exact, or not there at all."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.faults.conftest import LOAD, Nodes, quiet, until
from tests.faults.sink_drivers import SLICES

STOP_SECONDS = 5 * LOAD
ORPHAN_SECONDS = 15 * LOAD


def staged(folder: Path) -> list[Path]:
    """Return the files of attempts that are not published."""
    return list(folder.glob(".out.piot-*/*/*.staged"))


def is_exact(out: Path, days: int) -> bool:
    """Tell whether each row of the days is there once."""
    rows = pl.scan_parquet(out / "**/*.parquet").collect()
    return rows.height == days * SLICES * 20 and rows.unique().height == rows.height


def settings(tmp_path: Path, count: int, seconds: float) -> dict[str, Any]:
    return {"target": str(tmp_path / "data" / "out"), "count": count, "seconds": seconds}


def test_workers_that_are_killed_while_they_write(one_node: Nodes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    killed: set[int] = set()
    most: Counter[str] = Counter()
    with one_node.drive("sink_drivers.write", tmp_path, **settings(tmp_path, 30, 0.1)) as driver:
        assert driver.hear() == {"started": True}
        while driver.process.poll() is None:
            time.sleep(0.1)
            attempts = {path.parent.name for path in staged(data)}
            most |= Counter(name.split("-")[0] for name in attempts)
            assert not (data / "out").exists() or is_exact(data / "out", 30)
            writing = set(driver.at_work()) - killed
            if len(attempts) > 2 * len(killed) and len(killed) < 4 and writing:
                pid = writing.pop()
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        assert driver.hear() == {"written": True}
        assert max(driver.attempts().values()) > 1
        assert driver.end() == 0
    assert len(killed) == 4
    assert max(most.values()) > 1, "no attempt had begun a file when it was killed"
    assert is_exact(data / "out", 30)
    assert [p.name for p in data.iterdir()] == ["out"]


def test_ctrl_c_leaves_nothing(one_node: Nodes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with one_node.drive("sink_drivers.write", tmp_path, **settings(tmp_path, 20, 0.3)) as driver:
        assert driver.hear() == {"started": True}
        assert until(lambda: len(staged(data)) > 3, 60) is not None
        driver.interrupt()
        heard = driver.hear()
        assert heard["visible"] is False
        assert quiet(one_node, driver, STOP_SECONDS) is not None
        assert driver.end() == 0
    assert not data.exists()


@pytest.mark.parametrize("there", [False, True])
def test_a_driver_that_is_killed_leaves_nothing_to_see(
    one_node: Nodes, tmp_path: Path, there: bool
) -> None:
    """What it leaves lies beside the target, and the next run removes it."""
    data = tmp_path / "data"
    if there:
        (data / "out").mkdir(parents=True)
    with one_node.drive("sink_drivers.write", tmp_path, **settings(tmp_path, 20, 0.2)) as driver:
        assert driver.hear() == {"started": True}
        assert until(lambda: len(staged(data)) > 3, 60) is not None
        driver.process.kill()
        assert quiet(one_node, driver, ORPHAN_SECONDS) is not None
    assert list(data.rglob("*.parquet")) == []
    assert staged(data)
    again = tmp_path / "again"
    again.mkdir()
    with one_node.drive("sink_drivers.write", again, **settings(tmp_path, 3, 0.0)) as driver:
        assert driver.hear() == {"started": True}
        assert driver.hear() == {"written": True}
        assert driver.end() == 0
    assert is_exact(data / "out", 3)
    assert [p.name for p in data.iterdir()] == ["out"]
