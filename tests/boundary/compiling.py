"""Small C libraries, compiled for a test."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.boundary.processes import ROOT

CAPI = ROOT / "capi"


def compiler() -> list[str]:
    if chosen := os.environ.get("CC"):
        return shlex.split(chosen)
    for name in ("cc", "gcc", "clang"):
        if path := shutil.which(name):
            return [path]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    pytest.skip("no C compiler: $CC, cc, gcc and clang on the PATH, ziglang from PyPI")


def compile_c(source: str, target: Path, *options: str) -> Path:
    """Compile a file beside the tests of this folder."""
    path = str(ROOT / "tests" / "boundary" / source)
    command = [*compiler(), "-std=gnu11", "-Wall", "-Werror", *options, path, "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def library(source: str, folder: Path) -> Path:
    return compile_c(
        source, folder / Path(source).with_suffix(".so"), "-shared", "-fPIC", f"-I{CAPI}"
    )
