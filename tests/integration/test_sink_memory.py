"""The memory of the driver while a result grows ten times: it does not hold what tasks write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from polars_io_tools._stores import Access, Address, Store
from tests.conftest import child_environment
from tests.stores import Options, served

pytestmark = pytest.mark.ray

# Writes days of random numbers, 24 bytes a row, and prints by how many MB memory rose at its
# highest since the first, small run.
_MEASURED = """
import json, logging, sys
import polars as pl, ray
import polars_io_tools as piot
address, target, form = sys.argv[1:4]
sizes, options = json.loads(sys.argv[4]), json.load(sys.stdin)
ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
engine = piot.RayEngine(
    date_column="date", time_unit="daily", max_unread_bytes=20_000_000, progress=False
)
days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 20), eager=True).alias("date")
def query(rows):
    row = pl.LazyFrame().select(row=pl.int_range(rows))
    noise = (pl.col("row").hash(1).alias("a"), pl.col("row").hash(2).alias("b"))
    lf = days.to_frame().lazy().join(row, how="cross").with_columns(*noise)
    return lf.filter(pl.col("date").is_between(days[0], days[-1]))
def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
def write(rows, name):
    path = f"{target}/{name}" if form == "directory" else f"{target}/{name}.ipc"
    path += "/" * (form == "directory")
    query(rows).sink_ipc(path, engine=engine, mkdir=True, storage_options=options)
write(1000, "small")
for size in sizes:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = status("VmRSS")
    write(size, size)
    print(json.dumps({"rows": size, "growth": status("VmHWM") - before}), flush=True)
"""


def measure(
    address: str, target: Path | str, form: str, sizes: list[int], options: Options | None = None
) -> list[float]:
    arguments = [address, str(target), form, json.dumps(sizes)]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *arguments],
        input=json.dumps(options),  # Ray keeps the commands of drivers
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [line["rows"] for line in lines] == sizes
    return [line["growth"] for line in lines]


def address() -> str:
    import ray as untyped

    ray: Any = untyped
    return str(ray.get_runtime_context().gcs_address)


def written(path: Path) -> tuple[int, float]:
    """Return the rows and megabytes of what was written."""
    files = [path] if path.is_file() else list(path.iterdir())
    rows = pl.scan_ipc(files).select(pl.len()).collect().item()
    return rows, sum(f.stat().st_size for f in files) / 2**20


def test_a_directory(tmp_path: Path) -> None:
    once, ten_times = measure(address(), tmp_path, "directory", [50_000, 500_000])
    rows, megabytes = written(tmp_path / "500000")
    assert rows == 20 * 500_000
    assert megabytes > 200
    assert ten_times < once + 15
    assert ten_times < 40, (once, ten_times)


def test_one_file(tmp_path: Path) -> None:
    once, thirty_times = measure(address(), tmp_path, "file", [50_000, 1_500_000])
    rows, megabytes = written(tmp_path / "1500000.ipc")
    assert rows == 20 * 1_500_000
    assert megabytes > 700
    # What waits, 20 MB and parts of 36 MB that come next, and what Polars holds while it writes:
    # as much for 10 M rows as for 30 M.
    assert thirty_times < megabytes / 2, once
    dates = pl.read_ipc(tmp_path / "1500000.ipc", columns=["date"])["date"]
    assert dates.is_sorted()


def test_one_object() -> None:
    """As it is for a file, and the pieces that are on their way."""
    with served() as options:
        once, thirty_times = measure(
            address(), "s3://bucket/lake", "object", [50_000, 1_500_000], options
        )
        store = Store(Address("s3://bucket", "lake"), Access(options, None))
        data = store.read("lake/1500000.ipc")
    megabytes = len(data) / 2**20
    assert megabytes > 700
    assert thirty_times < megabytes / 2, once
    dates = pl.read_ipc(data, columns=["date"])["date"]
    assert len(dates) == 20 * 1_500_000
    assert dates.is_sorted()


@pytest.mark.long
def test_gigabytes(tmp_path: Path) -> None:
    """4 GB in the place of 20, since that is what a disk of the tests has room for."""
    once, ten_times = measure(address(), tmp_path, "directory", [800_000, 8_000_000])
    rows, megabytes = written(tmp_path / "8000000")
    assert rows == 20 * 8_000_000
    assert megabytes > 3_000
    assert ten_times < once + 15
    assert ten_times < 40, (once, ten_times)
