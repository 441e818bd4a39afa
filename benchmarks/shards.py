"""What shards of a table cost: those that follow its files, and those with equal rows.

    .venv/bin/python -m benchmarks.shards [rows [folder]]

Three tables of as many rows, in 50 files each: `sorted` has unique keys (symbol and time) and files
that do not overlap; `tied` has keys that are there twice, which may end one file and begin the
next; `overlapping` has files that all reach over the whole range. `shards` is measured on a log of
10,000 files. Each figure is of a process of its own, with the table opened before; `memory` is the
peak above what the process had then. Figures are the least of three runs: what else the machine
does only adds. Tables that are in the folder already are used again.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot

FILES = 50
PARTS = 64
RUNS = 3
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)

SCHEMA: dict[str, Any] = {"symbol": pl.String, "ts": pl.Datetime("us", "UTC"), "x": pl.Float64}


def _rows(number: pl.Series) -> pl.DataFrame:
    """Return rows with keys that ascend with their numbers, 1,000,000 a symbol."""
    frame = number.to_frame("i")
    return frame.select(
        symbol=pl.format("S{}", (pl.col("i") // 1_000_000 + 1000)),
        ts=pl.lit(START) + pl.duration(microseconds=pl.col("i")),
        x=pl.col("i").cast(pl.Float64),
    )


def _make(kind: str, path: Path, rows: int) -> None:
    unique = kind != "tied"
    t = piot.create_table(path, SCHEMA, key=["symbol", "ts"], unique=unique)
    each = rows // FILES
    with t.txn() as txn:
        for file in range(FILES):
            numbers = pl.int_range(file * each, (file + 1) * each, eager=True)
            if kind == "tied":
                numbers = (numbers + 1) // 2
            if kind == "overlapping":
                numbers = pl.int_range(file, rows, FILES, eager=True)
            txn.write(_rows(numbers))


def _make_many(path: Path, files: int) -> None:
    """Make a log of many files, which are not there."""
    import deltalake
    from deltalake.transaction import AddAction, RemoveAction

    piot.create_table(path, SCHEMA, key=["symbol", "ts"])
    adds: list[AddAction | RemoveAction] = []
    for i in range(files):
        lo = {"symbol": f"S{i // 10:05}", "ts": f"2024-01-{i % 10 + 1:02}T00:00:00.000001Z"}
        hi = {"symbol": f"S{i // 10:05}", "ts": f"2024-01-{i % 10 + 1:02}T23:59:59.999999Z"}
        stats = {"numRecords": 1000, "minValues": lo, "maxValues": hi, "nullCount": {}}
        name = f"part-00000000-0000-4000-8000-{i:012}-0.parquet"
        adds.append(AddAction(name, 10_000, {}, 0, data_change=True, stats=json.dumps(stats)))
    log = deltalake.DeltaTable(path)
    log.create_write_transaction(adds, "append", log.schema())


def _resident(field: str) -> float:
    """Return megabytes that the process has, or had at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith(field)]
    return int(line.split()[1]) / 1024


def _measure(path: str, what: str) -> None:
    """Print what one call costs."""
    t = piot.table(path)
    where = t["x"] % 2 == 0 if what == "compute where" else None
    scan = t.scan(where=where)
    before = _resident("VmRSS")
    began = time.perf_counter()
    found = scan.shards() if what == "shards" else scan.compute_shards(n=PARTS)
    seconds = time.perf_counter() - began
    rows = [s.rows for s in found if s.rows is not None]
    least, most = (min(rows), max(rows)) if rows else (None, None)
    memory = max(0.0, _resident("VmHWM") - before)
    print(json.dumps([seconds, memory, len(found), least, most]))


def _run(path: Path, what: str) -> None:
    runs = []
    for _ in range(RUNS):
        command = [sys.executable, "-m", "benchmarks.shards", "--measure", str(path), what]
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(json.loads(out.stdout))
    seconds, memory = min(r[0] for r in runs), min(r[1] for r in runs)
    count, least, most = runs[0][2:]
    print(
        f"{path.name:12} {what:14} {seconds:6.2f} s {memory:6.0f} MB"
        f" {count:6} shards of {least} to {most} rows",
        flush=True,
    )


def main(rows: int, folder: Path) -> None:
    """Print the figures."""
    many = folder / "many"
    if not many.exists():
        _make_many(many, 10_000)
    _run(many, "shards")
    for kind in ("sorted", "tied", "overlapping"):
        path = folder / kind
        if not path.exists():
            _make(kind, path, rows)
        for what in ("compute", "compute where"):
            _run(path, what)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        _measure(*sys.argv[2:])
    else:
        given = sys.argv[1:]
        count = int(given[0]) if given else 50_000_000
        with tempfile.TemporaryDirectory() as temporary:
            main(count, Path(given[1] if len(given) > 1 else temporary))
