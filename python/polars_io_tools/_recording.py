"""What is noted of a run while it goes, and which run was the last one, for whom.

A `Recording` is of one source: its periods, as the driver and the workers see them. A `Run` is of
one query: a query of `RayEngine` may have several sources. `last_run` has to find the run of its
own caller among those of other threads and tasks, though Polars calls sources in threads of its
own. So a run is noted twice: in the context that collects, if the source is called there, as
`collect` does; and with the call of `execute_on_ray`, which the context that wrote it remembers, as
for `collect_async`.

Invariant: what is noted is counts, times, labels and names of nodes; no value, filter or option.
"""

from __future__ import annotations

import contextvars
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from polars_io_tools._period import AnyPartition, Period
from polars_io_tools._report import Report
from polars_io_tools._tracing import Context, Span, here, kind_of

__all__ = ["BY_RAY", "Calls", "PeriodRecord", "Recording", "Run", "latest_run"]

# What stands for the exception of an attempt that Ray has repeated by itself.
BY_RAY = "lost, repeated by Ray"

# How many calls of `execute_on_ray` a context remembers.
_REMEMBERED = 16

_MAX_MESSAGE = 400


@dataclass(slots=True)
class PeriodRecord:
    """What is known of one period; times are in ns since 1970.

    Attributes:
        queued: when it was first given to Ray, by the clock of the driver.
        attempts: how often it was given to Ray.
        failures: when attempts ended without it, by the driver's clock, and with which exception.
        task: which task of the run had it last.
        started: when the work on it began, by the clock of the node.
        finished: when its last part was ready, likewise.
        received: when the driver heard of that.
        read: when the query above had its rows.
        node: where it ran.
        worker: in which process.
        rows: how many rows it has, None where only the sum with others is known.
        bytes: likewise.
        files: how many files were chosen to be opened, for all periods of its task together.
        threads: how many threads Polars had there.
    """

    queued: int
    attempts: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)
    task: int = 0
    started: int | None = None
    finished: int | None = None
    received: int | None = None
    read: int | None = None
    node: str | None = None
    worker: int | None = None
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    threads: int | None = None


class Recording:
    """What is noted of the periods of one source.

    Attributes:
        began: when its rows were asked for.
        planned: when the first task could be submitted.
        ended: when it was over, however it ended.
        total: how many periods there are.
        slots: how many tasks the cluster could run at once, None for any number.
        away: for how many ns the rows were with whoever reads them.
        held: for how many ns nothing was submitted, since the store was full of results.
        error: the exception that ended it.
        records: of the periods that were submitted.
        sends: whether rows come back, so that their number is known.
        span: that of the run, from when its rows were asked for until it is over.

    Args:
        caller: the context that the run is part of where it is traced.
    """

    def __init__(self, caller: Context | None = None) -> None:
        self.began = time.time_ns()
        self.span = Span("piot.run", caller, began=self.began)
        self.planned: int | None = None
        self.ended: int | None = None
        self.total = 0
        self.slots: int | None = None
        self.away = 0
        self.held = 0
        self.error = ""
        self.records: dict[AnyPartition, PeriodRecord] = {}
        self.sends = True
        self._tasks = 0
        self._held_since: int | None = None

    def starts(self, total: int, slots: float, *, sends: bool) -> None:
        """Note that tasks can be submitted."""
        self.planned = time.time_ns()
        self.total, self.sends = total, sends
        self.slots = None if math.isinf(slots) else int(slots)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Note the end of what runs inside, and the error if it has one."""
        with self.span:
            try:
                yield
            except GeneratorExit:
                raise
            except BaseException as error:
                text = str(error).partition("\n")[0][:_MAX_MESSAGE]
                self.error = f"{type(error).__name__}: {text}" if text else type(error).__name__
                raise
            finally:
                self.ended = time.time_ns()
                if self.span.recording:
                    self.span.note(self._figures())

    def _figures(self) -> dict[str, int | str | None]:
        records = self.records.values()
        done = sum(r.finished is not None for r in records)
        rows = [r.rows for r in records if r.rows is not None]
        ending = "failed" if self.error else "done" if done == self.total else "stopped"
        return {
            "piot.state": ending,
            "piot.periods": self.total,
            "piot.periods.done": done,
            "piot.tasks": self._tasks,
            "piot.attempts.failed": sum(len(r.failures) for r in records),
            "piot.rows": sum(rows) if rows or not records else None,
            "piot.bytes": sum(r.bytes or 0 for r in records),
        }

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count the time inside as that of whoever reads the rows."""
        start = time.monotonic_ns()
        try:
            yield
        finally:
            self.away += time.monotonic_ns() - start

    def submitted(self, periods: Sequence[AnyPartition], skip: int) -> None:
        """Note a task; the first `skip` rows of its first period are here already."""
        now = time.time_ns()
        if self._held_since is not None:
            self.held += now - self._held_since
            self._held_since = None
        self._tasks += 1
        for number, period in enumerate(periods):
            record = self.records.get(period)
            if record is None:
                record = self.records[period] = PeriodRecord(now)
            record.attempts += 1
            record.task = self._tasks
            record.finished = record.received = None
            if skip and number == 0 and record.rows:
                record.bytes = round((record.bytes or 0) * skip / record.rows)
                record.rows = skip
            else:
                record.rows = record.bytes = record.started = None

    def arrived(self, periods: Sequence[AnyPartition], report: Report) -> None:
        """Note what a worker says of a part."""
        now = time.time_ns()
        counts: list[int | None] = [*(report["counts"] or ())] or [
            report["rows"],
            *[None] * (len(periods) - 1),
        ]
        for period, rows in zip(periods, counts, strict=True):
            record = self.records[period]
            if record.started is None:
                record.started = report["started"]
            record.node, record.worker = report["node"], report["worker"]
            record.threads, record.files = report["threads"], report["files"]
            if report["wrote"] is not None:
                record.rows, record.bytes = report["wrote"]
            elif rows is not None:
                share = rows / report["rows"] if report["rows"] else 1 / len(periods)
                record.rows = (record.rows or 0) + rows if self.sends else None
                record.bytes = (record.bytes or 0) + round(report["bytes"] * share)
            if report["repeats"]:
                # It is not told when the attempts before this one ended, and why.
                record.attempts += report["repeats"]
                lost = (min(report["started"], now), BY_RAY)
                record.failures += [lost] * report["repeats"]
            if report["last"]:
                record.finished, record.received = report["finished"], now

    def failed(self, periods: Sequence[AnyPartition], error: Exception) -> None:
        """Note that a task ended without periods, of which the first is the one that failed."""
        now = time.time_ns()
        cause = getattr(error, "cause", None) or error
        first = periods[0]
        record = self.records[first]
        if self.span.recording:
            # The labels of other partitions are values.
            label = {"piot.period": first.label} if isinstance(first, Period) else {}
            self.span.event("piot.attempt.failed", {"error.type": kind_of(cause), **label})
        record.failures.append((now, type(cause).__name__))
        record.finished = record.received = None

    def read(self, periods: Sequence[AnyPartition]) -> None:
        """Note that the rows of periods have gone to the query above."""
        now = time.time_ns()
        for period in periods:
            self.records[period].read = now

    def held_back(self) -> None:
        """Note that the store is full of results that nobody has read."""
        if self._held_since is None:
            self._held_since = time.time_ns()


class Run:
    """The recordings of one run of a query, by their sources."""

    def __init__(self) -> None:
        self.recordings: dict[int, Recording] = {}

    @property
    def began(self) -> int:
        """When the first of them began."""
        return min((r.began for r in self.recordings.values()), default=0)


class Calls:
    """The runs of the sources that one call made, of which the latest is kept.

    It travels as a new one: what a worker runs is nobody's run here.
    """

    def __init__(self) -> None:
        self.latest: Run | None = None
        self._lock = threading.Lock()
        self._caller = here()

    @classmethod
    def here(cls) -> Calls:
        """Return one that the context of the caller remembers."""
        calls = cls()
        _made.set((calls, *_made.get())[:_REMEMBERED])
        return calls

    def begun(self, source: object) -> Recording:
        """Return the recording of a source whose rows are asked for now."""
        foreign = _is_foreign()
        recording = Recording(self._caller if foreign else here())
        with self._lock:
            run = self.latest
            if run is None or id(source) in run.recordings:
                run = self.latest = Run()
            run.recordings[id(source)] = recording
        if not foreign:
            _collected.set(run)
        return recording

    def __reduce__(self) -> tuple[type[Calls], tuple[()]]:
        return Calls, ()


_made: contextvars.ContextVar[tuple[Calls, ...]] = contextvars.ContextVar("piot_calls", default=())
_collected: contextvars.ContextVar[Run | None] = contextvars.ContextVar("piot_run", default=None)


def _is_foreign() -> bool:
    """Return whether this thread is one of Polars, whose context is nobody's."""
    return isinstance(threading.current_thread(), threading._DummyThread)  # noqa: SLF001  (documented, by its name)


def latest_run() -> Run | None:
    """Return the latest run that was collected in this context, or whose call was written in it."""
    runs = [calls.latest for calls in _made.get()]
    return max(filter(None, [_collected.get(), *runs]), key=lambda run: run.began, default=None)
