"""Queries of a program that traces, as do its workers: each process writes its spans to a file."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import ray
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

import polars_io_tools as piot

CASE, FOLDER, CANARY = sys.argv[1], Path(sys.argv[2]), sys.argv[3]

DAYS = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
FRAME = pl.DataFrame({"date": DAYS}).join(pl.DataFrame({"symbol": ["A", CANARY]}), how="cross")
QUARTER = pl.col("date").is_between(DAYS[0], DAYS[-1])


def trace_process() -> None:
    """Write the spans of this process to a file of its own."""
    spans = FOLDER / "spans"
    spans.mkdir(exist_ok=True)
    exporter = ConsoleSpanExporter(
        out=(spans / f"{os.getpid()}.jsonl").open("a"),
        formatter=lambda span: span.to_json(indent=None) + "\n",
    )
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def trades() -> pl.LazyFrame:
    path = FOLDER / f"{CANARY}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("frame", FRAME.to_arrow())
        connection.execute("CREATE TABLE trades AS SELECT * FROM frame")
    lf: pl.LazyFrame = piot.scan_db(
        "SELECT * FROM trades WHERE symbol <> ?", path, params=(f"not {CANARY}",)
    )
    return lf


def by_month(lf: pl.LazyFrame, **options: Any) -> pl.LazyFrame:
    return piot.PiotNamespace(lf.filter(QUARTER)).execute_on_ray(
        date_column="date",
        time_unit="monthly",
        description=CANARY,
        max_periods_per_task=1,
        **options,
    )


def database() -> dict[str, Any]:
    return {"rows": by_month(trades()).collect().height}


def failing() -> dict[str, Any]:
    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        if dt.date(2024, 2, 1) in frame["date"]:
            raise ValueError(CANARY)
        return frame

    return _error(by_month(FRAME.lazy().map_batches(fail, predicate_pushdown=True)))


def dying() -> dict[str, Any]:
    def end(frame: pl.DataFrame) -> pl.DataFrame:
        if dt.date(2024, 2, 1) in frame["date"]:
            os._exit(1)
        return frame

    query = FRAME.lazy().map_batches(end, predicate_pushdown=True)
    return _error(by_month(query, remote_options={"max_retries": 1}))


def _error(lf: pl.LazyFrame) -> dict[str, Any]:
    try:
        # On top of the function, which else would be given the rows of all periods.
        lf.filter(QUARTER).collect()
    except Exception as error:  # noqa: BLE001  (whichever it is)
        return {"error": str(error)}
    raise AssertionError("it did not fail")


def secretive() -> dict[str, Any]:
    lf = trades().filter(QUARTER, pl.col("symbol") == CANARY, pl.col("date") < DAYS[2])
    split = piot.PiotNamespace(lf).execute_on_ray(
        piot.by_value("symbol"),
        description=CANARY,
        remote_options={"runtime_env": {"env_vars": {"TOKEN": CANARY}}},
    )
    return {"rows": split.collect().height}


if __name__ == "__main__":
    trace_process()
    ray.init(runtime_env={"worker_process_setup_hook": trace_process}, log_to_driver=False)
    with trace.get_tracer("user").start_as_current_span("report"):
        said = {"database": database, "failing": failing, "dying": dying, "secretive": secretive}
        told = said[CASE]()
    sys.stdout.write(f"{json.dumps(told)}\n")
