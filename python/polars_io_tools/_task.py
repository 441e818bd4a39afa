"""What one task does, in whichever process it runs: some periods of a plan, one after another.

Everything that crosses the process boundary is made of builtins, so that a worker can say what is
wrong before it needs this package: a task is a `dict`, a plan is bytes, a result is a report and a
tuple with buffers.

Invariant: a task depends only on its arguments and on the data the plan reads, so it may run more
than once.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import polars as pl
import polars.selectors as cs

from polars_io_tools._attach import attach, detach
from polars_io_tools._delivery import Delivery, Place, answer_part, loaded
from polars_io_tools._interrupt import interruptible
from polars_io_tools._period import AnyPartition, Period, filter_of, from_wire
from polars_io_tools._periods import in_period_order, neighbours
from polars_io_tools._polars import deserialise
from polars_io_tools._pruned_scan import unchanged_files
from polars_io_tools._report import Report, Task
from polars_io_tools._skew import check_versions, versions
from polars_io_tools._steps import done
from polars_io_tools._transport import Part, encode, size_of
from polars_io_tools.errors import PiotError

__all__ = ["inside_task", "run_task", "versions"]

# Plans decoded by this process, the latest last. A worker serves one query at a time, or a few
# that share the cluster.
_MAX_DECODED_PLANS = 4

# After this long without a task, a process lets go of its plans and of what is attached to them,
# which may pin gigabytes of the object store.
_IDLE_SECONDS = 5.0

# Parts up to this size travel inside their report, without an object of their own.
_INLINE_BYTES = 64 * 1024


@dataclass
class _Decoded:
    lf: pl.LazyFrame
    dtype: pl.DataType | None
    keys: frozenset[str]
    engine: Literal["auto", "in-memory"] = "auto"


_decoded: OrderedDict[str, _Decoded] = OrderedDict()
_lock = threading.RLock()
_running = 0
_last_used = 0.0
_sweeper: threading.Thread | None = None


def inside_task() -> bool:
    """Return whether this process is running one of our tasks right now."""
    return _running > 0


@contextmanager
def _marked() -> Iterator[None]:
    global _running, _last_used  # noqa: PLW0603  (Polars calls sources from threads of its own)
    with _lock:
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            _last_used = time.monotonic()
            _sweep_when_idle()


def run_task(
    task: Task,
    plan: Sequence[Any],
    periods: Sequence[tuple[Any, ...]],
    node: str,
    items: Sequence[Any] = (),
) -> Iterator[Report | Part]:
    """Compute periods of a plan and yield their rows, encoded: a report, then maybe its part.

    `plan` holds the plan bytes as its only element: Ray shares the buffer instead of copying it.
    `items` are those of all attachments, one after another.

    Raises:
        RuntimeError: this process has other versions than the driver.
    """
    check_versions(task["versions"], node)
    with _marked():
        decoded = _decode_plan(task, plan[0], items)
        parts = [from_wire(wire) for wire in periods]
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
    decoded: _Decoded, task: Task, run: Sequence[Period]
) -> Generator[Report | Part, None, bool]:
    """Compute neighbouring periods at once, if that works, and return whether it did.

    One by one they may still work, and if not, it is known which of them does not. What does not
    fit into one part goes one by one as well, so that a run arrives as a whole or not at all.
    """
    start = time.perf_counter()
    column = task["column"]
    whole = Period("", run[0].start, run[-1].end)
    columns = task["columns"]
    if columns is not None and column not in columns:
        columns = [*columns, column]
    try:
        rows = _collect(decoded, task, whole, columns)
        if not task["steps"]:  # after which there is no order
            rows = in_period_order(rows, column, run)
        if task["columns"] is not None:
            rows = rows.select(cs.by_name(*task["columns"]))
        parts = encode(rows, task["return_as"])
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001  (it comes again, with its period)
        return False
    if len(parts) > 1:
        return False
    yield from _reported(len(run), parts, time.perf_counter() - start)
    return True


def _alone(
    decoded: _Decoded, task: Task, period: AnyPartition, skip: int
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
    decoded: _Decoded, task: Task, parts: Sequence[AnyPartition], deliver: Delivery
) -> Iterator[Report | Part]:
    """Hand the rows of each part to a delivery, and report what it answers."""
    for position, part in zip(task["positions"], parts, strict=True):
        start = time.perf_counter()
        rows = _rows_of(decoded, task, part, task["columns"])
        place = Place(position, part.label)
        answer = interruptible(partial(_handed, decoded, rows, deliver, place))
        seconds = time.perf_counter() - start
        yield _inline(answer_part(place, answer), seconds)


def _handed(decoded: _Decoded, rows: pl.LazyFrame, deliver: Delivery, place: Place) -> Any:
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
    decoded: _Decoded, task: Task, period: AnyPartition, columns: list[str] | None
) -> pl.DataFrame:
    part = _rows_of(decoded, task, period, columns)
    return interruptible(lambda: _collected(decoded, part))


def _rows_of(
    decoded: _Decoded, task: Task, period: AnyPartition, columns: list[str] | None
) -> pl.LazyFrame:
    part = decoded.lf.filter(filter_of(period, decoded.dtype, task["column"]))
    part = done(part, task["steps"])
    if columns is not None:
        part = part.select(cs.by_name(*columns))
    return part if task["limit"] is None else part.head(task["limit"])


def _collected(decoded: _Decoded, part: pl.LazyFrame) -> pl.DataFrame:
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


def _decode_plan(task: Task, plan: Any, items: Sequence[Any]) -> _Decoded:
    plan_id = task["plan_id"]
    with _lock:
        if plan_id in _decoded:
            _decoded.move_to_end(plan_id)
            return _decoded[plan_id]
    rest = iter(items)
    attachments = {key: tuple(next(rest) for _ in range(count)) for key, count in task["attached"]}
    attach(attachments)
    lf = deserialise(bytes(plan))
    with unchanged_files(lf, attachments):
        dtype = lf.collect_schema().get(task["column"])
    decoded = _Decoded(lf, dtype, frozenset(attachments))
    with _lock:
        _decoded[plan_id] = decoded
        while len(_decoded) > _MAX_DECODED_PLANS:
            _forget(next(iter(_decoded)))
    return decoded


def _forget(plan_id: str) -> None:
    """Drop a plan, and what is attached to it and to no other plan."""
    gone = _decoded.pop(plan_id)
    kept: set[str] = set().union(*(d.keys for d in _decoded.values()))
    detach(gone.keys - kept)


def _sweep_when_idle() -> None:
    global _sweeper  # noqa: PLW0603  (one thread of the process)
    if _sweeper is None:
        _sweeper = threading.Thread(target=_sweep, daemon=True, name="piot-sweeper")
        _sweeper.start()


def _sweep() -> None:
    """Drop all plans once no task has run for a while, then end."""
    global _sweeper  # noqa: PLW0603  (one thread of the process)
    while True:
        time.sleep(_IDLE_SECONDS / 2)
        with _lock:
            if _running == 0 and time.monotonic() - _last_used >= _IDLE_SECONDS:
                for plan_id in list(_decoded):
                    _forget(plan_id)
                _sweeper = None
                return
