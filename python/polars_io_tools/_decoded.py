"""The plans that this process has decoded, and how long it keeps them.

A worker serves one query at a time, or a few that share the cluster, and decodes the plan of each
once. What is attached to a plan stays as long as the plan does.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from polars_io_tools._attach import attach, detach
from polars_io_tools._polars import deserialise
from polars_io_tools._pruned_scan import unchanged_files
from polars_io_tools._report import Task
from polars_io_tools._tracing import Context

__all__ = ["Decoded", "chosen_parts", "decode_plan", "inside_task", "marked"]

# Plans decoded by this process, the latest last. A worker serves one query at a time, or a few
# that share the cluster.
_MAX_DECODED_PLANS = 4

# After this long without a task, a process lets go of its plans and of what is attached to them,
# which may pin gigabytes of the object store.
_IDLE_SECONDS = 5.0


@dataclass
class Decoded:
    """A plan.

    Attributes:
        lf: the query.
        dtype: the type of the column of its periods, None where it has no such column.
        keys: what is attached to it.
        engine: which engine of Polars runs it.
        node: the node that this process is on, for people.
        repeats: how often Ray has begun the task before that runs now.
        files: how many files the latest run of the plan chose, None where no scan chooses.
        caller: the context of the task that runs it, None where nothing is traced.
    """

    lf: pl.LazyFrame
    dtype: pl.DataType | None
    keys: frozenset[str]
    engine: Literal["auto", "in-memory"] = "auto"
    node: str = ""
    repeats: int = 0
    files: int | None = None
    caller: Context | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Make sure that files do not change while the plan runs, and count those it chooses.

        Raises:
            SourceChangedError: a file is not what it was at planning time.
        """
        with unchanged_files(self.lf, self.keys) as watch:
            yield
        self.files = watch.chosen()


_decoded: OrderedDict[str, Decoded] = OrderedDict()
_lock = threading.RLock()
_running = 0
_last_used = 0.0
_sweeper: threading.Thread | None = None


def inside_task() -> bool:
    """Return whether this process is running one of our tasks right now."""
    return _running > 0


@contextmanager
def marked() -> Iterator[None]:
    """Count this process among those that run a task."""
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


@contextmanager
def chosen_parts(task: Task, items: Sequence[Any]) -> Iterator[None]:
    """Attach what this task and no other has got, for as long as it runs."""
    rest = iter(items[sum(count for _, count in task["attached"]) :])
    parts = {key: tuple(next(rest) for _ in range(count)) for key, count in task["chosen"]}
    attach(parts)
    try:
        yield
    finally:
        detach(parts)


def decode_plan(task: Task, plan: Any, items: Sequence[Any]) -> Decoded:
    """Return the plan of a task; the first time it is decoded, and what it needs is attached."""
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
    decoded = Decoded(lf, dtype, frozenset(attachments))
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
