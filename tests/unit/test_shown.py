"""What plans show, and what they must not: passwords, options of storage, values of the data."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot

CANARY = "cAnArY-5f3a"

day = pl.col("date")
DAYS = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
QUARTER = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))
MONTHLY: dict[str, Any] = {"date_column": "date", "time_unit": "monthly"}


def shown(plan: piot.RayPlan | piot.EnginePlan) -> str:
    """Return all that a plan shows."""
    branches = plan.branches if isinstance(plan, piot.EnginePlan) else (plan,)
    tables = [str(branch.to_polars().to_dicts()) for branch in branches]
    return "\n".join([str(plan), repr(plan), plan._repr_html_(), *tables])


def parquet(folder: Path) -> pl.LazyFrame:
    pl.DataFrame({"date": DAYS, "x": range(len(DAYS))}).write_parquet(folder / "a.parquet")
    return pl.scan_parquet(folder / "a.parquet", storage_options={"aws_secret_access_key": CANARY})


def delta(folder: Path) -> pl.LazyFrame:
    pl.DataFrame({"date": DAYS, "x": range(len(DAYS))}).write_delta(str(folder / "t"))
    return pl.scan_delta(str(folder / "t"), storage_options={"AWS_SECRET_ACCESS_KEY": CANARY})


def server(_: Path) -> pl.LazyFrame:
    uri = f"postgresql://me:{CANARY}@127.0.0.1:1/db?sslpassword={CANARY}"
    return piot.scan_db("SELECT * FROM t", uri, schema={"date": pl.Date, "x": pl.Int64})


def placeholders(folder: Path) -> pl.LazyFrame:
    path = folder / "a.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (date DATE, x INTEGER)")
    database.close()
    return piot.scan_db("SELECT * FROM t WHERE x <> ?", path, params=[CANARY])


def address(_: Path) -> pl.LazyFrame:
    uri = f"https://me:{CANARY}@127.0.0.1:1/a.parquet?X-Amz-Signature={CANARY}"
    return pl.scan_parquet(uri, schema={"date": pl.Date, "x": pl.Int64}, glob=False)


def memory(_: Path) -> pl.LazyFrame:
    return pl.LazyFrame({"date": DAYS, "x": 1, "note": CANARY})


SOURCES: list[Callable[[Path], pl.LazyFrame]] = [
    parquet,
    delta,
    server,
    placeholders,
    address,
    memory,
]


@pytest.mark.parametrize("source", SOURCES)
def test_a_plan_shows_no_secrets(source: Callable[[Path], pl.LazyFrame], tmp_path: Path) -> None:
    lf = source(tmp_path).filter(QUARTER)
    secret = {"runtime_env": {"env_vars": {"TOKEN": CANARY}}}
    plan = piot.PiotNamespace(lf).explain_on_ray(**MONTHLY, remote_options=secret)
    assert plan.problem is None
    assert len(plan.sources) == 1
    assert CANARY not in shown(plan)
    engine = piot.RayEngine(**MONTHLY, remote_options=secret)
    assert CANARY not in shown(engine.explain(lf.group_by("x").len()))
    assert CANARY not in repr(engine)


def test_a_plan_shows_the_constants_of_filters() -> None:
    lf = pl.LazyFrame({"date": DAYS, "note": "a"}).filter(QUARTER, pl.col("note") == CANARY)
    assert CANARY in str(piot.PiotNamespace(lf).explain_on_ray(**MONTHLY))
