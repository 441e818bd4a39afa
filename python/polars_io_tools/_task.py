"""What one task does, in whichever process it runs: some periods of a plan, one after another.

Everything that crosses the process boundary is made of builtins, so that a worker can say what is
wrong before it needs this package: a task is a `dict`, a plan is bytes, a result is a report and a
tuple with buffers.

Invariant: a task depends only on its arguments and on the data the plan reads, so it may run more
than once.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import Any

import polars as pl
import polars.selectors as cs

from polars_io_tools._decoded import Decoded, chosen_parts, decode_plan, inside_task, marked
from polars_io_tools._delivery import Delivery, Place, answer_part, loaded
from polars_io_tools._interrupt import interruptible
from polars_io_tools._period import AnyPartition, Period, filter_of, from_wire
from polars_io_tools._periods import in_period_order, neighbours
from polars_io_tools._pruned_scan import unchanged_files
from polars_io_tools._report import KeptReport, Report, Task
from polars_io_tools._skew import check_versions, versions
from polars_io_tools._statistics import statistics_of
from polars_io_tools._steps import done
from polars_io_tools._transport import Part, encode, size_of
from polars_io_tools.errors import PiotError

__all__ = ["inside_task", "run_task", "versions"]

# How many rows Polars shows of a result.
_HEAD_ROWS = 5

# Parts up to this size travel inside their report, without an object of their own.
_INLINE_BYTES = 64 * 1024


def run_task(
    task: Task,
    plan: Sequence[Any],
    periods: Sequence[tuple[Any, ...]],
    node: str,
    items: Sequence[Any] = (),
) -> Iterator[Report | Part]:
    """Compute periods of a plan and yield their rows, encoded: a report, then maybe its part.

    Where rows are to be kept it is one report, and then all of the parts together.

    `plan` holds the plan bytes as its only element: Ray shares the buffer instead of copying it.
    `items` are those of all attachments, one after another.

    Raises:
        RuntimeError: this process has other versions than the driver.
    """
    check_versions(task["versions"], node)
    with marked(), chosen_parts(task, items):
        decoded = decode_plan(task, plan[0], items)
        parts = [from_wire(wire) for wire in periods]
        if task["keep"]:
            yield from _kept(decoded, task, parts)
            return
        if task["deliver"] is not None:
            yield from _delivered(decoded, task, parts, loaded(task["deliver"]))
            return
        skip = task["skip"]
        for run in neighbours(parts):
            following = [part for part in run if isinstance(part, Period)]
            together = len(following) > 1 and task["limit"] is None and not skip
            if not (together and (yield from _together(decoded, task, following))):
                for part in run:
                    yield from _alone(decoded, task, part, skip)
                    skip = 0


def _together(
    decoded: Decoded, task: Task, run: Sequence[Period]
) -> Generator[Report | Part, None, bool]:
    """Compute neighbouring periods at once, if that works, and return whether it did.

    One by one they may still work, and if not, it is known which of them does not. What does not
    fit into one part goes one by one as well, so that a run arrives as a whole or not at all.
    """
    start = time.perf_counter()
    try:
        parts = encode(_joint_rows(decoded, task, run), task["return_as"])
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001  (it comes again, with its period)
        return False
    if len(parts) > 1:
        return False
    yield from _reported(len(run), parts, time.perf_counter() - start)
    return True


def _joint_rows(decoded: Decoded, task: Task, run: Sequence[Period]) -> pl.DataFrame:
    """Return the rows of neighbouring periods, period by period, computed at once."""
    column, columns = task["column"], task["columns"]
    whole = Period("", run[0].start, run[-1].end)
    if columns is not None and column not in columns:
        columns = [*columns, column]
    rows = _collect(decoded, task, whole, columns)
    if not task["steps"]:  # after which there is no order
        rows = in_period_order(rows, column, run)
    return rows if task["columns"] is None else rows.select(cs.by_name(*task["columns"]))


def _kept(
    decoded: Decoded, task: Task, parts: Sequence[AnyPartition]
) -> Iterator[KeptReport | tuple[Part, ...]]:
    """Compute parts of a split into one object, with a report that says what is in it."""
    start = time.perf_counter()
    frames: list[pl.DataFrame] = []
    for run in neighbours(parts):
        following = [part for part in run if isinstance(part, Period)]
        if len(following) > 1:
            frames.append(_joint_rows(decoded, task, following))
        else:
            frames += [_collect(decoded, task, p, task["columns"]) for p in run]
    rows = pl.concat(frames, rechunk=False) if len(frames) > 1 else frames[0]
    encoded = encode(rows, task["return_as"])
    yield KeptReport(
        periods=len(parts),
        last=True,
        rows=rows.height,
        bytes=sum(map(size_of, encoded)),
        seconds=(time.perf_counter() - start) / len(parts),
        threads=pl.thread_pool_size(),
        part=None,
        columns=statistics_of(rows),
        head=encode(rows.head(_HEAD_ROWS), task["return_as"])[0],
    )
    yield tuple(encoded)


def _alone(
    decoded: Decoded, task: Task, period: AnyPartition, skip: int
) -> Iterator[Report | Part]:
    start = time.perf_counter()
    rows = _collect(decoded, task, period, task["columns"])
    if rows.height < skip:
        msg = f"{skip} rows of it were here when it was tried again, and now it has {rows.height}"
        raise PiotError(msg + ": what it reads or calls is not the same each time")
    parts = encode(rows[skip:], task["return_as"])
    del rows
    yield from _reported(1, parts, time.perf_counter() - start)


def _delivered(
    decoded: Decoded, task: Task, parts: Sequence[AnyPartition], deliver: Delivery
) -> Iterator[Report | Part]:
    """Hand the rows of each part to a delivery, and report what it answers."""
    for position, part in zip(task["positions"], parts, strict=True):
        start = time.perf_counter()
        rows = _rows_of(decoded, task, part, task["columns"])
        place = Place(position, part.label)
        answer = interruptible(partial(_handed, decoded, rows, deliver, place))
        seconds = time.perf_counter() - start
        yield _inline(answer_part(place, answer), seconds)


def _handed(decoded: Decoded, rows: pl.LazyFrame, deliver: Delivery, place: Place) -> Any:
    with unchanged_files(decoded.lf, decoded.keys):
        if decoded.engine != "in-memory":
            try:
                return deliver(rows, place)
            except pl.exceptions.PanicException:
                decoded.engine = "in-memory"  # see _collected
        return deliver(rows.collect(engine="in-memory").lazy(), place)


def _inline(answer: Part, seconds: float) -> Report:
    """Return the report of one period that holds an answer in the place of rows."""
    return Report(
        periods=1,
        last=True,
        rows=0,
        bytes=len(answer[-1]),
        seconds=seconds,
        threads=pl.thread_pool_size(),
        part=answer,
    )


def _collect(
    decoded: Decoded, task: Task, period: AnyPartition, columns: list[str] | None
) -> pl.DataFrame:
    part = _rows_of(decoded, task, period, columns)
    return interruptible(lambda: _collected(decoded, part))


def _rows_of(
    decoded: Decoded, task: Task, period: AnyPartition, columns: list[str] | None
) -> pl.LazyFrame:
    part = decoded.lf.filter(filter_of(period, decoded.dtype, task["column"]))
    part = done(part, task["steps"])
    if columns is not None:
        part = part.select(cs.by_name(*columns))
    return part if task["limit"] is None else part.head(task["limit"])


def _collected(decoded: Decoded, part: pl.LazyFrame) -> pl.DataFrame:
    with unchanged_files(decoded.lf, decoded.keys):
        try:
            return part.collect(engine=decoded.engine)
        except pl.exceptions.PanicException:
            # The streaming engine of Polars 2 panics on some plans with a resolver, such as that
            # of a pruned scan, which the other one runs: a window filter, another, a selection.
            if decoded.engine == "in-memory":
                raise
            decoded.engine = "in-memory"
            return part.collect(engine=decoded.engine)


def _reported(periods: int, parts: list[Part], seconds: float) -> Iterator[Report | Part]:
    threads = pl.thread_pool_size()
    for number, part in enumerate(parts, 1):
        size = size_of(part)
        inline = size <= _INLINE_BYTES
        yield Report(
            periods=periods,
            last=number == len(parts),
            rows=part[1],
            bytes=size,
            seconds=seconds / periods,
            threads=threads,
            part=part if inline else None,
        )
        if not inline:
            yield part
