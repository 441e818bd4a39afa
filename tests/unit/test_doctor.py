"""The doctor away from any cluster: what it looks at here, and how it says what it found."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools import _cli, _doctor
from polars_io_tools._diagnosis import Check, Diagnosis
from polars_io_tools.ray import _start

FOUND = Diagnosis(
    (
        Check("one", "ok", "all is well"),
        Check("another", "warning", "it is " + "rather " * 20 + "slow", "have patience"),
        Check("third", "error", "it is broken", "mend it"),
        Check("last", "skipped", "nobody was there"),
    )
)


def test_text() -> None:
    lines = str(FOUND).splitlines()
    assert lines[0] == "ok       one                all is well"
    assert " " * 28 + "-> have patience" in lines
    assert "error    third              it is broken" in lines
    assert lines[-1] == "1 error, 1 warning"
    assert max(map(len, lines)) <= 100
    assert str(Diagnosis(FOUND.checks[:1])).splitlines()[-1] == "nothing found that is wrong"


@pytest.mark.parametrize(("checks", "ok"), [(FOUND.checks, False), (FOUND.checks[:2], True)])
def test_command(
    checks: tuple[Check, ...],
    ok: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[tuple[str | None, bool]] = []

    def found(*, address: str | None, start: bool) -> Diagnosis:
        asked.append((address, start))
        return Diagnosis(checks)

    monkeypatch.setattr(_cli, "doctor", found)
    assert _cli.main(["doctor"]) == (0 if ok else 1)
    assert capsys.readouterr().out == f"{Diagnosis(checks)}\n"
    assert _cli.main(["doctor", "--json", "--no-start", "--address", "a:1"]) == (0 if ok else 1)
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] is ok
    assert tuple(Check(**check) for check in shown["checks"]) == checks
    assert asked == [(None, True), ("a:1", False)]


def test_command_without_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        _cli.main([])
    assert "command" in capsys.readouterr().err


def checks() -> dict[str, Check]:
    return {check.name: check for check in piot.doctor(start=False).checks}


def test_this_installation_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    found = checks()
    for name in ("Python", "polars-io-tools-go", "polars", "threads", "ray", "tqdm", "duckdb"):
        assert found[name].status == "ok", found[name]
    assert found["polars"].found == pl.__version__
    assert found["threads"].found == f"{pl.thread_pool_size()} in this process"


@pytest.mark.parametrize("version", ["1.41.0", "2.7.1", "3.0.0"])
def test_polars_that_is_not_tested(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl, "__version__", version)
    check = checks()["polars"]
    assert check.status == "warning"
    assert version in check.found


def test_polars_whose_plans_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor, "plans_are_known", lambda: False)
    check = checks()["polars"]
    assert check.status == "warning"
    assert "piot.scan_parquet" in check.remedy


# A package, what it is where it is missing, and the extra that brings it.
PACKAGES = [
    ("ray", "error", "ray"),
    ("cloudpickle", "warning", "ray"),
    ("duckdb", "skipped", "db"),
    ("pyarrow", "skipped", "db"),
]


@pytest.mark.parametrize(("name", "status", "extra"), PACKAGES)
def test_what_is_not_installed(
    name: str, status: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, find_spec = importlib.metadata.version, importlib.util.find_spec

    def without(package: str) -> str:
        if package == name:
            raise importlib.metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(importlib.metadata, "version", without)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda package: None if package == name else find_spec(package)
    )
    diagnosis = piot.doctor(start=False)
    (check,) = [check for check in diagnosis.checks if check.name == name]
    assert (check.status, check.remedy) == (status, f'pip install "polars-io-tools-go[{extra}]"')
    assert diagnosis.ok is (status != "error")


def test_an_old_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "2.9.3" if name == "ray" else version(name)
    )
    assert checks()["ray"].status == "error"
    assert "older than 2.52" in checks()["ray"].found


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def full(folder: str | Path) -> Usage:
    size = 2**40
    return Usage(size, size - 2**20, 2**20) if str(folder) != "/dev/shm" else Usage(size, 0, size)


def no_shared_memory(folder: str | Path) -> Usage:
    return Usage(2**40, 0, 2**20 if str(folder) == "/dev/shm" else 2**40)


Break = Callable[[pytest.MonkeyPatch], None]
CAUSES: dict[str, tuple[Break, str, str]] = {
    "cluster named": (lambda m: m.setenv("RAY_ADDRESS", "far:1"), "warning", "far:1"),
    "long folder": (lambda m: m.setenv("RAY_TMPDIR", "/" + "x" * 60), "error", "x" * 60),
    "full disk": (lambda m: m.setattr(shutil, "disk_usage", full), "error", "95 % full"),
    "no folder": (lambda m: m.setenv("RAY_TMPDIR", "/nowhere"), "error", "/nowhere"),
    "small shm": (lambda m: m.setattr(shutil, "disk_usage", no_shared_memory), "warning", "shm"),
    "proxy": (lambda m: m.setenv("grpc_proxy", "http://proxy"), "warning", "grpc_proxy"),
    "space": (lambda m: m.setattr(sys, "executable", "/a b/python"), "warning", "/a b/python"),
}


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make this machine one on which Ray starts."""
    for name in ("RAY_ADDRESS", "RAY_TMPDIR", "no_grpc_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("grpc_proxy", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_start, "_temporary", lambda: "/tmp")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 0, 2**40))
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    return monkeypatch


@pytest.mark.parametrize("cause", CAUSES)
def test_known_causes(cause: str, sound: pytest.MonkeyPatch) -> None:
    (before,) = _start.start_checks()
    assert before.status == "ok", before
    breaks, status, shown = CAUSES[cause]
    if "folder" in cause:
        sound.undo()
    breaks(sound)
    found = [check for check in _start.start_checks() if check.status == status]
    assert any(shown in check.found and check.remedy for check in found), found
