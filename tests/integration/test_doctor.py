"""The doctor at a cluster: the one that tests share, and one that it starts for a trial."""

from __future__ import annotations

import json
import subprocess
import sys

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools._diagnosis import Check
from polars_io_tools.ray import _doctor as nodes
from tests.conftest import child_environment

pytestmark = pytest.mark.ray


def found() -> dict[str, Check]:
    return {check.name.partition(" ")[0]: check for check in piot.doctor().checks}


def test_a_cluster_that_is_well() -> None:
    diagnosis = piot.doctor()
    assert diagnosis.ok, str(diagnosis)
    checks = found()
    assert {check.status for check in checks.values()} == {"ok"}, str(diagnosis)
    assert "2 CPUs" in checks["node"].found
    assert f"polars {pl.__version__}" in checks["worker"].found
    assert "1 thread for a task of one CPU" in checks["worker"].found
    assert "plain Polars" in checks["trial"].found


def test_other_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "versions", lambda: {"polars": "9.9.9"})
    check = found()["worker"]
    assert check.status == "error"
    assert "here it is polars 9.9.9" in check.found
    assert "same versions" in check.remedy


def test_a_worker_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe() -> object:
        return {"versions": {}, "failure": "ModuleNotFoundError: no such", "threads": 0}

    monkeypatch.setattr(nodes, "_probe", probe)
    check = found()["worker"]
    assert check.status == "error"
    assert "no such" in check.found
    assert "runtime_env" in check.remedy


def test_a_worker_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe() -> object:
        import os

        os._exit(1)

    monkeypatch.setattr(nodes, "_probe", probe)
    check = found()["worker"]
    assert check.status == "error"
    assert "WorkerCrashedError" in check.found


def test_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl.DataFrame, "equals", lambda *_: False)
    check = found()["trial"]
    assert check.status == "error"
    assert "differs" in check.found


def test_a_query_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> pl.LazyFrame:
        raise ValueError("no luck")

    monkeypatch.setattr(piot.PiotNamespace, "execute_on_ray", fails)
    check = found()["trial"]
    assert (check.status, check.found) == ("error", "ValueError: no luck")


def doctor(*arguments: str) -> tuple[int, dict[str, Check]]:
    environment = child_environment()
    environment.pop("RAY_ADDRESS", None)
    command = [sys.executable, "-m", "polars_io_tools._cli", "doctor", "--json", *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=330, check=False
    )
    checks = json.loads(done.stdout)["checks"]
    return done.returncode, {check["name"].partition(" ")[0]: Check(**check) for check in checks}


def test_a_trial_cluster() -> None:
    status, checks = doctor()
    assert status == 0, checks
    assert "trial" in checks["cluster"].found
    assert checks["worker"].status == checks["trial"].status == "ok"


def test_a_cluster_by_its_address() -> None:
    import ray

    address = ray.get_runtime_context().gcs_address
    status, checks = doctor("--address", address)
    assert status == 0, checks
    assert address in checks["cluster"].found
    assert checks["trial"].status == "ok"


def test_a_cluster_that_is_not_there() -> None:
    status, checks = doctor("--address", "127.0.0.1:9")
    assert status == 1
    assert checks["cluster"].status == "error"
    assert "127.0.0.1:9" in checks["cluster"].found
    assert "trial" not in checks
