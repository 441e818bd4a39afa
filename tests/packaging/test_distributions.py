"""What the sdist and the wheel hold, and that the wheel works where it is put."""

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

import hatch_build
from tests.packaging.conftest import ROOT, run
from tests.packaging.elf import exported_symbols

MEGABYTE = 1_000_000
IMPORT_SECONDS = 0.15
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads an ELF file")


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def text_in(wheel: Path, name: str) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (found for found in archive.namelist() if found.endswith(f".dist-info/{name}"))
        return archive.read(member).decode().splitlines()


def python(code: str, installed: Path) -> str:
    # From a folder that holds no sources, so that only the path entry can give the package.
    return run(sys.executable, "-c", code, cwd=installed.parent, PYTHONPATH=str(installed)).strip()


def test_sdist_holds_all_go_and_c_sources(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("capi", "gocore")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".go", ".c", ".h", ".map"} and not path.name.endswith("_test.go")
    }
    assert wanted
    assert wanted - held == set()
    assert {"go.mod", "hatch_build.py", "pyproject.toml", "LICENSE"} <= held
    assert {name for name in held if name.endswith((".so", ".pyc"))} == set()


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    held = {name for name in names_in(wheel) if ".dist-info/" not in name}
    package = ROOT / "python"
    wanted = {
        path.relative_to(package).as_posix()
        for path in (package / "polars_io_tools").rglob("*")
        if path.suffix in {".py", ".pyi", ".typed"}
    }
    assert held == wanted | {"polars_io_tools/_gocore.abi3.so"}
    assert "polars_io_tools/py.typed" in held


def test_wheel_is_tagged_for_the_stable_abi(wheel: Path) -> None:
    _name, _version, _build, tags = parse_wheel_filename(wheel.name)
    assert {str(tag) for tag in tags} == {hatch_build.wheel_tag()}
    assert {(tag.interpreter, tag.abi) for tag in tags} == {("cp311", "abi3")}
    assert "Root-Is-Purelib: false" in text_in(wheel, "WHEEL")


def test_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= 15 * MEGABYTE


def test_wheel_needs_only_polars(wheel: Path) -> None:
    metadata = text_in(wheel, "METADATA")
    needed = [line for line in metadata if line.startswith("Requires-Dist: ") and ";" not in line]
    assert needed == ["Requires-Dist: polars<3,>=2.0"]
    assert {"Provides-Extra: all", "Provides-Extra: dev", "Provides-Extra: ray"} <= set(metadata)
    assert "License-File: LICENSE" in metadata


@linux_only
def test_library_exports_only_its_init_function(installed: Path) -> None:
    library = installed / "polars_io_tools" / "_gocore.abi3.so"
    assert exported_symbols(library) == {"PyInit__gocore"}


def test_wheel_imports_and_brings_neither_ray_nor_pyarrow(installed: Path) -> None:
    code = (
        "import sys, polars_io_tools; from polars_io_tools import _gocore; print(_gocore.__file__);"
        "print(sorted({'ray', 'deltalake', 'pyarrow'} & set(sys.modules)))"
    )
    library, unwanted = python(code, installed).splitlines()
    assert Path(library) == installed / "polars_io_tools" / "_gocore.abi3.so"
    assert unwanted == "[]"


def test_import_is_quick_once_polars_is_there(installed: Path) -> None:
    code = (
        "import polars, time; start = time.process_time();"
        "import polars_io_tools._gocore; print(time.process_time() - start)"
    )
    # The first run also compiles the Python files. Of processors, as other tests run beside it.
    seconds = min(float(python(code, installed)) for _ in range(8))
    assert seconds <= IMPORT_SECONDS
