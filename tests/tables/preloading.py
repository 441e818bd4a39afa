"""The library of failing.c, and programs that run with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.boundary.compiling import compiler
from tests.boundary.processes import ROOT
from tests.conftest import child_environment

_SOURCE = Path(__file__).with_name("failing.c")


def compiled(folder: Path) -> Path:
    """Compile the library into a folder, by the compiler that builds the package."""
    target = folder / "failing.so"
    options = ["-std=gnu11", "-Wall", "-Werror", "-O1", "-shared", "-fPIC"]
    command = [*compiler(), *options, str(_SOURCE), "-o", str(target), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def run(library: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this folder with the library preloaded."""
    return subprocess.run(
        [sys.executable, "-m", f"tests.tables.{program}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=child_environment() | {"LD_PRELOAD": str(library), "RUST_BACKTRACE": "0"},
    )
