"""What an import does, and when it refuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import polars_io_tools
from tests.packaging.conftest import run

# The published Python distribution installs into the same folder.
THEIRS = "polars-io-tools==0.2.6"
BOTH = "ImportError: polars-io-tools and polars-io-tools-go are both installed"


def failure(code: str, folder: Path, python: str | Path = sys.executable) -> str:
    done = subprocess.run(
        [str(python), "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return done.stderr


def mixture(folder: Path, *, ours_last: bool) -> None:
    """Lay one distribution over the other, as pip does; `io_sources` is only in the other."""
    package = folder / "polars_io_tools"
    shutil.copytree(Path(polars_io_tools.__file__).parent, package)
    (package / "io_sources").mkdir()
    (package / "io_sources" / "__init__.py").write_text("")
    if not ours_last:
        (package / "__init__.py").write_text("from .io_sources import *\n")


def test_the_other_distribution_below_this_one_is_detected(tmp_path: Path) -> None:
    mixture(tmp_path, ours_last=True)
    assert BOTH in failure("import polars_io_tools", tmp_path)


@pytest.mark.parametrize("module", ["errors", "ray", "_task", "_namespace"])
def test_the_other_distribution_above_this_one_is_detected(tmp_path: Path, module: str) -> None:
    """Then its `__init__` is what runs, until something of ours is wanted."""
    mixture(tmp_path, ours_last=False)
    assert BOTH in failure(f"import polars_io_tools.{module}", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("ours_last", [True, False])
def test_the_published_distribution_is_detected(
    wheel: Path, tmp_path: Path, ours_last: bool
) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "bare")
    python = tmp_path / "bare" / "bin" / "python"
    order: list[str | Path] = [THEIRS, wheel] if ours_last else [wheel, THEIRS]
    for distribution in order:
        run(python, "-m", "pip", "install", "--quiet", distribution)
    module = "polars_io_tools" if ours_last else "polars_io_tools.ray"
    assert BOTH in failure(f"import {module}", tmp_path, python)
    # What the message advises.
    run(*(python, "-m", "pip", "uninstall", "--yes", "polars-io-tools", "polars-io-tools-go"))
    run(python, "-m", "pip", "install", "--quiet", wheel)
    run(python, "-c", "import polars_io_tools; polars_io_tools.PiotNamespace", cwd=tmp_path)


def test_free_threaded_builds_are_refused(tmp_path: Path) -> None:
    """Before the compiled part, for which such a build does not even look."""
    code = "import sys; sys.abiflags += 't'; import polars_io_tools"
    shutil.copytree(
        Path(polars_io_tools.__file__).parent,
        tmp_path / "polars_io_tools",
        ignore=shutil.ignore_patterns("*.so"),
    )
    assert "does not support free-threaded Python" in failure(code, tmp_path)
