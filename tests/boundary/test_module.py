"""The compiled module from the outside: its face, its imports, the GIL, memory, the ABI."""

from __future__ import annotations

import ast
import ctypes
import gc
import inspect
import os
import re
import sysconfig
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from polars_io_tools import _gocore
from polars_io_tools.errors import ExpressionError, InternalError, SchemaMismatchError
from tests.boundary.compiling import CAPI, compile_c
from tests.boundary.processes import ROOT, output_of, run_script
from tests.boundary.streams import CountedStream

if TYPE_CHECKING:
    from collections.abc import Callable

STUB = Path(_gocore.__file__).with_name("_gocore.pyi")


def test_the_stub_has_the_functions_and_their_parameters() -> None:
    stub = {
        node.name: [a.arg for a in node.args.posonlyargs]
        for node in ast.parse(STUB.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    module = {
        name: list(inspect.signature(value).parameters)
        for name, value in vars(_gocore).items()
        if inspect.isbuiltin(value)
    }
    assert module == stub


def test_build_info() -> None:
    assert re.fullmatch(r"go1\.\d+\S* \w+/\w+", _gocore.build_info())


def test_only_the_init_function_is_visible() -> None:
    library = ctypes.CDLL(_gocore.__file__)
    assert hasattr(library, "PyInit__gocore")
    sources = "".join(path.read_text() for path in [*CAPI.glob("*.c"), *CAPI.glob("*.go")])
    ours = set(re.findall(r"\b(piot_\w+)\(", sources)) | set(re.findall(r"//export (\w+)", sources))
    assert len(ours) > 15
    assert [name for name in [*ours, "crosscall2", "_cgo_panic"] if hasattr(library, name)] == []


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_bytes_like_arguments(make: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ExpressionError):
        _gocore.plan(make(b"no request"))
    with pytest.raises(ValueError, match="plan"):
        _gocore.find_scans(make(b""))
    with pytest.raises(ValueError, match="plan"):
        _gocore.replace_paths(make(b"no plan"), make(b"{}"))


def test_buffers_are_given_back() -> None:
    """A bytearray cannot grow while somebody holds its buffer."""
    payload, edits = bytearray(b"no plan"), bytearray(b"{}")
    for _ in range(3):
        with pytest.raises(ValueError, match="plan"):
            _gocore.replace_paths(payload, edits)
        with pytest.raises(TypeError):
            _gocore.replace_paths(payload, None)  # type: ignore[arg-type]  # on purpose
        payload += b"x"
        edits += b" "


@pytest.mark.parametrize("argument", ["text", None, 1, memoryview(b"abcd")[::2]])
def test_other_arguments_are_refused(argument: bytes) -> None:
    with pytest.raises((TypeError, BufferError)):
        _gocore.plan(argument)


@pytest.mark.parametrize("arguments", [(), (b"",), (b"", b"", b"")])
def test_wrong_number_of_arguments(arguments: tuple[bytes, ...]) -> None:
    with pytest.raises(TypeError, match="replace_paths"):
        _gocore.replace_paths(*arguments)


def test_other_python_threads_run_during_a_call() -> None:
    ticks: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    with pytest.raises(InternalError):
        _gocore._test_panic("slow")
    end = time.monotonic()
    stop.set()
    thread.join()
    # With the GIL held all the time, the thread would not run between start and end.
    assert end - start >= 0.3
    assert len([t for t in ticks if start + 0.05 < t < end - 0.05]) >= 10


def test_calls_from_many_threads() -> None:
    results: list[object] = []

    def work() -> None:
        for _ in range(200):
            streams = [CountedStream([[1]]), CountedStream([[2]])]
            _gocore.concat([s.capsule for s in streams])
            results.append([s.streams_released for s in streams])
            with pytest.raises(InternalError):
                _gocore._test_panic("goroutine")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[1, 1]] * 800


def resident() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def concat_series(kind: str) -> None:
    a, b = pl.Series([1, 2, 3]), pl.Series([4] if kind != "mismatch" else ["x" * 100])
    streams = [s.__arrow_c_stream__() for s in (a, b, a)]
    if kind == "twice":
        streams[2] = streams[0]
    elif kind == "no capsule":
        streams[2] = None
    _gocore.concat(streams)


def refused_plan() -> None:
    with pytest.raises(ExpressionError):
        _gocore.plan(b"x" * 4096)


def refused_concat(kind: str, error: type[Exception]) -> Callable[[], None]:
    def call() -> None:
        with pytest.raises(error):
            concat_series(kind)

    return call


def panic() -> None:
    with pytest.raises(InternalError):
        _gocore._test_panic("callback")


LOOPS: dict[str, tuple[Callable[[], object], int]] = {
    "concat": (lambda: concat_series("equal"), 20_000),
    "mismatch": (refused_concat("mismatch", SchemaMismatchError), 20_000),
    "twice": (refused_concat("twice", ValueError), 20_000),
    "no capsule": (refused_concat("no capsule", TypeError), 20_000),
    "plan": (refused_plan, 20_000),
    "build_info": (_gocore.build_info, 20_000),
    "panic": (panic, 10_000),
}


def growth(name: str) -> list[float]:
    """Return the bytes a call by which the process grew, in windows, until it does so no more.

    A leak shows in all windows, heaps that warm up only in the first ones.
    """
    call, times = LOOPS[name]
    found: list[float] = []
    for _ in range(20):
        before = resident()
        for _ in range(times // 5):
            call()
        found.append((resident() - before) / (times // 5))
        # Even a leaked structure of 72 bytes a call would show.
        if len(found) > 1 and sum(found[-2:]) < 40:
            break
    return found


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads RSS from /proc")
@pytest.mark.parametrize("name", LOOPS)
def test_calls_leak_nothing(name: str) -> None:
    """In a process of its own, whose Go collects garbage before there is much of it.

    Go collects when its heap has doubled, which after other tests may be tens of megabytes later.
    """
    script = f"from tests.boundary.test_module import growth; print(*growth({name!r}))"
    done = run_script(script, environment={"GOGC": "5"})
    assert done.returncode == 0, done.stderr
    found = [float(word) for word in done.stdout.split()]
    assert sum(found[-2:]) < 40, f"{found} bytes a call"


def test_importing_loads_nothing_heavy() -> None:
    loaded = output_of("""
    import sys, time
    import polars
    start = time.perf_counter()
    from polars_io_tools import _gocore
    _gocore.build_info()
    print(f"import {(time.perf_counter() - start) * 1e3:.1f} ms", file=sys.stderr)
    print(*sys.modules)
    """).split()
    assert not {"ray", "pyarrow", "deltalake", "numpy", "pandas"} & set(loaded)


def test_free_threaded_builds_are_refused() -> None:
    """By the library itself, which a path or another loader may reach."""
    output_of("""
    import importlib.util, sys
    sys.abiflags += "t"
    path = sys.path[1] + "/polars_io_tools/_gocore.abi3.so"
    spec = importlib.util.spec_from_file_location("_gocore", path)
    try:
        importlib.util.module_from_spec(spec)
    except ImportError as error:
        assert "free-threaded" in str(error), error
    else:
        raise SystemExit("imported")
    """)


def test_sub_interpreters_are_refused() -> None:
    output_of("""
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    from polars_io_tools import _gocore
    script = '''if True:
        import importlib.util, sys
        spec = importlib.util.spec_from_file_location("polars_io_tools._gocore", PATH)
        try:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        except ImportError as error:
            assert "interpreter" in str(error), error
        else:
            raise SystemExit("imported")
    '''.replace("PATH", repr(_gocore.__file__))
    inner = interpreters.create()
    failure = interpreters.run_string(inner, script)
    assert failure is None, failure
    interpreters.destroy(inner)
    assert _gocore.build_info()
    """)


def test_importing_twice_gives_a_working_module() -> None:
    output_of("""
    import sys
    from polars_io_tools import _gocore
    first = _gocore.build_info()
    del sys.modules["polars_io_tools._gocore"], _gocore
    import importlib
    again = importlib.import_module("polars_io_tools._gocore")
    assert again.build_info() == first
    """)


def check_abi(tmp_path: Path, *options: str) -> None:
    compile_c("abi_check.c", tmp_path / "abi_check.o", "-std=c11", "-c", *options)


def test_our_header_has_the_stable_abi(tmp_path: Path) -> None:
    check_abi(tmp_path, f"-I{CAPI}")


def test_python_h_has_the_stable_abi(tmp_path: Path) -> None:
    include = Path(sysconfig.get_paths()["include"])
    if not (include / "Python.h").exists():
        pytest.skip(f"this Python came without headers: no Python.h in {include}")
    check_abi(tmp_path, "-DREAL_PYTHON_H", f"-I{include}")


def test_the_check_covers_all_of_our_header() -> None:
    header = (CAPI / "pyabi.h").read_text()
    functions = set(re.findall(r"\b(Py\w+)\((?!\*)", header)) - {"Py_None"}
    checked = set(re.findall(r"IS\((\w+),", (ROOT / "tests/boundary/abi_check.c").read_text()))
    assert len(functions) > 20
    assert functions <= checked
