"""A panic in Go becomes an exception wherever it happens, and the process goes on."""

from __future__ import annotations

import pickle
import signal

import pytest

from polars_io_tools import _gocore
from polars_io_tools.errors import InternalError
from tests.boundary.processes import output_of, run_script

PLACES = {
    "call": "panic in _test_panic: test hook: call",
    "nil": "panic in _test_panic: runtime error: invalid memory address or nil pointer dereference",
    "wild": "panic in _test_panic: runtime error: invalid memory address or nil pointer",
    "goroutine": "panic in _test_panic goroutine: test hook: goroutine",
    "callback": "stream of the test hook: panic in _test_panic callback: test hook: callback",
    "slow": "panic in _test_panic: test hook: slow",
}


def assert_go_works() -> None:
    """A call that allocates in Go and copies in both directions."""
    with pytest.raises(ValueError, match="unknown place") as raised:
        _gocore._test_panic("x" * 100_000)
    assert len(str(raised.value)) > 100_000


@pytest.mark.parametrize("where", PLACES)
def test_panic_becomes_an_exception(where: str) -> None:
    for _ in range(3):
        with pytest.raises(InternalError) as raised:
            _gocore._test_panic(where)
        text = str(raised.value)
        assert text.startswith(PLACES[where])
        assert "please report it" in text
        assert _gocore.build_info() in text
        assert "export_hook.go" in text, "the stack leads to the panic"
        assert_go_works()


def test_many_panics_in_many_places() -> None:
    for where in ["call", "nil", "wild", "goroutine", "callback"] * 200:
        with pytest.raises(InternalError):
            _gocore._test_panic(where)
    assert_go_works()


def test_the_stack_names_no_folder_of_the_build() -> None:
    with pytest.raises(InternalError) as raised:
        _gocore._test_panic("call")
    frames = [line for line in str(raised.value).splitlines() if "polars-io-tools-go/capi" in line]
    assert frames
    assert not any(line.strip().startswith("/") for line in frames)


def test_the_exception_can_be_pickled() -> None:
    with pytest.raises(InternalError) as raised:
        _gocore._test_panic("call")
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


@pytest.mark.parametrize("where", ["", "no such place", "Call", "ünïcode \0"])
def test_unknown_place(where: str) -> None:
    with pytest.raises(ValueError, match="call, nil, wild, goroutine, callback, slow"):
        _gocore._test_panic(where)


@pytest.mark.parametrize("where", [None, b"call", 1])
def test_place_of_a_wrong_type(where: object) -> None:
    with pytest.raises(TypeError):
        _gocore._test_panic(where)  # type: ignore[arg-type]  # on purpose


SURVIVE = """
import faulthandler
{first}
from polars_io_tools import _gocore
from polars_io_tools.errors import InternalError
{second}
for where in {places}:
    try:
        _gocore._test_panic(where)
    except InternalError as error:
        print(where)
{third}
"""
ENABLE = "faulthandler.enable()"
DISABLE = "faulthandler.disable()"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        (ENABLE, ""),
        # What ray.init() does: the handler of SIGSEGV that Go needs is replaced after the import.
        ("", ENABLE),
        ("", f"{ENABLE}; _gocore.build_info(); {DISABLE}"),
        ("", f"{ENABLE}; _gocore.build_info(); {DISABLE}; {ENABLE}"),
        (ENABLE, f"{DISABLE}; {ENABLE}"),
        (ENABLE, DISABLE),
    ],
)
def test_faulthandler_before_and_after_the_import(first: str, second: str) -> None:
    script = SURVIVE.format(first=first, second=second, third="", places=list(PLACES))
    assert output_of(script).split() == list(PLACES)


def test_faulthandler_still_reports_other_crashes() -> None:
    """Go takes its own faults only; a crash elsewhere ends the process with a traceback."""
    crash = "import ctypes; ctypes.string_at(8)"
    script = SURVIVE.format(first="", second=ENABLE, third=crash, places=["nil"])
    done = run_script(script)
    assert done.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in done.stderr
    assert "string_at" in done.stderr


def test_other_crashes_without_faulthandler_still_end_the_process() -> None:
    crash = "import ctypes; ctypes.string_at(8)"
    script = SURVIVE.format(first="", second="", third=crash, places=["nil"])
    assert run_script(script).returncode in {-signal.SIGSEGV, 2, -signal.SIGABRT}
