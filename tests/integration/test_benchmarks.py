"""The short form of the benchmark: the harness works, and answers equal plain Polars'."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import polars_io_tools as piot
from tests.conftest import child_environment

pytestmark = pytest.mark.ray

ROOT = Path(__file__).parents[2]


def smoke(tmp_path: Path, suite: str) -> tuple[dict[str, Any], str]:
    """Run a suite, and return its results and what it printed."""
    import ray

    command = [sys.executable, "-m", "benchmarks", "--smoke", "--suite", suite]
    folders = ["--cache", str(tmp_path / "cache"), "--results", str(tmp_path / "results")]
    address = ["--ray-address", ray.get_runtime_context().gcs_address]
    done = subprocess.run(
        [*command, *folders, *address],
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (table,) = (tmp_path / "results").glob("*.md")
    assert table.read_text() in done.stdout
    found = json.loads(table.with_suffix(".json").read_text())
    statuses = {
        row["case"]: {name: (r["status"], r["note"]) for name, r in row["contenders"].items()}
        for row in found["cases"]
    }
    return statuses, table.name


def test_files(tmp_path: Path) -> None:
    both = {"polars": ("ok", ""), "ours": ("ok", "")}
    wanted = dict.fromkeys(("fanout", "big", "memory", "memory_put", "head", "hourly_100"), both)
    if not hasattr(piot, "put"):
        absent = ("none", "this version of the package has no `put`")
        wanted["memory_put"] = {**both, "ours": absent}
    assert smoke(tmp_path, "files") == (wanted, "results.md")


def test_sinks(tmp_path: Path) -> None:
    both = {"polars": ("ok", ""), "ours": ("ok", "")}
    assert smoke(tmp_path, "sinks") == (dict.fromkeys(("sink", "sink_by_month"), both), "sinks.md")


def test_databases(tmp_path: Path) -> None:
    both = {"formula": ("ok", ""), "ours": ("ok", "")}
    wanted = dict.fromkeys(("db_stream", "db_read", "db_months"), both)
    assert smoke(tmp_path, "databases") == (wanted, "databases.md")
