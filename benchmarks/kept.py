"""What it costs to go on from a result that stays in the cluster, and from one that is collected.

Run it with `.venv/bin/python benchmarks/kept.py`; `--rows` and `--rounds` make it shorter. It
starts a Ray of its own, and writes `results/kept.json`.

A query of 12 monthly tasks makes rows, and two further queries by day work on them: sums by day and
symbol, and some rows of one month. `WAYS` are the ways to go on. Rounds run all of them one after
another; a ratio is the median over the rounds of the time of a way against that of `execute` in the
same round. Answers are compared with those of `execute`, outside of the time. Memory is by how much
the driver's own grows at most, without the object store, which is shared.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot

ROWS = 12_000_000
ROUNDS = 5
RESULTS = Path(__file__).parent / "results"

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
day = pl.col("date")
LARGE, MAY = 900, 5

# What a way returns: the seconds until the first result is there, those of all, and the answers.
Outcome = tuple[float, float, list[pl.DataFrame]]


def made(rows: int) -> pl.LazyFrame:
    """Return a query whose rows are made in the workers."""
    days = (LAST - FIRST).days + 1
    frame = pl.DataFrame({"row": pl.int_range(rows, eager=True)}).with_columns(
        date=(pl.lit(FIRST) + pl.duration(days=pl.col("row") * days // rows)).cast(pl.Date)
    )
    query = piot.put(frame).filter(day.is_between(FIRST, LAST))
    scattered = pl.col("row").hash(7)
    return query.with_columns(
        symbol=pl.format("S{}", scattered % 500),
        price=(scattered % 10007) / 128,
        size=(scattered % 1009).cast(pl.Int64),
    )


def totals(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The sums of each day and symbol."""
    return lf.group_by("date", "symbol").agg(pl.col("size").sum(), pl.col("price").max())


def one_month(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Some rows of one month."""
    return lf.filter(day.dt.month() == MAY, pl.col("size") > LARGE)


def daily(lf: pl.LazyFrame) -> pl.LazyFrame:
    """A query in daily tasks."""
    bounded = lf.filter(day.is_between(FIRST, LAST))
    lazy: pl.LazyFrame = piot.PiotNamespace(bounded).execute_on_ray(
        date_column="date", time_unit="daily", progress=False
    )
    return lazy


def monthly() -> piot.RayEngine:
    """The engine that makes the rows."""
    return piot.RayEngine(date_column="date", time_unit="monthly", progress=False)


def gone_on(start: float, lf: pl.LazyFrame, first: float) -> Outcome:
    """The outcome of both further queries, run on Ray."""
    answers = [daily(totals(lf)).collect(), daily(one_month(lf)).collect()]
    seconds = time.perf_counter() - start
    return first, seconds, [answer.sort(answer.columns) for answer in answers]


def execute(query: pl.LazyFrame) -> Outcome:
    """Leave the rows in the cluster."""
    start = time.perf_counter()
    kept: Any = query.execute(engine=monthly())
    with kept as result:
        return gone_on(start, result.lazy(), time.perf_counter() - start)


def collect_and_put(query: pl.LazyFrame) -> Outcome:
    """Bring the rows here, and send them back for the further queries."""
    start = time.perf_counter()
    frame = query.collect(engine=monthly())
    first = time.perf_counter() - start
    return gone_on(start, piot.put(frame), first)


def collect_and_stay(query: pl.LazyFrame) -> Outcome:
    """Bring the rows here, and use one process from then on."""
    start = time.perf_counter()
    lf = query.collect(engine=monthly()).lazy()
    first = time.perf_counter() - start
    answers = [totals(lf).collect(), one_month(lf).collect()]
    seconds = time.perf_counter() - start
    return first, seconds, [answer.sort(answer.columns) for answer in answers]


def again(query: pl.LazyFrame) -> Outcome:
    """Keep nothing."""
    return gone_on(time.perf_counter(), query, 0.0)


WAYS: dict[str, Callable[[pl.LazyFrame], Outcome]] = {
    "execute, and go on": execute,
    "collect, put, and go on": collect_and_put,
    "collect, and go on by Polars on the driver": collect_and_stay,
    "make the rows again for each query": again,
}


def private_bytes() -> int:
    """Return the memory that is this process's own."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private"))


def watched(way: Callable[[pl.LazyFrame], Outcome], query: pl.LazyFrame) -> tuple[Outcome, int]:
    """Return the outcome of a way, and by how much this process grew at most."""
    before, most, over = private_bytes(), [0], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], private_bytes() - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        return way(query), most[0]
    finally:
        over.set()
        thread.join()


def measure(rows: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return the figures of each way, from interleaved rounds after one that does not count."""
    query = made(rows)
    figures: dict[str, dict[str, list[float]]] = {}
    for number in range(rounds + 1):
        reference: Outcome | None = None
        for name, way in WAYS.items():
            outcome, memory = watched(way, query)
            reference = reference or outcome
            assert all(a.equals(b) for a, b in zip(outcome[2], reference[2], strict=True)), name
            found = {
                "first s": outcome[0],
                "all s": outcome[1],
                "ratio": outcome[1] / reference[1],
                "driver MB": memory / 1e6,
            }
            for key, value in found.items():
                if number:
                    figures.setdefault(name, {}).setdefault(key, []).append(value)
    return {way: {k: statistics.median(v) for k, v in f.items()} for way, f in figures.items()}


def main() -> None:
    """Print the table and keep it."""
    import ray

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=3 * 2**30,
    )
    figures = measure(arguments.rows, arguments.rounds)
    for way, found in figures.items():
        print(f"{way:<45}", *(f"{key} {value:8.2f}" for key, value in found.items()))
    settings = {"rows": arguments.rows, "rounds": arguments.rounds, "polars": pl.__version__}
    (RESULTS / "kept.json").write_text(json.dumps({**settings, "ways": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
