"""What it costs to bring a result from a worker to the driver, and how many bytes travel.

Run it with `.venv/bin/python benchmarks/transport.py`; `--chart` also draws the bytes, with altair
and vl-convert-python installed. It starts a Ray of its own.

Times are taken in rounds that run all ways one after another; a ratio is the median over the
rounds of both times together against ours in the same round, so that it compares what ran side by
side. A worker's time is that of encoding and of putting into the object store, a driver's
that of getting and of making a frame; the row count of the frame is checked, outside of the time.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import logging
import os
import pickle
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

ROWS = 1_000_000
ROUNDS = 15
RESULTS = Path(__file__).parent / "results"

# The longest string that lies in its view; longer ones lie beside it.
INLINE = 12
ONE_PERCENT = 0.01

# A way of travelling: what the worker puts, and what the driver makes of it.
Way = tuple[Callable[[pl.DataFrame], Any], Callable[[Any], pl.DataFrame]]


def sample(rows: int) -> pl.DataFrame:
    """Return a frame with a datetime, three floats and two strings, one of them long."""
    row = pl.int_range(rows, eager=True).alias("row")
    scattered = pl.col("row").hash(7)
    return row.to_frame().select(
        date=pl.col("row").cast(pl.Datetime("us")),
        **{name: (scattered % p) / p for name, p in (("a", 10007), ("b", 10009), ("c", 10037))},
        symbol=pl.format("S{}", scattered % 500),
        note=pl.format("a note of some length about row {}", "row"),
    )


def cuts(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the frame and parts of it that use little of its memory."""
    return {
        "all": frame,
        "filter to 1 %": frame.filter(pl.col("a") < ONE_PERCENT),
        "head(1000)": frame.head(1000),
        "middle 1000": frame.slice(frame.height // 2, 1000),
    }


def needed(frame: pl.DataFrame) -> int:
    """Return the bytes of the values: 8 each; of a string 16, and its own if it is long."""
    strings = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    size = frame.height * (8 * (frame.width - len(strings)) + 16 * len(strings))
    for name in strings:
        lengths = frame[name].str.len_bytes()
        size += int(lengths.filter(lengths > INLINE).sum())
    return size


def ipc(frame: pl.DataFrame) -> Any:
    """Return a frame as Polars writes it, in one buffer."""
    file = io.BytesIO()
    frame.write_ipc_stream(file, compression="uncompressed")
    return pickle.PickleBuffer(file.getbuffer())


def ways() -> dict[str, Way]:
    """Return the ways that are compared; the first is ours."""
    from polars_io_tools._transport import decode, encode

    newest = pl.CompatLevel.newest()
    return {
        "raw buffers (ours)": (lambda f: encode(f, "arrow"), decode),
        "ipc (ours)": (lambda f: encode(f, "ipc"), decode),
        "parquet (ours)": (lambda f: encode(f, "parquet"), decode),
        "to_arrow()": (lambda f: f.to_arrow(), pl.DataFrame),
        "to_arrow(newest), Ray's reducer": (
            lambda f: f.to_arrow(compat_level=newest),
            lambda t: pl.DataFrame(pl.from_arrow(t, rechunk=False)),
        ),
        "Polars IPC": (ipc, lambda b: pl.read_ipc_stream(bytes(b))),
        "pickle": (pickle.dumps, pickle.loads),
    }


class Worker:
    """The worker: it holds the frame, and puts it in the way that is wanted."""

    def __init__(self) -> None:
        self._frame = sample(ROWS)

    def put(self, way: str) -> tuple[list[Any], float]:
        """Return the reference to the encoded frame, and the seconds that it took."""
        import ray

        encode = ways()[way][0]
        start = time.perf_counter()
        ref = ray.put(encode(self._frame))
        return [ref], time.perf_counter() - start


def private_bytes() -> int:
    """Return the memory that is this process's own."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private"))


def time_ways() -> dict[str, dict[str, float]]:
    """Return times and the driver's memory for each way, from interleaved rounds."""
    import ray

    remote: Any = ray.remote(Worker)
    worker = remote.remote()
    figures: dict[str, dict[str, list[float]]] = {}
    ours = next(iter(ways()))
    reference = 0.0
    for _ in range(ROUNDS):
        for way, (_, decode) in ways().items():
            [ref], put = ray.get(worker.put.remote(way))
            before = private_bytes()
            start = time.perf_counter()
            frame = decode(ray.get(ref))
            got = time.perf_counter() - start
            memory = private_bytes() - before
            assert frame.height == ROWS
            reference = put + got if way == ours else reference
            found = {
                "worker ms": put * 1e3,
                "driver ms": got * 1e3,
                "ratio": (put + got) / reference,
                "private MB": memory / 1e6,
            }
            for key, value in found.items():
                figures.setdefault(way, {}).setdefault(key, []).append(value)
            del frame, ref
    return {way: {k: statistics.median(v) for k, v in f.items()} for way, f in figures.items()}


def count_bytes() -> list[dict[str, Any]]:
    """Return the bytes that travel, for each way and each cut of the sample."""
    from polars_io_tools._transport import encode, size_of

    def buffers(table: Any) -> int:
        taken: list[pickle.PickleBuffer] = []
        data = pickle.dumps(table, protocol=5, buffer_callback=taken.append)
        return len(data) + sum(memoryview(b).nbytes for b in taken)

    newest = pl.CompatLevel.newest()
    sizes: Mapping[str, Callable[[pl.DataFrame], int]] = {
        "raw buffers (ours)": lambda f: sum(map(size_of, encode(f, "arrow"))),
        "to_arrow()": lambda f: buffers(f.to_arrow()),
        "to_arrow(newest)": lambda f: buffers(f.to_arrow(compat_level=newest)),
        "Polars IPC": lambda f: memoryview(ipc(f)).nbytes,
        "pickle": lambda f: len(pickle.dumps(f)),
    }
    return [
        {"cut": cut, "way": way, "shipped": size(frame), "needed": needed(frame)}
        for cut, frame in cuts(sample(ROWS)).items()
        for way, size in sizes.items()
    ]


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw the bytes that travel over the bytes that are needed."""
    alt = importlib.import_module("altair")
    data = alt.Data(values=[{**row, "ratio": row["shipped"] / row["needed"]} for row in rows])
    title = "bytes shipped / bytes needed (1 is best)"
    order = list(dict.fromkeys(row["cut"] for row in rows))
    chart = (
        alt.Chart(data, width=560, height={"step": 13})
        .mark_circle(size=90, opacity=1)
        .encode(
            x=alt.X("ratio:Q", scale=alt.Scale(type="log", domain=[0.5, 1000]), title=title),
            y=alt.Y("way:N", title=None, sort=None),
            color=alt.Color("way:N", legend=None, sort=None),
            row=alt.Row("cut:N", title=None, sort=order, header=alt.Header(labelAngle=0)),
        )
        .properties(title=f"One frame of {ROWS:,} rows, and parts of it")
    )
    chart.save(str(path))


def main() -> None:
    """Print both tables and keep them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chart", action="store_true", help="draw the bytes, with altair")
    arguments = parser.parse_args()
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=2 * 2**30,
    )
    times = time_ways()
    ray.shutdown()
    print(f"{'way':32} {'worker ms':>10} {'driver ms':>10} {'ratio':>7} {'private MB':>11}")
    for way, found in times.items():
        print(
            f"{way:32} {found['worker ms']:>10.1f} {found['driver ms']:>10.1f} "
            f"{found['ratio']:>7.1f} {found['private MB']:>11.1f}"
        )
    sizes = count_bytes()
    print(f"\n{'cut':16} {'way':24} {'shipped':>12} {'needed':>12} {'ratio':>8}")
    for row in sizes:
        ratio = row["shipped"] / row["needed"]
        print(
            f"{row['cut']:16} {row['way']:24} {row['shipped']:>12,} {row['needed']:>12,} "
            f"{ratio:>8.2f}"
        )
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"rows": ROWS, "medians": times, "bytes": sizes}, indent=1)
    (RESULTS / "transport.json").write_text(text + "\n")
    if arguments.chart:
        draw(sizes, RESULTS / "transport.svg")


if __name__ == "__main__":
    main()
