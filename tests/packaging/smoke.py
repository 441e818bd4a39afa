"""Shows that an installation works: a program for an interpreter with nothing but the wheel.

It needs the standard library, Polars and the package, and says "fine" at its end.
"""

# ruff: noqa: T201  (a program)

from __future__ import annotations

import datetime as dt
import importlib
import os
import signal
import sys
import threading
import warnings

import polars as pl

import polars_io_tools as piot
from polars_io_tools import _gocore
from polars_io_tools._arrow import concat_frames

SUB_INTERPRETER = f"""if True:
    import importlib.util
    spec = importlib.util.spec_from_file_location("_gocore", {_gocore.__file__!r})
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except ImportError as error:
        assert "interpreter" in str(error), error
    else:
        raise SystemExit("imported in a sub-interpreter")
"""


def plan() -> None:
    day = pl.col("date")
    quarter = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))
    query = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]}).filter(quarter)
    periods = (
        piot.PiotNamespace(query).explain_on_ray(date_column="date", time_unit="monthly").periods
    )
    assert [period.label for period in periods] == ["2024-01", "2024-02", "2024-03"]


def frames() -> None:
    parts = [pl.DataFrame({"i": [n, None], "s": ["x" * n, ""], "l": [[n], []]}) for n in range(50)]
    assert concat_frames(parts).equals(pl.concat(parts))


def panic() -> None:
    for where in ("call", "nil", "wild", "goroutine", "callback"):
        try:
            _gocore._test_panic(where)
        except piot.InternalError:
            continue
        raise AssertionError(where)


def interrupt() -> None:
    # A process that was started in the background of a shell ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        _gocore._test_job(b"loop")
    except KeyboardInterrupt:
        return
    raise AssertionError


def fork() -> None:
    warnings.simplefilter("ignore")  # Python warns of forks while threads run.
    child = os.fork()
    if child == 0:
        try:
            _gocore.build_info()
        except piot.ForkedProcessError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def sub_interpreter() -> None:
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    interpreters = importlib.import_module(name)
    inner = interpreters.create()
    assert interpreters.run_string(inner, SUB_INTERPRETER) is None
    interpreters.destroy(inner)


for step in (plan, frames, panic, interrupt, fork, sub_interpreter):
    step()
print("fine", sys.version.partition(" ")[0], _gocore.build_info())
