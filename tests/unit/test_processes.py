"""What holds for a process: what it imports, whether Ray runs, whether it was forked."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

import polars_io_tools as piot
from tests.conftest import child_environment

Run = Callable[[str], str]

PRELUDE = """
import datetime as dt
import sys
import polars as pl
import polars_io_tools as piot

day = pl.col("date")
quarter = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))
lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]}).filter(quarter)
split = {"date_column": "date", "time_unit": "monthly"}

def loaded(*names):
    return [name for name in names if name in sys.modules]

def error(call):
    try:
        call()
    except piot.PiotError as caught:
        return caught
"""


@pytest.fixture
def run() -> Run:
    def run_script(script: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PRELUDE + textwrap.dedent(script)],
            env=child_environment(),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_script


def test_importing_loads_nothing_that_only_some_need(run: Run) -> None:
    out = run('print(loaded("ray", "pyarrow", "tqdm", "cloudpickle", "numpy", "pandas"))')
    assert out == "[]\n"


def test_explaining_needs_no_ray(run: Run) -> None:
    out = run("""
        plan = lf.piot.explain_on_ray(**split, remote_options={"num_cpus": 2}, progress=True)
        print(plan.to_polars()["period"].to_list(), loaded("ray", "pyarrow", "tqdm"))
        sys.modules["ray"] = None  # not installed
        print(len(lf.piot.explain_on_ray(**split).periods))
    """)
    assert out == "['2024-01', '2024-02', '2024-03'] []\n3\n"


def test_executing_needs_ray_to_be_installed(run: Run) -> None:
    out = run("""
        sys.modules["ray"] = None
        caught = error(lambda: lf.piot.execute_on_ray(**split))
        print(type(caught).__name__, isinstance(caught, ImportError), caught)
    """)
    assert out.startswith("MissingDependencyError True")
    assert "polars-io-tools-go[ray]" in out


def test_executing_needs_ray_to_run_at_the_call_and_when_collecting(run: Run) -> None:
    out = run("""
        import ray
        caught = error(lambda: lf.piot.execute_on_ray(**split))
        print(type(caught).__name__, isinstance(caught, RuntimeError), caught)
        ray.is_initialized = lambda: True
        lazy = lf.piot.execute_on_ray(**split)
        ray.is_initialized = lambda: False
        for engine in ("in-memory", "streaming"):
            print(type(error(lambda: lazy.collect(engine=engine))).__name__)
        nothing = lazy.filter(pl.col("date") < pl.date(1900, 1, 1))
        print(type(error(nothing.collect)).__name__)
    """)
    first, *rest = out.splitlines()
    assert first.startswith("RayNotInitialisedError True")
    assert "ray.init()" in first
    assert rest == ["RayNotInitialisedError"] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_child_is_told_so_at_once(run: Run) -> None:
    out = run("""
        import os, warnings
        import ray
        warnings.simplefilter("ignore")  # Python warns of the fork itself
        ray.is_initialized = lambda: True
        lazy = lf.piot.execute_on_ray(**split)
        if os.fork() == 0:
            calls = {
                "execute": lambda: lf.piot.execute_on_ray(**split),
                "explain": lambda: lf.piot.explain_on_ray(**split),
            }
            for name, call in calls.items():
                caught = error(call)
                print(name, type(caught).__name__, "fork" in str(caught), flush=True)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
    """)
    assert out.splitlines() == [
        "execute ForkedProcessError True",
        "explain ForkedProcessError True",
        "0",
    ]


def test_errors_are_public() -> None:
    assert set(piot.errors.__all__) <= set(piot.__all__)
    for name in piot.errors.__all__:
        assert issubclass(getattr(piot, name), piot.PiotError)
