"""The tables of `benchmarks.shards`, and logs of many files that are not there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot

__all__ = ["LOGS", "TABLES", "make_log", "make_table"]

FILES = 50
MANY = 10_000
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
SCHEMA: dict[str, Any] = {"symbol": pl.String, "ts": pl.Datetime("us", "UTC"), "x": pl.Float64}

TABLES = ("sorted", "tied", "overlapping", "number", "shuffled")

# What the log is, and who wrote what it says of the files.
LOGS = ("one commit", "checkpoint", "by others", "by others, checkpoint", "no statistics")


def _rows(number: pl.Series) -> pl.DataFrame:
    """Return rows with keys that ascend with their numbers, 1,000,000 a symbol."""
    frame = number.to_frame("i")
    return frame.select(
        symbol=pl.format("S{}", (pl.col("i") // 1_000_000 + 1000)),
        ts=pl.lit(START) + pl.duration(microseconds=pl.col("i")),
        x=pl.col("i").cast(pl.Float64),
    )


def _numbers(kind: str, rows: int) -> Iterator[pl.Series]:
    """Yield the numbers of the rows of each file."""
    each = rows // FILES
    for file in range(FILES):
        if kind in ("sorted", "tied"):
            numbers = pl.int_range(file * each, (file + 1) * each, eager=True)
            yield (numbers + 1) // 2 if kind == "tied" else numbers
        else:
            numbers = pl.int_range(file, rows, FILES, eager=True)
            yield numbers.shuffle(seed=file) if kind == "shuffled" else numbers


def make_table(kind: str, path: Path, rows: int) -> None:
    """Make one of the tables."""
    if kind == "number":
        t = piot.create_table(path, {"i": pl.Int64, "x": pl.Float64}, key="i")
    else:
        t = piot.create_table(path, SCHEMA, key=["symbol", "ts"], unique=kind != "tied")
    files = _numbers(kind, rows)
    if kind == "shuffled":
        for numbers in files:
            _rows(numbers).write_delta(str(path), mode="append")
        return
    with t.txn() as txn:
        for numbers in files:
            frame = pl.DataFrame({"i": numbers, "x": numbers.cast(pl.Float64)})
            txn.write(frame if kind == "number" else _rows(numbers))


def make_log(kind: str, path: Path) -> None:
    """Make a log of many files, which are not there."""
    import deltalake
    from deltalake.transaction import AddAction, RemoveAction

    piot.create_table(path, SCHEMA, key=["symbol", "ts"])
    others = kind not in {"one commit", "checkpoint"}
    adds: list[AddAction | RemoveAction] = []
    for i in range(MANY):
        # Other writers cut times off after milliseconds.
        less, more = ("", "") if others else ("001", "999")
        day = f"2024-01-{i % 10 + 1:02}"
        lo = {"symbol": f"S{i // 10:05}", "ts": f"{day}T00:00:00.000{less}Z"}
        hi = {"symbol": f"S{i // 10:05}", "ts": f"{day}T23:59:59.999{more}Z"}
        stats = {"numRecords": 1000, "minValues": lo, "maxValues": hi, "nullCount": {}}
        author = f"part-{i:05}-" if others else "part-"
        name = f"{author}00000000-0000-4000-8000-{i:012}-0.parquet"
        said: Any = None if kind == "no statistics" else json.dumps(stats)
        adds.append(AddAction(name, 10_000, {}, 0, data_change=True, stats=said))
    log = deltalake.DeltaTable(path)
    log.create_write_transaction(adds, "append", log.schema())
    if kind.endswith("checkpoint"):
        deltalake.DeltaTable(path).create_checkpoint()
