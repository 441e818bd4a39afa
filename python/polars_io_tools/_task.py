"""What one task does, in whichever process it runs: some periods of a plan, one after another.

Everything that crosses the process boundary is made of builtins, so that a worker can say what is
wrong before it needs this package: a task is a `dict`, a plan is bytes, a result is a report and a
tuple with buffers.

Invariant: a task depends only on its arguments and on the data the plan reads, so it may run more
than once.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import Any

import polars as pl
import polars.selectors as cs

from polars_io_tools._decoded import Decoded, chosen_parts, decode_plan, inside_task, marked
from polars_io_tools._delivery import Delivery, Place, answer_part, loaded
from polars_io_tools._interrupt import interruptible
from polars_io_tools._period import AnyPartition, Period, filter_of, from_wire
from polars_io_tools._periods import in_period_order, neighbours, rows_of_each
from polars_io_tools._report import KeptReport, Report, Task
from polars_io_tools._skew import check_versions
from polars_io_tools._statistics import statistics_of
from polars_io_tools._steps import done
from polars_io_tools._tracing import Span, in_task, received
from polars_io_tools._transport import Part, encode, size_of
from polars_io_tools._work import Work, traced
from polars_io_tools.errors import PiotError

__all__ = ["inside_task", "run_task"]

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
    repeats: int = 0,
) -> Iterator[Report | Part]:
    """Compute periods of a plan and yield their rows, encoded: a report, then maybe its part.

    Where rows are to be kept it is one report, and then all of the parts together.

    `plan` holds the plan bytes as its only element: Ray shares the buffer instead of copying it.
    `items` are those of all attachments, one after another. `repeats` is how often Ray has begun
    the task before.

    Raises:
        RuntimeError: this process has other versions than the driver.
    """
    check_versions(task["versions"], node)
    span = Span("piot.task", received(task["trace"]), kind="CONSUMER")
    with span, in_task(span.context), marked(), chosen_parts(task, items):
        decoded = decode_plan(task, plan[0], items)
        decoded.node, decoded.repeats, decoded.caller = node, repeats, span.context
        parts = [from_wire(wire) for wire in periods]
        if span.recording:
            where = {"piot.node": node, "piot.worker": os.getpid()}
            span.note({**where, "piot.threads": pl.thread_pool_size(), **traced(parts)})
        yield from _results(decoded, task, parts)


def _results(
    decoded: Decoded, task: Task, parts: Sequence[AnyPartition]
) -> Iterator[Report | Part]:
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
    work = Work(decoded, run)
    try:
        with work.computing():
            rows, counts = _joint_rows(decoded, task, run)
            parts = encode(rows, task["return_as"])
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001  (it comes again, with its period)
        return False
    if len(parts) > 1:
        return False
    yield from _reported(work, len(run), parts, counts)
    return True


def _joint_rows(
    decoded: Decoded, task: Task, run: Sequence[Period]
) -> tuple[pl.DataFrame, list[int] | None]:
    """Return the rows of neighbouring periods, computed at once, and how many each has.

    The rows come period by period. After steps it is not known how many are of which period.
    """
    column, columns = task["column"], task["columns"]
    whole = Period("", run[0].start, run[-1].end)
    if columns is not None and column not in columns:
        columns = [*columns, column]
    rows = _collect(decoded, task, whole, columns)
    counts = None
    if not task["steps"]:  # after which there is no order
        rows = in_period_order(rows, column, run)
        counts = rows_of_each(rows, column, run)
    return (rows if task["columns"] is None else rows.select(cs.by_name(*task["columns"]))), counts


def _kept(
    decoded: Decoded, task: Task, parts: Sequence[AnyPartition]
) -> Iterator[KeptReport | tuple[Part, ...]]:
    """Compute parts of a split into one object, with a report that says what is in it."""
    work = Work(decoded, parts)
    with work.computing():
        rows, counts = _all_rows(decoded, task, parts)
        encoded = encode(rows, task["return_as"])
        columns = statistics_of(rows)
        head = encode(rows.head(_HEAD_ROWS), task["return_as"])[0]
    report = work.report(
        len(parts), rows.height, sum(map(size_of, encoded)), counts=counts, part=None
    )
    yield KeptReport(**report, columns=columns, head=head)
    yield tuple(encoded)


def _all_rows(
    decoded: Decoded, task: Task, parts: Sequence[AnyPartition]
) -> tuple[pl.DataFrame, list[int] | None]:
    """Return the rows of parts, neighbouring periods computed at once, and how many each has."""
    frames: list[pl.DataFrame] = []
    counts: list[int] | None = []
    for run in neighbours(parts):
        following = [part for part in run if isinstance(part, Period)]
        if len(following) > 1:
            joint, each = _joint_rows(decoded, task, following)
            frames.append(joint)
        else:
            alone = [_collect(decoded, task, p, task["columns"]) for p in run]
            frames += alone
            each = [rows.height for rows in alone]
        counts = None if counts is None or each is None else counts + each
    return (pl.concat(frames, rechunk=False) if len(frames) > 1 else frames[0]), counts


def _alone(
    decoded: Decoded, task: Task, period: AnyPartition, skip: int
) -> Iterator[Report | Part]:
    work = Work(decoded, [period])
    with work.computing():
        rows = _collect(decoded, task, period, task["columns"])
        if rows.height < skip:
            msg = f"{skip} rows of it were here when it was tried again, and now it has "
            msg += f"{rows.height}: what it reads or calls is not the same each time"
            raise PiotError(msg)
        parts = encode(rows[skip:], task["return_as"])
        del rows
    yield from _reported(work, 1, parts)


def _delivered(
    decoded: Decoded, task: Task, parts: Sequence[AnyPartition], deliver: Delivery
) -> Iterator[Report | Part]:
    """Hand the rows of each part to a delivery, and report what it answers."""
    for position, part in zip(task["positions"], parts, strict=True):
        work = Work(decoded, [part])
        with work.computing():
            rows = _rows_of(decoded, task, part, task["columns"])
            place = Place(position, part.label)
            answer = interruptible(partial(_handed, decoded, rows, deliver, place))
        # Its rows are not here, and an answer is in their place.
        said = answer_part(place, answer)
        extent = getattr(deliver, "extent", None)
        work.wrote = None if extent is None else extent(answer)
        yield work.report(1, 0, len(said[-1]), part=said)


def _handed(decoded: Decoded, rows: pl.LazyFrame, deliver: Delivery, place: Place) -> Any:
    with decoded.watched():
        if decoded.engine != "in-memory":
            try:
                return deliver(rows, place)
            except pl.exceptions.PanicException:
                decoded.engine = "in-memory"  # see _collected
        return deliver(rows.collect(engine="in-memory").lazy(), place)


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
    with decoded.watched():
        try:
            return part.collect(engine=decoded.engine)
        except pl.exceptions.PanicException:
            # The streaming engine of Polars 2 panics on some plans with a resolver, such as that
            # of a pruned scan, which the other one runs: a window filter, another, a selection.
            if decoded.engine == "in-memory":
                raise
            decoded.engine = "in-memory"
            return part.collect(engine=decoded.engine)


def _reported(
    work: Work, periods: int, parts: list[Part], counts: list[int] | None = None
) -> Iterator[Report | Part]:
    for number, part in enumerate(parts, 1):
        size = size_of(part)
        inline = part if size <= _INLINE_BYTES else None
        last = number == len(parts)
        yield work.report(periods, part[1], size, counts=counts, part=inline, last=last)
        if inline is None:
            yield part
