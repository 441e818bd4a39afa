"""Wrong arguments are refused at the call, by name and with what to write instead."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot

LF = pl.LazyFrame(
    schema={
        "date": pl.Date,
        "time": pl.Datetime("us"),
        "zoned": pl.Datetime("us", "UTC"),
        "text": pl.String,
        "number": pl.Int64,
        "clock": pl.Time,
    }
)
RIGHT: dict[str, Any] = {"date_column": "date", "time_unit": "monthly"}

Wrong = tuple[dict[str, Any], type[Exception], str]

# Arguments, the class of the error, what its message says.
WRONG: dict[str, Wrong] = {
    "column unknown": (
        {"date_column": "dat"},
        ValueError,
        r"date_column 'dat' is not a column of the query; did you mean 'date'",
    ),
    "column unlike any": (
        {"date_column": "§"},
        ValueError,
        r"its columns are 'date', 'time', 'zoned', 'text', 'number', 'clock'",
    ),
    "column not a name": (
        {"date_column": pl.col("date")},
        TypeError,
        "date_column must be the name",
    ),
    "column None": ({"date_column": None}, ValueError, "date_column is missing: write"),
    "column of text": ({"date_column": "text"}, TypeError, r'pl\.col\("text"\)\.str\.to_date\(\)'),
    "column of numbers": ({"date_column": "number"}, TypeError, "is a Int64, but has to be a Date"),
    "column of clock times": ({"date_column": "clock"}, TypeError, "is a Time, but has to be"),
    "unit unknown": (
        {"time_unit": "month"},
        ValueError,
        """time_unit 'month' cannot be used: unknown unit "month".* did you mean "monthly"?""",
    ),
    "unit unlike any": (
        {"time_unit": "1 hour"},
        ValueError,
        "the units are hourly, daily, weekly, monthly, quarterly, yearly, or a duration such as",
    ),
    "unit within a day of a Date": (
        {"time_unit": "6h"},
        ValueError,
        'a Date column has no time of day: write "daily" or another unit of whole days',
    ),
    "unit None": ({"time_unit": None}, ValueError, "time_unit is missing: write"),
    "unit not a string": ({"time_unit": ["daily"]}, TypeError, "time_unit must be a str such as"),
    "format unknown": ({"return_as": "parket"}, ValueError, "did you mean 'parquet'"),
    "format None": ({"return_as": None}, ValueError, "return_as None is unknown"),
    "no concurrency": ({"max_concurrency": 0}, ValueError, "a positive integer or None, not 0"),
    "less than none": ({"max_concurrency": -3}, ValueError, "a positive integer or None, not -3"),
    "half a task": ({"max_concurrency": 1.5}, TypeError, "a positive integer or None, not 1.5"),
    "concurrency of a bool": ({"max_concurrency": True}, TypeError, "max_concurrency must be"),
    "no periods": ({"max_periods": 0}, ValueError, "max_periods must be a positive integer, not 0"),
    "periods None": ({"max_periods": None}, TypeError, "max_periods must be a positive integer"),
    "options a list": ({"remote_options": [("num_cpus", 1)]}, TypeError, "must be a mapping"),
    "options text": ({"remote_options": "num_cpus=1"}, TypeError, "must be a mapping"),
    "name is ours": ({"remote_options": {"name": "x"}}, ValueError, "must not set 'name'"),
    "num_returns is ours": (
        {"remote_options": {"num_returns": 2}},
        ValueError,
        "must not set 'num_returns'",
    ),
    "order not a bool": (
        {"preserve_partition_order": 1},
        TypeError,
        "must be a bool or None, not 1",
    ),
    "progress not a bool": ({"progress": "yes"}, TypeError, "progress must be a bool or None"),
    "description not text": ({"description": 7}, TypeError, "description must be a str or None"),
}

# Known only to Ray.
WRONG_FOR_RAY: dict[str, Wrong] = {
    "option unknown": ({"remote_options": {"num_cpu": 1}}, ValueError, "num_cpu"),
    "option of a wrong type": ({"remote_options": {"num_cpus": "two"}}, ValueError, "num_cpus"),
    "option out of range": ({"remote_options": {"num_cpus": -1}}, ValueError, "num_cpus"),
    "option not text": ({"remote_options": {1: 2}}, ValueError, "remote_options"),
}


@pytest.fixture
def _ray_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: True)


@pytest.mark.usefixtures("_ray_runs")
@pytest.mark.parametrize("method", ["execute_on_ray", "explain_on_ray"])
@pytest.mark.parametrize("case", [*WRONG, *WRONG_FOR_RAY])
def test_refused_at_the_call(case: str, method: str) -> None:
    arguments, kind, message = (WRONG | WRONG_FOR_RAY)[case]
    with pytest.raises(kind, match=message) as info:
        getattr(piot.PiotNamespace(LF), method)(**RIGHT | arguments)
    assert type(info.value) is kind


@pytest.mark.usefixtures("_ray_runs")
@pytest.mark.parametrize("method", ["execute_on_ray", "explain_on_ray"])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"date_column": "time"},
        {"return_as": "ipc"},
        {"max_concurrency": None},
        {"max_concurrency": 1},
        {"remote_options": {}},
        {"remote_options": {"num_cpus": 0.5, "max_retries": 0, "resources": {"disk": 1}}},
        {"remote_options": {"runtime_env": {"env_vars": {"A": "b"}}, "memory": 2**20}},
        {"description": "", "progress": False, "preserve_partition_order": False},
    ],
    ids=str,
)
def test_accepted_at_the_call(arguments: dict[str, Any], method: str) -> None:
    getattr(piot.PiotNamespace(LF), method)(**RIGHT | arguments)


def test_arguments_are_keywords() -> None:
    namespace: Any = piot.PiotNamespace(LF)
    with pytest.raises(TypeError, match="positional"):
        namespace.execute_on_ray("date", "monthly")
    with pytest.raises(TypeError, match="partitions must be by_time"):
        namespace.explain_on_ray("date")
    with pytest.raises(ValueError, match="time_unit is missing"):
        namespace.explain_on_ray(date_column="date")


UNSUPPORTED: dict[str, tuple[pl.DataType, set[str]]] = {
    "Object": (pl.Object(), {"arrow", "ipc", "parquet"}),
    "Array of nothing": (pl.Array(pl.Int8, 0), set()),
    "Struct of nothing": (pl.Struct({}), set()),
}


@pytest.mark.usefixtures("_ray_runs")
@pytest.mark.parametrize("method", ["execute_on_ray", "explain_on_ray"])
@pytest.mark.parametrize("return_as", ["arrow", "ipc", "parquet"])
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_columns_that_cannot_come_back_are_named(name: str, return_as: str, method: str) -> None:
    dtype, formats = UNSUPPORTED[name]
    lf = pl.LazyFrame(schema={"date": pl.Date, "odd": dtype, "even": pl.Int8})
    arguments = RIGHT | {"return_as": return_as}
    if return_as in formats:
        with pytest.raises(ValueError, match=r"cannot be sent back from workers") as info:
            getattr(piot.PiotNamespace(lf), method)(**arguments)
        assert f"'odd': {dtype}" in str(info.value)
        assert "drop or cast" in str(info.value)
        assert "even" not in str(info.value)
        lf = lf.drop("odd")
    getattr(piot.PiotNamespace(lf), method)(**arguments)


def test_a_wrong_query_is_refused_as_polars_does() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        piot.PiotNamespace(LF.select("nothing")).explain_on_ray(**RIGHT)


def test_a_predicate_that_reads_no_column_of_the_query_is_refused_as_polars_does() -> None:
    later = pl.col("nothing") > dt.date(2024, 1, 1)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        piot.PiotNamespace(LF).explain_on_ray(**RIGHT, predicate=later)


def test_every_lazy_frame_has_the_namespace() -> None:
    namespace = LF.piot  # type: ignore[attr-defined]  # registered, which types do not show
    assert isinstance(namespace, piot.PiotNamespace)
