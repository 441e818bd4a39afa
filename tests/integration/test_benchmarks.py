"""The short form of the benchmark: the harness works, and answers equal plain Polars'."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import polars_io_tools as piot
from tests.conftest import child_environment

pytestmark = pytest.mark.ray

ROOT = Path(__file__).parents[2]


def test_smoke(tmp_path: Path) -> None:
    import ray

    command = [sys.executable, "-m", "benchmarks", "--smoke"]
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
    found = json.loads((tmp_path / "results" / "results.json").read_text())
    statuses = {
        row["case"]: {name: (r["status"], r["note"]) for name, r in row["contenders"].items()}
        for row in found["cases"]
    }
    both = {"polars": ("ok", ""), "ours": ("ok", "")}
    wanted = dict.fromkeys(("fanout", "big", "memory", "memory_put", "head", "hourly_100"), both)
    if not hasattr(piot, "put"):
        absent = ("none", "this version of the package has no `put`")
        wanted["memory_put"] = {**both, "ours": absent}
    assert statuses == wanted
    assert (tmp_path / "results" / "results.md").read_text() in done.stdout
