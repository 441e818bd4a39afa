"""The code that people read first runs, and does what it says."""

from __future__ import annotations

import datetime as dt
import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import polars as pl
import pytest

import polars_io_tools
from tests.conftest import child_environment
from tests.postgres import Server

pytestmark = pytest.mark.ray

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.fixture
def trades(tmp_path: Path) -> Path:
    """A folder `trades` with a file a week, as the README has it."""
    (tmp_path / "trades").mkdir()
    for week in range(60):
        first = dt.date(2023, 11, 1) + dt.timedelta(weeks=week)
        days = pl.date_range(first, first + dt.timedelta(days=6), eager=True)
        pl.DataFrame({"date": days, "price": range(7)}).write_parquet(
            tmp_path / "trades" / f"{first}.parquet"
        )
    return tmp_path


def run(code: str, folder: Path) -> str:
    import ray

    environment = child_environment() | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_first_example_of_the_readme(trades: Path) -> None:
    example, *_ = blocks("python")
    plain = pl.scan_parquet(trades / "trades/*.parquet").filter(
        pl.col("date").is_between(pl.date(2024, 1, 1), pl.date(2024, 3, 31))
    )
    output = run(f"{example}\nresult.write_parquet('result.parquet')", trades)
    assert output == ""
    assert pl.read_parquet(trades / "result.parquet").equals(plain.collect())
    assert plain.collect().height == 91


def test_explained_plan_of_the_readme(tmp_path: Path) -> None:
    code = next(b for b in blocks("python") if "plan = query.piot" in b)
    (shown,) = (b for b in blocks("text") if "in-memory frame" in b)
    assert run(code, tmp_path).split() == shown.split()


def test_five_minutes_of_the_readme(tmp_path: Path) -> None:
    code = next(b for b in blocks("python") if "last_run" in b)
    (shown,) = (b for b in blocks("text") if "done in" in b)
    said = run(code, tmp_path).replace(str(tmp_path), "/home/me")
    plan, _, report = shown.partition("done in")
    assert said.startswith(plan)
    labels = [line.split()[0] for line in report.splitlines()[1:4]]
    assert [line.split()[0] for line in said.partition("done in")[2].splitlines()[1:4]] == labels
    assert "vega" in (tmp_path / "run.html").read_text()


def test_stored_frame_of_the_readme(tmp_path: Path) -> None:
    code = next(b for b in blocks("python") if "piot.put" in b)
    assert run(code, tmp_path) == "4095\n"


def test_splits_of_the_readme(tmp_path: Path) -> None:
    code = next(b for b in blocks("python") if "by_quantile" in b)
    assert run(code, tmp_path) == "50 100 100\n"


def test_table_of_the_readme(tmp_path: Path) -> None:
    code = next(b for b in blocks("python") if "create_table" in b)
    printed = re.findall(r"print\(.*\)  # (.*)", code)
    assert run(code, tmp_path).splitlines() == printed


def test_engine_of_the_readme(tmp_path: Path) -> None:
    code = next(b for b in blocks("python") if "RayEngine" in b)
    assert run(code, tmp_path) == "4095\n"


@pytest.fixture
def market(postgres: Server) -> Iterator[str]:
    """The URI of a database with a table `trades`, as the README has it."""
    name = f"{postgres.database}_market"
    uri = urlsplit(postgres.uri)._replace(path=f"/{name}").geturl()
    postgres.psql(f"CREATE DATABASE {name}")
    postgres.psql(
        "CREATE TABLE trades AS SELECT date '2023-11-01' + i AS date, 'S' || i % 3 AS symbol, "
        "i::float8 AS price FROM generate_series(0, 299) i",
        uri=uri,
    )
    yield uri
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")


def test_database_of_the_readme(market: str, tmp_path: Path) -> None:
    code = next(b for b in blocks("python") if "scan_db" in b)
    written = '"postgresql://reader@db.example/market"'
    assert written in code
    run(f"{code.replace(written, repr(market))}\nresult.write_parquet('result.parquet')", tmp_path)
    result = pl.read_parquet(tmp_path / "result.parquet")
    days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
    first = (days[0] - dt.date(2023, 11, 1)).days
    want = pl.DataFrame({"date": days, "price": pl.Series(range(first, first + 91))}).select(
        "date",
        symbol=pl.lit("S") + (pl.col("price") % 3).cast(pl.String),
        price=pl.col("price").cast(pl.Float64),
    )
    assert result["date"].dt.month().is_sorted()
    assert result.sort("date").equals(want)


def test_all_python_blocks_of_the_readme_are_tested() -> None:
    assert len(blocks("python")) == 8


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(polars_io_tools.__path__, "polars_io_tools.")
    return [importlib.import_module(m.name) for m in found if not m.name.endswith("_gocore")]


def test_examples_of_the_docstrings() -> None:
    results = [doctest.testmod(m, optionflags=doctest.NORMALIZE_WHITESPACE) for m in modules()]
    assert sum(r.failed for r in results) == 0
    assert sum(r.attempted for r in results) >= 10
