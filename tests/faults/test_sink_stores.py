"""Data sets that are written into an object store while workers and drivers die."""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.faults.conftest import LOAD, Nodes, quiet, until
from tests.faults.sink_drivers import SLICES
from tests.stores import SECRET, Options, keys_of

STOP_SECONDS = 5 * LOAD
ORPHAN_SECONDS = 15 * LOAD


@pytest.fixture
def base() -> str:
    return f"{uuid.uuid4()}/lake"


def staged(options: Options, base: str) -> list[str]:
    """Return the objects of attempts that are not published."""
    return [key for key in keys_of(options, f"{base}/.out.piot/") if key.endswith(".staged")]


def is_exact(options: Options, base: str, days: int) -> bool:
    """Tell whether each row of the days is there once."""
    rows = pl.scan_parquet(f"s3://bucket/{base}/out/", storage_options=options).collect()
    return rows.height == days * SLICES * 20 and rows.unique().height == rows.height


def settings(options: Options, base: str, count: int, seconds: float) -> dict[str, Any]:
    target = f"s3://bucket/{base}/out"
    return {"target": target, "options": options, "count": count, "seconds": seconds}


def test_workers_that_are_killed_while_they_write(
    one_node: Nodes, tmp_path: Path, options: Options, base: str
) -> None:
    killed: set[int] = set()
    given = settings(options, base, 12, 0.2)
    with one_node.drive("sink_drivers.write", tmp_path, **given) as driver:
        assert driver.hear() == {"started": True}
        while driver.process.poll() is None and len(killed) < 3:
            time.sleep(0.2)
            attempts = {key.split("/")[1] for key in staged(options, base)}
            writing = set(driver.at_work()) - killed
            if len(attempts) > 2 * len(killed) and writing:
                assert keys_of(options, f"{base}/out") == []
                pid = writing.pop()
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        assert driver.hear() == {"written": True}
        assert max(driver.attempts().values()) > 1
        assert driver.end() == 0
    assert len(killed) == 3
    assert is_exact(options, base, 12)
    assert all(key.startswith("/out/slice=") for key in keys_of(options, base))
    logs = [path for path in one_node.logs.rglob("*") if path.is_file()]
    assert any("worker" in path.name for path in logs)
    assert [path for path in logs if SECRET in path.read_text(errors="replace")] == []


def test_ctrl_c_leaves_nothing(
    one_node: Nodes, tmp_path: Path, options: Options, base: str
) -> None:
    given = settings(options, base, 20, 0.3)
    with one_node.drive("sink_drivers.write", tmp_path, **given) as driver:
        assert driver.hear() == {"started": True}
        assert until(lambda: len(staged(options, base)) > 3, 60) is not None
        driver.interrupt()
        assert "interrupted" in driver.hear()
        assert quiet(one_node, driver, STOP_SECONDS) is not None
        assert driver.end() == 0
    assert [key for key in keys_of(options, base) if not key.startswith("/.out.piot/")] == []
    # Of attempts that were on their way, what nobody reads and a later run removes.
    assert len(staged(options, base)) < 10


def test_a_driver_that_is_killed_leaves_nothing_to_see(
    one_node: Nodes, tmp_path: Path, options: Options, base: str
) -> None:
    """What it leaves lies beside the target, and hinders nobody."""
    given = settings(options, base, 20, 0.2)
    with one_node.drive("sink_drivers.write", tmp_path, **given) as driver:
        assert driver.hear() == {"started": True}
        assert until(lambda: len(staged(options, base)) > 3, 60) is not None
        driver.process.kill()
        assert quiet(one_node, driver, ORPHAN_SECONDS) is not None
    left = staged(options, base)
    assert left
    assert keys_of(options, f"{base}/out") == []
    again = tmp_path / "again"
    again.mkdir()
    given = settings(options, base, 3, 0.0)
    with one_node.drive("sink_drivers.write", again, **given) as driver:
        assert driver.hear() == {"started": True}
        assert driver.hear() == {"written": True}
        assert driver.end() == 0
    assert is_exact(options, base, 3)
    assert staged(options, base) == left
