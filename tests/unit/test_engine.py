"""What an engine is without a query: its arguments, checked, shown, compared and pickled."""

from __future__ import annotations

import datetime as dt
import inspect
import operator
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot

C = pl.col

ENGINES: dict[str, tuple[Callable[[], piot.RayEngine], str]] = {
    "calendar": (
        lambda: piot.RayEngine(date_column="date", time_unit="monthly", max_concurrency=50),
        "RayEngine(date_column='date', time_unit='monthly', max_concurrency=50)",
    ),
    "method": (
        lambda: piot.RayEngine(piot.by_value("symbol"), progress=False),
        "RayEngine(partitions=ByValue(on='symbol', values=None), progress=False)",
    ),
    "list": (
        lambda: piot.RayEngine([piot.ReadPartition(C("id") < 10, key="small")]),
        "RayEngine(partitions=[1 partitions])",
    ),
    "keys": (
        lambda: piot.RayEngine(piot.by_key(range(3), by=C("id") % 3)),
        "RayEngine(partitions=by_key(range(0, 3)))",
    ),
    "secret": (
        lambda: piot.RayEngine(
            piot.by_value("a"), remote_options={"runtime_env": {"env_vars": {"K": "secret-1"}}}
        ),
        "RayEngine(partitions=ByValue(on='a', values=None), remote_options={'runtime_env': …})",
    ),
}


@pytest.mark.parametrize("name", ENGINES)
def test_shown(name: str) -> None:
    make, text = ENGINES[name]
    assert repr(make()) == text


@pytest.mark.parametrize("name", ENGINES)
def test_equal_after_pickling(name: str) -> None:
    make, _ = ENGINES[name]
    engine, travelled = make(), pickle.loads(pickle.dumps(make()))
    assert engine == make() == travelled
    assert hash(engine) == hash(travelled)
    others = [other() for key, (other, _) in ENGINES.items() if key != name]
    assert all(engine != other for other in others)
    assert engine != "ray"


def test_arguments_are_those_of_execute_on_ray() -> None:
    """Names, kinds and defaults, so that one call can be written for the other."""

    def arguments(function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
        found = inspect.signature(function).parameters
        return {n: (p.kind, p.default) for n, p in found.items() if n != "self"}

    assert arguments(piot.RayEngine) == arguments(piot.PiotNamespace.execute_on_ray)


def test_an_engine_holds_its_arguments_and_nothing_else() -> None:
    engine = piot.RayEngine(date_column="date", time_unit="monthly")
    lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]}).filter(C("date").dt.year() == 2024)
    before = pickle.dumps(engine)
    assert engine.explain(lf).branches[0].periods
    assert list(vars(engine)) == ["_arguments"]
    assert pickle.dumps(engine) == before


def test_unequal_predicates() -> None:
    engines = [piot.RayEngine([piot.ReadPartition(C("id") < n)]) for n in (1, 2)]
    assert engines[0] != engines[1]


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nothing": ({}, ValueError, "date_column is missing"),
    "no unit": ({"date_column": "date"}, ValueError, "time_unit is missing"),
    "column": ({"date_column": 3, "time_unit": "daily"}, TypeError, "date_column must be"),
    "unit": ({"date_column": "d", "time_unit": "fortnight"}, ValueError, "time_unit 'fortnight'"),
    "unit of by_time": (
        {"partitions": piot.by_time("d", "daily"), "time_unit": "daily"},
        ValueError,
        "give either",
    ),
    "list": ({"partitions": [3]}, TypeError, "element 0 of partitions"),
    "not a list": ({"partitions": 3}, TypeError, "partitions must be"),
    "periods": (
        {"date_column": "d", "time_unit": "daily", "max_periods": 0},
        ValueError,
        "max_periods must be a positive integer",
    ),
    "format": (
        {"date_column": "d", "time_unit": "daily", "return_as": "csv"},
        ValueError,
        "return_as 'csv' is unknown",
    ),
    "concurrency": (
        {"date_column": "d", "time_unit": "daily", "max_concurrency": 0},
        ValueError,
        "max_concurrency must be",
    ),
    "options": (
        {"date_column": "d", "time_unit": "daily", "remote_options": {"name": "x"}},
        ValueError,
        "remote_options must not set 'name'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused_at_construction(name: str) -> None:
    arguments, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        piot.RayEngine(**arguments)


def test_a_generator_of_partitions_serves_many_queries() -> None:
    engine = piot.RayEngine(piot.ReadPartition(C("id") == i) for i in range(2))
    assert repr(engine) == "RayEngine(partitions=[2 partitions])"


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="RayEngin'"):
        operator.attrgetter("RayEngin")(piot)


def test_making_an_engine_imports_no_ray() -> None:
    code = (
        "import sys, polars_io_tools as piot; "
        "lazy = 'polars_io_tools.ray._engine' not in sys.modules; "
        "piot.RayEngine(date_column='d', time_unit='daily'); "
        "sys.exit(0 if lazy and 'ray' not in sys.modules else 1)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
