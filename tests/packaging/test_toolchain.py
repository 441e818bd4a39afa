"""Which Go and which C compiler the build hook takes, on machines made up for the test."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import hatch_build
from hatch_build import GO_PACKAGE, ZIG_PACKAGE, ToolchainError
from tests.packaging.conftest import ROOT, run

# A script with a shebang, so that a machine without any PATH can run it.
OLD_GO = "#!/bin/sh\necho go1.20.3\n"
NEW_GO = "#!/bin/sh\necho go1.99.1\n"
BROKEN = "#!/bin/sh\nexit 1\n"
WORKING = "#!/bin/sh\nexit 0\n"

Machine = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make the PATH one folder that holds only the programs given, as name=script."""

    def make(**programs: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, script in programs.items():
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)
        for name in ("GO", "CC"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return make


@pytest.mark.parametrize(
    ("programs", "want"),
    [
        ({}, [GO_PACKAGE, ZIG_PACKAGE]),
        ({"go": NEW_GO}, [ZIG_PACKAGE]),
        ({"go": OLD_GO, "cc": WORKING}, [GO_PACKAGE]),
        ({"go": BROKEN, "cc": WORKING}, [GO_PACKAGE]),
        ({"go": NEW_GO, "cc": BROKEN}, [ZIG_PACKAGE]),
        ({"go": NEW_GO, "cc": BROKEN, "clang": WORKING}, []),
        ({"go": NEW_GO, "gcc": WORKING}, []),
    ],
    ids=["nothing", "no C", "old Go", "broken Go", "broken C", "second C", "all there"],
)
def test_what_is_missing_comes_from_pypi(
    machine: Machine, programs: dict[str, str], want: list[str]
) -> None:
    machine(**programs)
    assert hatch_build.requirements(ROOT) == want


def test_variables_win_over_the_path(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = machine(go=NEW_GO, cc=WORKING, mygo=NEW_GO)
    monkeypatch.setenv("GO", str(folder / "mygo"))
    monkeypatch.setenv("CC", "ccache gcc")
    tools = hatch_build.resolve(ROOT)
    assert tools == (str(folder / "mygo"), "ccache gcc", None)


@pytest.mark.parametrize(("script", "complaint"), [(OLD_GO, "is Go 1.20.3"), (BROKEN, "no go")])
def test_an_unusable_go_variable_is_an_error(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, script: str, complaint: str
) -> None:
    folder = machine(go=NEW_GO, mygo=script)
    monkeypatch.setenv("GO", str(folder / "mygo"))
    with pytest.raises(ToolchainError, match=complaint):
        hatch_build.requirements(ROOT)


def test_nothing_at_all_names_the_package(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine()
    monkeypatch.setattr(hatch_build, "GO_PACKAGE", "no-such-distribution-of-go==1.0")
    with pytest.raises(ToolchainError, match=r"pip install no-such-distribution-of-go==1\.0"):
        hatch_build.resolve(ROOT)


def test_a_compiler_path_with_a_space_is_quoted_for_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my tools"
    folder.mkdir()
    (folder / "cc").write_text(WORKING)
    (folder / "cc").chmod(0o755)
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    assert hatch_build.find_cc() == f"'{folder}/cc'"


def test_a_home_that_cannot_be_written_moves_the_caches(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine(go=NEW_GO, cc=WORKING)
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.delenv("GOMODCACHE", raising=False)
    monkeypatch.setenv("GOCACHE", "/kept")
    variables = hatch_build.tool_variables(tmp_path, hatch_build.resolve(ROOT))
    assert variables["GOCACHE"] == "/kept"
    assert variables["GOMODCACHE"] == str(tmp_path / ".cache" / "go-mod")


def test_a_failed_build_leaves_the_old_library(machine: Machine, tmp_path: Path) -> None:
    machine(go=NEW_GO + '[ "$1" = env ] || exit 3\n', cc=WORKING)
    library = tmp_path / hatch_build.EXTENSION
    library.parent.mkdir(parents=True)
    library.write_text("old")
    shutil.copy(ROOT / "go.mod", tmp_path)
    with pytest.raises(ToolchainError, match="failed with status 3"):
        hatch_build.build_extension(tmp_path)
    assert library.read_text() == "old"


@pytest.mark.long
def test_an_isolated_build_needs_no_go_and_no_compiler(sdist: Path, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in {"GO", "CC", "GOROOT"}}
    environment |= {"PATH": str(empty), "HOME": str(tmp_path)}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--no-deps",
            "-w",
            str(tmp_path / "out"),
            str(sdist),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "out").iterdir()
    folder = tmp_path / "installed"
    run(sys.executable, "-m", "zipfile", "-e", wheel, folder)
    code = "from polars_io_tools import _gocore; print(_gocore.__file__, _gocore.build_info())"
    where, version, _platform = run(
        sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(folder)
    ).split()
    assert Path(where).parent == folder / "polars_io_tools"
    assert version == "go" + GO_PACKAGE.partition("==")[2]


def test_a_build_for_a_free_threaded_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", {"Py_GIL_DISABLED": 1}.get)
    with pytest.raises(ToolchainError, match="does not support free-threaded Python"):
        hatch_build.check_interpreter()


def test_a_build_for_another_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.implementation, "name", "pypy")
    with pytest.raises(ToolchainError, match="does not support pypy"):
        hatch_build.check_interpreter()
