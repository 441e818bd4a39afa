"""Scripts in fresh interpreters."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import polars_io_tools

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(polars_io_tools.__file__).resolve().parent


def run_script(
    script: str, *options: str, timeout: float = 60, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python code that may import these tests and the package, the one imported here."""
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env={
            **os.environ,
            **(environment or {}),
            "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), "."]),
        },
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def output_of(script: str, *options: str) -> str:
    """Run code that must succeed, and give what it printed."""
    done = run_script(script, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
