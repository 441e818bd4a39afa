"""The types that a user's type checker sees, of the package as it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.conftest import ROOT, run

PROJECT = ROOT / "tests" / "packaging" / "user_project"
MARK = "# wrong"


@pytest.fixture(scope="session")
def user(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel, and what this one has beside it."""
    folder = tmp_path_factory.mktemp("user")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    beside = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "paths.pth").write_text("\n".join([str(installed), *beside]))
    return folder / "bin" / "python"


def mypy(user: Path, *files: str) -> set[tuple[str, int]]:
    """Return the places of mypy's complaints."""
    cache = ROOT / ".cache" / "mypy-user"
    command = [sys.executable, "-m", "mypy", "--strict", "--output=json"]
    command += [f"--python-executable={user}", f"--cache-dir={cache}", *files]
    return {
        (complaint["file"], complaint["line"])
        for line in complaints_of(command).splitlines()
        if line and (complaint := json.loads(line))["severity"] == "error"
    }


def pyright(user: Path, *files: str) -> set[tuple[str, int]]:
    """Return the places of pyright's complaints."""
    command = [sys.executable, "-m", "pyright", "--outputjson", f"--pythonpath={user}", *files]
    report: dict[str, Any] = json.loads(complaints_of(command))
    assert report["summary"]["filesAnalyzed"] == len(files)
    return {
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1)
        for found in report["generalDiagnostics"]
    }


def complaints_of(command: list[str]) -> str:
    # Neither from the source tree nor by its settings.
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MYPYPATH"}}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_user_project_is_checked(checker: Any, user: Path) -> None:
    """Nothing is wrong with two files, and with the other just what is marked."""
    lines = (PROJECT / "mistakes.py").read_text().splitlines()
    wrong = {("mistakes.py", number) for number, line in enumerate(lines, 1) if MARK in line}
    assert len(wrong) >= 8
    assert checker(user, "query.py", "database.py", "mistakes.py") == wrong


def test_the_user_project_runs(user: Path) -> None:
    out = run(user, PROJECT / "query.py").splitlines()
    assert out[0].startswith("['2024-01', '2024-02', '2024-03'] ")


def test_the_user_project_reads_databases(user: Path) -> None:
    out = run(user, PROJECT / "database.py").splitlines()
    assert out == [
        "[2, 3]",
        "SELECT * FROM (",
        "(datetime.date(2024, 1, 5), 2) scan_db: no such column: nope",
    ]


@pytest.mark.long
def test_stubs_and_signatures_are_those_of_the_runtime() -> None:
    """Of the compiled module above all, whose stub is written by hand."""
    allowed = "tests/packaging/stubtest.txt"
    options = ("--mypy-config-file", "pyproject.toml", "--allowlist", allowed)
    run(sys.executable, "-m", "mypy.stubtest", "polars_io_tools", *options, MYPYPATH="python")
