"""Scripts in fresh interpreters."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_script(script: str, *options: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run Python code that may import the package and these tests."""
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(["python", "."])),
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
