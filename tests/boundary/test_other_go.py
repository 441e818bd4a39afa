"""Libraries that want the same signals: another Go runtime, faulthandler, crash reporters."""

from __future__ import annotations

import signal
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from tests.boundary.compiling import library
from tests.boundary.processes import output_of, run_script

if TYPE_CHECKING:
    from pathlib import Path

PRELUDE = """
import ctypes, faulthandler, threading, warnings
from tests.boundary import flight

def ours():
    # Imported here, so that the script says when.
    from polars_io_tools import _gocore
    from polars_io_tools.errors import InternalError
    from tests.boundary.streams import CountedStream
    for where in ["call", "nil", "wild", "goroutine", "callback"]:
        try:
            _gocore._test_panic(where)
        except InternalError:
            continue
        raise AssertionError(where)
    streams = [CountedStream([[1]]) for _ in range(9)]
    _gocore.concat([s.capsule for s in streams])
    assert [s.streams_released for s in streams] == [1] * 9
"""
OURS = "from polars_io_tools import _gocore"
THEIRS = "import adbc_driver_flightsql; flight.query()"
ENABLE = "faulthandler.enable()"
USE = "ours()"
BOTH = "ours(); flight.query(); ours(); print('fine', flush=True)"
# In code that is neither Go's.
CRASH = "ctypes.string_at(8)"


def script(*steps: str) -> str:
    return "\n".join([PRELUDE, *steps])


@pytest.mark.parametrize(
    "steps", [(OURS, THEIRS), (THEIRS, OURS)], ids=["ours first", "theirs first"]
)
def test_two_go_runtimes(steps: tuple[str, ...]) -> None:
    panics = "assert 'Go panic' in flight.panic()"
    threads = """
threads = [threading.Thread(target=work) for work in [ours, flight.query] * 3]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    assert output_of(script(*steps, BOTH, threads, panics, USE)) == "fine\n"


def assert_both_recover_and_others_crash(*steps: str) -> None:
    done = run_script(script(*steps, BOTH, CRASH))
    assert (done.stdout, done.returncode) == ("fine\n", -signal.SIGSEGV), done.stderr
    assert "Fatal Python error: Segmentation fault" in done.stderr
    assert "string_at" in done.stderr


def test_newcomers_one_after_another() -> None:
    """As in a session that queries a database and then starts Ray, which enables faulthandler."""
    assert_both_recover_and_others_crash(OURS, USE, THEIRS, USE, ENABLE)


@pytest.mark.long
@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize("order", list(permutations([OURS, THEIRS, ENABLE])))
def test_newcomers_in_any_order(order: tuple[str, ...], used: bool) -> None:
    steps = list(order)
    if used:
        for place in range(len(steps), steps.index(OURS), -1):
            steps.insert(place, USE)
    assert_both_recover_and_others_crash(*steps)


def test_a_circle_of_handlers_ends(tmp_path: Path) -> None:
    """A newcomer that was installed a second time takes our handler for its predecessor."""
    reporter = library("newcomer.c", tmp_path)
    install = f"reporter = ctypes.CDLL({str(reporter)!r}); reporter.install()"
    done = run_script(script(OURS, install, USE, install, USE, "print('fine', flush=True)", CRASH))
    assert (done.stdout, done.returncode) == ("fine\n", -signal.SIGSEGV), done.stderr


def test_many_newcomers(tmp_path: Path) -> None:
    reporter = library("newcomer.c", tmp_path).read_bytes()
    steps = [OURS]
    for number in range(6):
        copy = tmp_path / f"{number}.so"
        copy.write_bytes(reporter)
        steps += [f"ctypes.CDLL({str(copy)!r}).install()", USE]
    done = run_script(script(*steps, ENABLE, USE, "print('fine', flush=True)", CRASH))
    assert (done.stdout, done.returncode) == ("fine\n", -signal.SIGSEGV), done.stderr
    assert "Fatal Python error: Segmentation fault" in done.stderr
