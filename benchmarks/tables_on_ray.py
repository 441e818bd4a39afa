"""What Ray Data takes to read and write tables, beside its own readers and writer of Parquet.

    .venv/bin/python -m benchmarks.tables_on_ray [--rows ROWS] [--rounds ROUNDS] [--folder FOLDER]

`read` passes all blocks by: `scan.to_ray_dataset()`, `ray.data.read_parquet` and
`ray.data.read_delta` of the same files. `copy` reads the table and writes another one by
`to_ray_datasink()`, or reads the same files and writes others by `write_parquet`. `sort` does so
from files whose rows are in no order; only the sink sorts them, looks for repeated keys and tells
statistics. Each run is a process of its own with a cluster of two CPUs; its first work does not
count. All take turns, round after round; figures are medians, and ratios are to the first of their
kind.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot

SCHEMA: dict[str, Any] = {
    "symbol": pl.String,
    "ts": pl.Datetime("us"),
    "price": pl.Float64,
    "volume": pl.Int64,
    "venue": pl.String,
}
FILES = 20
START = dt.datetime(2024, 1, 1)  # noqa: DTZ001  (the column has no zone)
KINDS = {
    "read": ["read_parquet", "read_delta", "to_ray_dataset"],
    "copy": ["write_parquet", "to_ray_datasink"],
    "sort": ["write_parquet", "to_ray_datasink"],
}

# Begins the line with what a process has measured.
_MARK = "figures: "


def _make(folder: Path, rows: int) -> None:
    each = rows // FILES
    i = pl.col("i")
    (folder / "shuffled").mkdir()
    t = piot.create_table(folder / "table", SCHEMA, key=["symbol", "ts"])
    for file in range(FILES):
        numbers = pl.int_range(file * each, (file + 1) * each, eager=True).to_frame("i")
        frame = numbers.select(
            symbol=pl.format("S{}", i // each + 100),
            ts=pl.lit(START) + pl.duration(milliseconds=i % each * 37),
            price=i * 7919 % 10007 / 8.0,
            volume=i * 31 % 1000,
            venue=pl.format("venue-{}", i % 17),
        )
        with t.txn() as txn:
            txn.write(frame)
        frame.sample(fraction=1, shuffle=True, seed=file).write_parquet(
            folder / "shuffled" / f"{file:02}.parquet"
        )


def _work(kind: str, how: str, folder: Path, out: Path) -> Callable[[], object]:
    import ray.data as untyped
    from pyarrow.fs import LocalFileSystem

    data: Any = untyped
    t = piot.table(folder / "table")

    def parquet(name: str) -> Any:
        return data.read_parquet(str(folder / name), filesystem=LocalFileSystem())

    def passed(ds: Any) -> int:
        return sum(bundle.num_rows() for bundle in ds.iter_internal_ref_bundles())

    def sunk() -> None:
        source = t.scan().to_ray_dataset() if kind == "copy" else parquet("shuffled")
        made = piot.create_table(out / "table", t.schema, key_schema=t.key_schema)
        with made.txn() as txn:
            source.write_datasink(txn.to_ray_datasink())

    works: dict[str, Callable[[], object]] = {
        "read_parquet": lambda: passed(parquet("table")),
        "read_delta": lambda: passed(data.read_delta(str(folder / "table"))),
        "to_ray_dataset": lambda: passed(t.scan().to_ray_dataset()),
        "write_parquet": lambda: parquet("table" if kind == "copy" else "shuffled").write_parquet(
            str(out / "files"), filesystem=LocalFileSystem()
        ),
        "to_ray_datasink": sunk,
    }
    return works[how]


def _processor() -> float:
    import psutil

    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system
    return total


def _measure(kind: str, how: str, folder: Path) -> None:
    """Print seconds by the clock and of processors of the second run, and what it wrote."""
    import ray as untyped

    ray: Any = untyped
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    for last in (False, True):
        out = Path(tempfile.mkdtemp(dir=folder))
        work = _work(kind, how, folder, out)
        began, before = time.perf_counter(), _processor()
        work()
        seconds, processor = time.perf_counter() - began, _processor() - before
        files = [p.stat().st_size for p in out.rglob("*.parquet")]
        if last:
            print(_MARK + json.dumps([seconds, processor, len(files), sum(files)]))
        shutil.rmtree(out)
    ray.shutdown()


def main(rows: int, rounds: int, folder: Path) -> None:
    """Print the figures, as a table of Markdown."""
    if not (folder / "table").exists():
        _make(folder, rows)
    found: dict[tuple[str, str], list[list[float]]] = {}
    for _ in range(rounds):
        for kind, ways in KINDS.items():
            for how in ways:
                command = [sys.executable, "-m", "benchmarks.tables_on_ray", "--measure"]
                command += [kind, how, str(folder)]
                environment = {**os.environ, "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
                out = subprocess.run(
                    command, stdout=subprocess.PIPE, text=True, check=True, env=environment
                )
                told = [line for line in out.stdout.splitlines() if line.startswith(_MARK)]
                figures = json.loads(told[-1].removeprefix(_MARK))  # Ray prints as well
                found.setdefault((kind, how), []).append(figures)
    print(f"{rows:,} rows of {len(SCHEMA)} columns, {rounds} rounds\n")
    print("| work | by | seconds | ratio | processor, s | ratio | files | MB |")
    print("|---|---|---|---|---|---|---|---|")
    for kind, ways in KINDS.items():
        first = _medians(found[kind, ways[0]])
        for how in ways:
            seconds, processor, files, size = _medians(found[kind, how])
            print(
                f"| {kind} | `{how}` | {seconds:.2f} | {seconds / first[0]:.2f} | {processor:.2f} "
                f"| {processor / first[1]:.2f} | {files:.0f} | {size / 1e6:.0f} |"
            )


def _medians(runs: list[list[float]]) -> list[float]:
    return [statistics.median(values) for values in zip(*runs, strict=True)]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        _measure(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
        parser.add_argument("--rows", type=int, default=20_000_000)
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument("--folder", type=Path, help="where the tables are, or are to be kept")
        given = parser.parse_args()
        with tempfile.TemporaryDirectory() as temporary:
            main(given.rows, given.rounds, given.folder or Path(temporary))
