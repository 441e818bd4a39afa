"""What an import does, and when it refuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import polars_io_tools


def test_a_mixture_with_the_python_distribution_is_refused(tmp_path: Path) -> None:
    """Both distributions install into one folder; `io_sources` is only in the other."""
    package = tmp_path / "polars_io_tools"
    shutil.copytree(Path(polars_io_tools.__file__).parent, package)
    (package / "io_sources").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "import polars_io_tools; print(polars_io_tools.__file__)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "polars-io-tools and polars-io-tools-go are both installed" in done.stderr, done.stdout
