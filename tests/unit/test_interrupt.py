"""Work that ends soon after its thread is interrupted."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from polars_io_tools._interrupt import interruptible, is_interrupted


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    # A process that was started in the background of a shell ignores SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def wait_until_interrupted() -> None:
    give_up = time.monotonic() + 20
    while not is_interrupted() and time.monotonic() < give_up:
        time.sleep(0.005)


def test_what_work_returns_or_raises() -> None:
    assert interruptible(lambda: 5) == 5
    assert interruptible(lambda: None) is None

    def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        interruptible(fail)
    with pytest.raises(SystemExit):
        interruptible(lambda: exec("raise SystemExit(3)"))


def test_work_runs_in_another_thread() -> None:
    assert interruptible(threading.get_ident) != threading.get_ident()


@pytest.mark.parametrize("times", [1, 3])
def test_work_knows_that_it_is_not_wanted_any_more(times: int) -> None:
    ended = []

    def work() -> None:
        for n in range(times):
            # As Ray does it: without a signal.
            threading.Timer(0.1 + n * 0.3, _thread.interrupt_main).start()
        wait_until_interrupted()
        time.sleep(0.3 * times)
        ended.append(True)
        raise RuntimeError("the work is over")

    with pytest.raises(KeyboardInterrupt):
        interruptible(work)
    assert ended == [True]
    # Neither what the process does next, nor the next task, was cancelled.
    assert is_interrupted() is False
    assert interruptible(is_interrupted) is False


def test_work_that_is_interrupted_at_any_moment_ends() -> None:
    def work() -> None:
        # Until it is known, and some more of them after that.
        for _ in range(50):
            _thread.interrupt_main()
            time.sleep(0.0005)
        wait_until_interrupted()

    for _ in range(20):
        with pytest.raises(KeyboardInterrupt):
            interruptible(work)
