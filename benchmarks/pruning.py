"""What a task costs with and without pruning, and what the index costs the driver.

    .venv/bin/python benchmarks/pruning.py [files]

Medians of runs taken in turn, for one day of a year of daily files. `footers` is the reading of all
footers by Go, `planning` all that the driver does for it, `task` the query of one day.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._attach import attach, collecting
from polars_io_tools._polars import deserialise, serialise
from polars_io_tools._prune import prune
from polars_io_tools._resources import Resources

START = dt.date(2024, 1, 1)
ROWS = 1000
TURNS = 21


def write(folder: Path, files: int) -> None:
    """Write one file a day."""
    for i in range(files):
        day = START + dt.timedelta(days=i)
        frame = pl.DataFrame({"date": [day] * ROWS, "k": [f"k{i % 7}"] * ROWS, "v": range(ROWS)})
        frame.write_parquet(folder / f"{day}.parquet")


def day(i: int) -> pl.Expr:
    """Return the filter of one day."""
    return pl.col("date") == START + dt.timedelta(days=i)


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that one run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(files: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        lf = pl.scan_parquet(f"{folder}/*.parquet")
        paths = [str(p) for p in sorted(Path(folder).iterdir())]
        columns = [{"name": "date", "type": "date", "values": None}]
        request = json.dumps({"paths": paths, "columns": columns}).encode()
        with collecting() as offers:
            pruned = prune(lf, lf.filter(day(0)))
        resources = Resources(lambda _, secret: secret, processes=1)
        attach({key: tuple(prepare(resources)) for key, prepare in offers.items()})
        plans = {"task, plain": deserialise(serialise(lf)), "task": deserialise(pruned.payload)}
        times: dict[str, list[float]] = {}
        for turn in range(TURNS):
            where = day(turn * files // TURNS)
            for name, plan in plans.items():
                run = plan.filter(where).collect
                times.setdefault(name, []).append(timed(run))
            index = timed(lambda: _gocore.prune_index(request))
            times.setdefault("footers", []).append(index)
            times.setdefault("serialise", []).append(timed(lambda: serialise(lf)))
            with collecting():
                whole = timed(lambda: prune(lf, lf.filter(day(0))))
            times.setdefault("serialise and planning", []).append(whole)
    for name, seconds in times.items():
        print(f"{name:<24} {statistics.median(seconds) * 1e3:8.2f} ms")
    plain, task = (statistics.median(times[name]) for name in ("task, plain", "task"))
    print(f"a task of one file in {files} takes {task / plain:.2f} of the time")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 366)
