"""The wheel in interpreters that hold nothing else, and the refusal of those that cannot have it.

The interpreters are those on the PATH and in $PIOT_PYTHONS, a list of paths like the PATH. One
that is missing is a failure: a version that nobody tried must not count as tried.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

import hatch_build
from tests.packaging.conftest import ROOT, run

SMOKE = ROOT / "tests" / "packaging" / "smoke.py"
VERSION = (
    "import sys, sysconfig; print('%d.%d' % sys.version_info[:2]"
    " + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="audits are for Linux")


@cache
def version_of(program: str) -> str | None:
    try:
        done = subprocess.run([program, "-c", VERSION], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip()


def interpreter(version: str) -> str:
    named = os.environ.get("PIOT_PYTHONS", "").split(os.pathsep)
    for program in [*named, shutil.which(f"python{version}"), sys.executable]:
        if program and version_of(program) == version:
            return program
    pytest.fail(f"no Python {version}: put python{version} on the PATH or name it in $PIOT_PYTHONS")


def bare(version: str, folder: Path) -> Path:
    """Make an environment with pip and nothing else, and return its interpreter."""
    run(interpreter(version), "-m", "venv", folder)
    return folder / "bin" / "python"


def attempt(*command: str | Path, **environment: str) -> str:
    """Run a command that must fail, and return what it said, in one line."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return " ".join(done.stdout.split())


def test_the_smoke_test_passes_here(installed: Path) -> None:
    out = run(sys.executable, SMOKE, cwd=installed.parent, PYTHONPATH=str(installed))
    assert out.startswith("fine ")


@linux_only
def test_abi3audit_accepts_the_wheel(wheel: Path) -> None:
    report = json.loads(run(sys.executable, "-m", "abi3audit", "--strict", "--report", wheel))
    ((audited,),) = (spec["wheel"] for spec in report["specs"].values())
    assert audited["result"]["baseline"] == "3.11"
    assert audited["result"]["is_abi3_baseline_compatible"]
    assert audited["result"]["non_abi3_symbols"] == []


@linux_only
@pytest.mark.long
def test_auditwheel_and_abi3audit_accept_the_portable_wheel(portable_wheel: Path) -> None:
    *_, tags = parse_wheel_filename(portable_wheel.name)
    machine = sysconfig.get_platform().partition("-")[2]
    assert f"manylinux_2_17_{machine}" in {tag.platform for tag in tags}
    assert {(tag.interpreter, tag.abi) for tag in tags} == {("cp311", "abi3")}
    test_abi3audit_accepts_the_wheel(portable_wheel)


@pytest.mark.long
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_wheel_works_in_a_bare_interpreter(
    portable_wheel: Path, tmp_path: Path, version: str
) -> None:
    python = bare(version, tmp_path / "bare")
    run(python, "-m", "pip", "install", "--quiet", portable_wheel)
    run(python, "-m", "pip", "check")
    out = run(python, "-I", SMOKE, cwd=tmp_path)
    assert out.startswith(f"fine {version}.")


@pytest.mark.long
@pytest.mark.parametrize("version", ["3.13t"])
def test_a_free_threaded_interpreter_is_refused_with_words(
    portable_wheel: Path, sdist: Path, installed: Path, tmp_path: Path, version: str
) -> None:
    python = bare(version, tmp_path / "bare")
    pip = (python, "-m", "pip", "install", "--no-deps")
    assert "not a supported wheel on this platform" in attempt(*pip, portable_wheel)
    assert "does not support free-threaded Python" in attempt(*pip, sdist)
    # Whoever gets round pip gets the same answer, from Python and from the library itself.
    said = attempt(python, "-c", "import polars_io_tools", PYTHONPATH=str(installed))
    assert "ImportError: polars_io_tools does not support free-threaded Python" in said
    shutil.copy(installed / hatch_build.EXTENSION.relative_to("python"), tmp_path / "_gocore.so")
    said = attempt(python, "-c", "import _gocore", PYTHONPATH=str(tmp_path))
    assert "ImportError: polars_io_tools does not support free-threaded Python" in said


@pytest.mark.long
def test_the_oldest_supported_versions_run_a_query(portable_wheel: Path, tmp_path: Path) -> None:
    """With the command that users have for it: a cluster starts, three tasks run."""
    python = bare("3.11", tmp_path / "bare")
    oldest = ("ray==2.52.0", "polars==2.0.0", "cloudpickle==3.0.0", "tqdm==4.66.0")
    run(python, "-m", "pip", "install", "--quiet", f"{portable_wheel}[ray]", *oldest)
    said = run(tmp_path / "bare/bin/piot", "doctor", "--json", cwd=tmp_path)
    checks = {check["name"].partition(" ")[0]: check for check in json.loads(said)["checks"]}
    assert checks["ray"]["found"] == "2.52.0"
    assert checks["polars"]["found"] == "2.0.0"
    assert checks["worker"]["status"] == checks["trial"]["status"] == "ok"
