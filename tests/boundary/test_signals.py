"""Signals during long calls: handlers run, Ctrl-C ends the call, and what goes on does no harm."""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from polars_io_tools import _gocore
from polars_io_tools.errors import InternalError
from tests.boundary.processes import output_of

DELAY = 0.1


def ended() -> tuple[int, int]:
    """How many jobs of the test hook were cancelled, and how many ended in spite of it."""
    cancelled, _, deaf, _ = _gocore._test_job(b"ended").split()
    return int(cancelled), int(deaf)


@contextmanager
def ctrl_c_during(delay: float = DELAY) -> Iterator[None]:
    """Run the handler of Ctrl-C in a moment; a timer needs no thread that may start late."""
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, delay)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_ctrl_c_ends_a_long_call_and_its_work() -> None:
    cancelled, deaf = ended()
    with pytest.raises(KeyboardInterrupt), ctrl_c_during():
        _gocore._test_job(b"loop")
    wait_for(lambda: ended() == (cancelled + 1, deaf))
    assert _gocore._test_job(b"short") == b"short"


def test_ctrl_c_is_prompt() -> None:
    seconds = []
    for how in (b"loop", b"loop", b"deaf", b"deaf", b"deaf"):
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt), ctrl_c_during():
            _gocore._test_job(how)
        seconds.append(time.monotonic() - start - DELAY)
    # The least, as other processes come in between.
    assert min(seconds[:2]) <= 0.1
    assert min(seconds[2:]) <= 0.1


def test_a_job_that_does_not_listen_keeps_its_input() -> None:
    cancelled, deaf = ended()
    how = bytearray(b"deaf")
    with pytest.raises(KeyboardInterrupt), ctrl_c_during():
        _gocore._test_job(how)
    assert ended() == (cancelled, deaf), "the call returned before its work"
    with pytest.raises(BufferError):
        how += b"er"
    # It counts only if the input was still what it was.
    wait_for(lambda: ended() == (cancelled, deaf + 1))

    def given_back() -> bool:
        _gocore.check_process()
        try:
            how.append(0)
        except BufferError:
            return False
        return True

    wait_for(given_back)


def test_other_signals_are_handled_and_the_call_goes_on() -> None:
    seen: list[float] = []
    old = signal.signal(signal.SIGALRM, lambda *_: seen.append(time.monotonic()))
    signal.setitimer(signal.ITIMER_REAL, DELAY)
    try:
        assert _gocore._test_job(b"short") == b"short"
        returned = time.monotonic()
    finally:
        signal.signal(signal.SIGALRM, old)
    assert len(seen) == 1
    assert seen[0] < returned


def test_a_call_in_another_thread_goes_on() -> None:
    results: list[bytes] = []
    thread = threading.Thread(target=lambda: results.append(_gocore._test_job(b"short")))
    thread.start()
    with pytest.raises(KeyboardInterrupt), ctrl_c_during():
        _gocore._test_job(b"loop")
    thread.join()
    assert results == [b"short"]


def test_other_threads_run_meanwhile() -> None:
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(_gocore._test_job(b"short")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [b"short"] * 8


def test_errors_of_jobs() -> None:
    with pytest.raises(InternalError, match="panic in _test_job: test hook: job"):
        _gocore._test_job(b"panic")
    with pytest.raises(ValueError, match='unknown place "x"'):
        _gocore._test_job(b"x")


def test_ctrl_c_ends_the_split_into_very_many_periods() -> None:
    """Through the public interface, with the work that takes long in earnest."""
    out = output_of("""
    import datetime as dt, os, signal, threading, time
    import polars as pl
    import polars_io_tools

    time_column = pl.col("time")
    years = time_column.is_between(dt.datetime(2000, 1, 1), dt.datetime(2024, 1, 1))
    lf = pl.LazyFrame({"time": [dt.datetime(2020, 1, 1)]}).filter(years)
    # A process that was started in the background of a shell ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        lf.piot.explain_on_ray(date_column="time", time_unit="1s", max_periods=10**9)
    except KeyboardInterrupt:
        print("stopped")
    lf.piot.explain_on_ray(date_column="time", time_unit="yearly")
    """)
    assert out == "stopped\n"


@pytest.mark.ray
def test_cancelling_a_ray_task_ends_its_call() -> None:
    """Ray interrupts the main thread of the worker, as Ctrl-C would."""
    import ray

    @ray.remote(max_retries=0)
    def work(started: str) -> bytes:
        from pathlib import Path

        # A process that was started in the background of a shell ignores SIGINT.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        Path(started).touch()
        return _gocore._test_job(b"loop")

    with tempfile.TemporaryDirectory() as folder:
        started = Path(folder, "started")
        ref = work.remote(str(started))
        wait_for(started.exists)
        ray.cancel(ref)
        # The call itself would go on for a minute.
        with pytest.raises(ray.exceptions.TaskCancelledError):
            ray.get(ref, timeout=30)
