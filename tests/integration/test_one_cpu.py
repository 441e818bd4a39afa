"""A cluster of one CPU: a task that waited for tasks of its own would wait for ever."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import child_environment

# Run by itself: a process has one cluster, and this one is not the tests' own.
SCRIPT = """
import sys
import polars as pl
import ray
import polars_io_tools

if __name__ == "__main__":
    ray.init(
        address="local",
        num_cpus=1,
        object_store_memory=100 * 2**20,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        _temp_dir=sys.argv[1],
    )
    print("started", flush=True)

    def on_ray(lf, time_unit, **options):
        return lf.piot.execute_on_ray(date_column="date", time_unit=time_unit, **options)

    day = pl.col("date")
    quarter = day.is_between(pl.date(2024, 1, 1), pl.date(2024, 3, 31))
    lf = pl.scan_parquet(sys.argv[2]).filter(quarter)
    plain = lf.collect().sort(day.dt.truncate("1mo"), maintain_order=True)
    inner = on_ray(lf, "daily")
    twin = on_ray(lf, "monthly").select("row", "date", twin="price")
    joined = inner.join(twin, on=["row", "date"], maintain_order="left")
    for engine in ("streaming", "in-memory"):
        assert on_ray(lf, "monthly", max_concurrency=None).collect(engine=engine).equals(plain)
        assert on_ray(on_ray(inner, "yearly"), "monthly").collect(engine=engine).equals(plain)
        result = on_ray(joined, "monthly").collect(engine=engine)
        assert result.equals(plain.with_columns(twin="price"))
        assert on_ray(inner, "monthly").head(50).collect(engine=engine).equals(plain.head(50))
    print("the same")
"""

ATTEMPTS = 3


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Unix sockets, which Ray makes there, may not have long paths."""
    folder = Path(tempfile.mkdtemp(prefix="piot", dir="/tmp" if Path("/tmp").is_dir() else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_nested_sources_do_not_wait_for_one_another(trades: Path, short_folder: Path) -> None:
    # Workers take this engine where a query names none, and theirs does not.
    environment = child_environment() | {"POLARS_ENGINE_AFFINITY": "streaming"}
    attempts: list[subprocess.CompletedProcess[str]] = []
    while len(attempts) < ATTEMPTS:
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(short_folder), str(trades / "*.parquet")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        attempts.append(run)
        if run.stdout.startswith("started"):
            break
    assert attempts[-1].stdout.splitlines() == ["started", "the same"], attempts[-1].stderr
