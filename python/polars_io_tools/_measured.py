"""The figures of a run, out of what was noted of it.

Clocks of nodes differ. What a worker says of a period happened after the driver had submitted it,
and before the driver heard of it; so each period gives bounds of how far its node's clock is off,
and the smallest shift within all of them is taken, which is none where clocks agree.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl

from polars_io_tools._period import AnyPartition, named
from polars_io_tools._recording import PeriodRecord, Recording

__all__ = ["Measured", "measured", "table_of"]

_INSTANT = pl.Datetime("ns", "UTC")

_SCHEMA: dict[str, Any] = {
    "branch": pl.UInt32,
    "period": pl.String,
    "state": pl.String,
    "queued": _INSTANT,
    "started": _INSTANT,
    "finished": _INSTANT,
    "received": _INSTANT,
    "read": _INSTANT,
    "attempts": pl.UInt32,
    "failures": pl.List(pl.Struct({"at": _INSTANT, "error": pl.String})),
    "task": pl.UInt32,
    "node": pl.String,
    "worker": pl.Int64,
    "rows": pl.UInt64,
    "bytes": pl.UInt64,
    "files": pl.UInt64,
    "threads": pl.UInt32,
}


@dataclass(frozen=True)
class Measured:
    """Sums and shares of a run; times are in seconds.

    Attributes:
        total: how many periods there are.
        done: how many of them were computed.
        seconds: the whole time.
        planning: the time until the first task could be submitted.
        waiting: the time from then until the first period was begun.
        running: the time from the first begin of a period to the end.
        busy: the share of the running time for which workers computed, over those that did.
        driver: the share of the running time for which the rows were with who reads them.
        held: the share of the running time for which the store was full of unread results.
        tasks: how many tasks there were.
        typical: the median time of a task.
        middle: the median time of a period, of those of a task an equal share.
        slowest: the period that took longest, and how long.
        workers: how many processes computed.
        nodes: on how many nodes.
        slots: how many tasks the cluster could run at once, None for any number.
        threads: the fewest threads that a worker had.
        retries: how many attempts failed.
        errors: the exceptions of these attempts, each once.
        rows: how many rows there are, None where that is not known.
        bytes: how many bytes came back.
        began: when it began, in ns since 1970.
    """

    total: int = 0
    done: int = 0
    seconds: float = 0.0
    planning: float = 0.0
    waiting: float = 0.0
    running: float = 0.0
    busy: float = 0.0
    driver: float = 0.0
    held: float = 0.0
    tasks: int = 0
    typical: float = 0.0
    middle: float = 0.0
    slowest: tuple[str, float] | None = None
    workers: int = 0
    nodes: int = 0
    slots: int | None = None
    threads: int = 0
    retries: int = 0
    errors: tuple[str, ...] = ()
    rows: int | None = 0
    bytes: int = 0
    began: int = 0


def table_of(recordings: Sequence[Recording]) -> pl.DataFrame:
    """Return one row a period that was submitted, with the clocks of nodes put right."""
    found = [
        (branch, *item) for branch, r in enumerate(recordings) for item in [*r.records.items()]
    ]
    shifts = _shifts([record for _, _, record in found])
    over = {branch for branch, r in enumerate(recordings) if r.ended is not None}
    rows = [
        _row(branch, part, record, shifts.get(record.node, 0), over=branch in over)
        for branch, part, record in found
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _row(
    branch: int, part: AnyPartition, record: PeriodRecord, shift: int, *, over: bool
) -> tuple[Any, ...]:
    started = None if record.started is None else record.started - shift
    finished = None if record.finished is None else record.finished - shift
    return (
        branch,
        part.label,
        _state(record, over=over),
        record.queued,
        started,
        finished,
        record.received,
        record.read,
        record.attempts,
        [{"at": at, "error": error} for at, error in record.failures],
        record.task,
        record.node,
        record.worker,
        record.rows,
        record.bytes,
        record.files,
        record.threads,
    )


def _state(record: PeriodRecord, *, over: bool) -> str:
    if record.finished is not None:
        return "done"
    if record.failures and record.attempts == len(record.failures):
        return "failed"
    return "stopped" if over else "under way"


def _shifts(records: Sequence[PeriodRecord]) -> dict[str | None, int]:
    """Return how far the clock of each node is ahead of the driver's, at least."""
    least: defaultdict[str | None, list[int]] = defaultdict(list)
    most: defaultdict[str | None, list[int]] = defaultdict(list)
    for record in records:
        if record.started is None or record.finished is None or record.received is None:
            continue
        if not record.failures:  # of others it is not known when they were submitted last
            most[record.node].append(record.started - record.queued)
        least[record.node].append(record.finished - record.received)
    return {node: _nearest(max(low), min(most[node], default=0)) for node, low in least.items()}


def _nearest(low: int, high: int) -> int:
    """Return the number nearest to 0 in [low, high]; the ends may cross by how exact clocks are."""
    return low if low > 0 else min(high, 0)


def measured(recordings: Sequence[Recording], periods: pl.DataFrame) -> Measured:
    """Return the figures of a run, of whose periods `periods` has the times."""
    now = time.time_ns()
    began = min((r.began for r in recordings), default=now)
    ended = max((r.ended or now for r in recordings), default=now)
    planned = [r.planned for r in recordings if r.planned is not None]
    done = periods.filter(pl.col("state") == "done")
    spans = (
        done.group_by("branch", "task", "started", "finished")
        .agg("node", "worker", "period", size=pl.len())
        .with_columns(taken=(pl.col("finished") - pl.col("started")).dt.total_nanoseconds() / 1e9)
    )
    workers = done.select("node", "worker").n_unique() if done.height else 0
    first = int(done["started"].cast(pl.Int64).min() or 0)  # type: ignore[arg-type]  # a number
    running = max((ended - first) / 1e9, 1e-9)
    failures = periods["failures"].explode().drop_nulls().struct.field("error")
    slots = [r.slots for r in recordings if r.slots is not None]
    each = (spans["taken"] / spans["size"]).to_list()
    return Measured(
        total=sum(r.total for r in recordings),
        done=done.height,
        seconds=(ended - began) / 1e9,
        planning=(min(planned, default=ended) - began) / 1e9,
        waiting=max(0, first - min(planned)) / 1e9 if planned and done.height else 0.0,
        running=running if done.height else 0.0,
        busy=min(1.0, float(spans["taken"].sum()) / (running * workers)) if workers else 0.0,
        driver=min(1.0, sum(r.away for r in recordings) / 1e9 / running),
        held=min(1.0, sum(r.held for r in recordings) / 1e9 / running),
        tasks=done.select("branch", "task").n_unique() if done.height else 0,
        typical=_task_time(spans),
        middle=median(each) if each else 0.0,
        slowest=_slowest(spans),
        workers=workers,
        nodes=done["node"].n_unique(),
        slots=max(slots, default=None),
        threads=int(done["threads"].cast(pl.Int64).min() or 0),  # type: ignore[arg-type]  # a number
        retries=failures.len(),
        errors=tuple(failures.unique(maintain_order=True)),
        rows=_rows_of(recordings, done),
        bytes=int(done["bytes"].sum()),
        began=began,
    )


def _rows_of(recordings: Sequence[Recording], done: pl.DataFrame) -> int | None:
    """Return how many rows there are; of aggregates, only the first period of a task tells."""
    known = all(r.sends for r in recordings) or not done["rows"].null_count()
    return int(done["rows"].sum()) if known else None


def _task_time(spans: pl.DataFrame) -> float:
    times = spans.group_by("branch", "task").agg(pl.col("taken").sum())["taken"].to_list()
    return median(times) if times else 0.0


def _slowest(spans: pl.DataFrame) -> tuple[str, float] | None:
    if not spans.height:
        return None
    row = spans.with_columns(each=pl.col("taken") / pl.col("size")).sort("each").row(-1, named=True)
    return named(row["period"]), row["each"]
