"""What a task over a table costs, with its scan as written and with the one that chooses files.

    .venv/bin/python -m benchmarks.tables [files ...]

Each table has one file a day, of one commit each. A process reads a plan once and then runs a
query of one day after another, each with a filter of its own, as a worker does. `first` is the
first query of a process, plan and imports included; `later` are the others, for which all tables
and both scans take turns in one process. `planning` is what the driver does for the plan. Figures
are the least of several runs: what else the machine does only adds.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

START = dt.date(2024, 1, 1)
ROWS = 1000
TURNS = 25
FIRSTS = 5
SIZES = (12, 36, 120, 366)


def day(i: int) -> pl.Expr:
    """Return the filter of one day."""
    return pl.col("date") == START + dt.timedelta(days=i)


def wanted(i: int, turn: int) -> pl.Expr:
    """Return the filter of one day, as no query has had it before."""
    return day(i) & (pl.col("v") > -1 - turn)


def rows(i: int) -> pl.DataFrame:
    """Return the rows of one day."""
    date = START + dt.timedelta(days=i)
    return pl.DataFrame({"date": [date] * ROWS, "k": [f"k{i % 7}"] * ROWS, "v": range(ROWS)})


def delta(folder: str, files: int) -> pl.LazyFrame:
    """Write a Delta table."""
    for i in range(files):
        rows(i).write_delta(f"{folder}/delta", mode="append")
    return pl.scan_delta(f"{folder}/delta")


def iceberg(folder: str, files: int) -> pl.LazyFrame:
    """Write an Iceberg table."""
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("c", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("n")
    table = catalog.create_table("n.t", schema=rows(0).to_arrow().schema)
    for i in range(files):
        table.append(rows(i).to_arrow())
    return pl.scan_iceberg(table)


def main(sizes: list[int]) -> None:
    """Measure and print."""
    for make in (delta, iceberg):
        with tempfile.TemporaryDirectory() as root:
            shipped: dict[str, Path] = {}
            planning: dict[str, float] = {}
            for files in sizes:
                folder = Path(root, str(files))
                folder.mkdir()
                planning[str(files)] = ship(make(str(folder), files), folder, files)
                shipped[str(files)] = folder / "shipped"
            report(make.__name__, planning, first(shipped), later(shipped))


def report(name: str, planning: dict[str, float], *times: dict[str, float]) -> None:
    """Print a line for each table, as written -> with chosen files."""
    print(f"{name:<8} {'first':>27} {'later':>27} {'planning':>14}")
    for files, seconds in planning.items():
        cells = [
            f"{found[f'{files} written'] * 1e3:9.2f} -> {found[f'{files} chosen'] * 1e3:8.2f} ms"
            for found in times
        ]
        print(f"{files:>8}    {'    '.join(cells)}    {seconds * 1e3:8.1f} ms", flush=True)


def ship(lf: pl.LazyFrame, folder: Path, files: int) -> float:
    """Write what a worker gets, and return the seconds that planning takes."""
    from polars_io_tools._attach import collecting
    from polars_io_tools._prune import prune
    from polars_io_tools._resources import Resources

    lf.filter(day(0)).collect()
    written = lf.serialize()
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        with collecting():
            prune(lf, lf.filter(wanted(0, 0)))
        seconds.append(time.perf_counter() - start)
    with collecting() as offers:
        plan = prune(lf, lf.filter(wanted(0, 0)))
    if "pruned by" not in plan.notes[0]:
        raise RuntimeError(plan.notes[0])
    resources = Resources(lambda _, secret: secret, processes=1)
    items = {k: tuple(map(as_bytes, prepare(resources))) for k, prepare in offers.items()}
    shipped = {"written": written, "chosen": plan.payload, "items": items, "files": files}
    (folder / "shipped").write_bytes(pickle.dumps(shipped))
    return min(seconds)


def as_bytes(item: Any) -> Any:
    """Return an item as the object store gives it to a worker."""
    return tuple(bytes(part) for part in item)


def first(shipped: dict[str, Path]) -> dict[str, float]:
    """Return the least time of the first query of a process, by table and scan."""
    times: dict[str, list[float]] = {}
    for _ in range(FIRSTS):
        for files, path in shipped.items():
            for scan in ("written", "chosen"):
                found = worker({files: str(path)}, [scan], 1)
                times.setdefault(f"{files} {scan}", []).extend(found[f"{files} {scan}"])
    return {name: min(seconds) for name, seconds in times.items()}


def later(shipped: dict[str, Path]) -> dict[str, float]:
    """Return the least time of the queries of a process but the first, by table and scan."""
    paths = {files: str(path) for files, path in shipped.items()}
    times = worker(paths, ["written", "chosen"], TURNS)
    return {name: min(seconds[1:]) for name, seconds in times.items()}


def worker(paths: dict[str, str], scans: list[str], turns: int) -> dict[str, list[float]]:
    """Return the seconds of queries in a process of their own, by table and scan."""
    request = json.dumps([paths, scans, turns])
    command = [sys.executable, "-m", "benchmarks.tables", "--worker", request]
    times: dict[str, list[float]] = json.loads(subprocess.check_output(command))
    return times


def work(paths: dict[str, str], scans: list[str], turns: int) -> dict[str, list[float]]:
    """Run queries as a worker does, in turn, and return their seconds by table and scan."""
    from polars_io_tools._attach import attach

    shipped = {files: pickle.loads(Path(path).read_bytes()) for files, path in paths.items()}
    for plans in shipped.values():
        attach(plans["items"])
    rows(0).lazy().filter(day(0)).collect()  # Polars' own start
    times: dict[str, list[float]] = {}
    decoded: dict[str, pl.LazyFrame] = {}
    for turn in range(turns):
        for scan in scans:
            for files, plans in shipped.items():
                where = wanted(turn * plans["files"] // turns, turn)
                name = f"{files} {scan}"
                times.setdefault(name, []).append(timed(decoded, name, plans, scan, where))
    return times


def timed(
    decoded: dict[str, pl.LazyFrame], name: str, plans: dict[str, Any], scan: str, where: pl.Expr
) -> float:
    """Return the seconds of one query, which decodes its plan if it is the first."""
    from polars_io_tools._polars import deserialise
    from polars_io_tools._pruned_scan import unchanged_files

    start = time.perf_counter()
    if name not in decoded:
        decoded[name] = deserialise(plans[scan])
    with unchanged_files(decoded[name], plans["items"] if scan == "chosen" else ()):
        found = decoded[name].filter(where).collect().height
    seconds = time.perf_counter() - start
    if found != ROWS:
        raise RuntimeError(f"{found} rows")
    return seconds


if __name__ == "__main__":
    os.environ.setdefault("POLARS_ICEBERG_PLANNER", "pyiceberg")
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(work(*json.loads(sys.argv[2]))))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
