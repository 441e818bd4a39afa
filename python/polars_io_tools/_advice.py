"""What the figures of a run say about it, in sentences that name what to change.

A rule speaks only where what it advises could save a good part of the time, and of a run that is
long enough to care about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from polars_io_tools._figures import duration
from polars_io_tools._measured import Measured

__all__ = ["advice_of"]

# Runs that are shorter are as fast as they need to be.
_WORTHWHILE_SECONDS = 0.5

_FEW = 20  # tasks, of which the share of overhead says little
_SHORT_TASK = 0.02
_IDLE = 0.5
_SKEW = 5.0
_SKEWED_PERIODS = 4
_LONG_PERIOD = 1.0
_LARGE_SHARE = 0.3
_MOST = 0.5
_HELD = 0.2
_NOTICEABLE = 1.0


def advice_of(run: Measured) -> Iterator[str]:
    """Yield what is to be said, the most certain first."""
    if run.retries:
        yield _again(run)
    if run.seconds >= _WORTHWHILE_SECONDS:
        yield from filter(None, (rule(run) for rule in _RULES))


def _again(run: Measured) -> str:
    attempts = "an attempt" if run.retries == 1 else f"{run.retries} attempts"
    text = f"{attempts} failed: {', '.join(run.errors)}"
    if "OutOfMemoryError" in run.errors:
        text += '; take a finer split, or remote_options={"memory": …}'
    return text


def _planning(run: Measured) -> str | None:
    if run.planning < max(_NOTICEABLE, _MOST * run.seconds):
        return None
    return (
        f"planning took {duration(run.planning)} of {duration(run.seconds)}: footers of many files "
        "are read, or a large frame is in the plan, which piot.put(frame) would store once"
    )


def _waiting(run: Measured) -> str | None:
    if run.waiting < max(_NOTICEABLE, _MOST * run.seconds):
        return None
    return (
        f"the first period waited {duration(run.waiting)} of {duration(run.seconds)} for a worker: "
        "the cluster was busy, or its workers had to start, which a second query does not wait for"
    )


def _small(run: Measured) -> str | None:
    if run.tasks < _FEW or run.typical >= _SHORT_TASK:
        return None
    if run.busy >= _IDLE or run.driver >= _MOST:
        return None
    return (
        f"periods are too small: the {run.tasks:,} tasks took {duration(run.typical)} each, and "
        f"workers computed for {run.busy:.0%} of the time; take a coarser time_unit"
    )


def _skewed(run: Measured) -> str | None:
    if run.slowest is None or run.done < _SKEWED_PERIODS:
        return None
    label, seconds = run.slowest
    if seconds < max(_LONG_PERIOD, _SKEW * run.middle, _LARGE_SHARE * run.running):
        return None
    times = seconds / max(run.middle, 1e-6)
    return (
        f"periods are skewed: {label} took {duration(seconds)}, {times:.0f} times "
        "the median; a finer time_unit, or partitions=piot.by_quantile(…), evens that out"
    )


def _driver_bound(run: Measured) -> str | None:
    if run.driver < _MOST or run.busy >= _IDLE:
        return None
    return (
        f"the driver is the narrow place: for {run.driver:.0%} of the time it worked on rows that "
        "had arrived while others waited; filter or aggregate before execute_on_ray, or take "
        "piot.RayEngine, which computes sums in the tasks and writes files from them"
    )


def _store_bound(run: Measured) -> str | None:
    if run.held < _HELD:
        return None
    return (
        f"the object store is the narrow place: for {run.held:.0%} of the time nothing was "
        "submitted, as results waited to be read; read them faster, return fewer columns, or set "
        "a larger max_unread_bytes"
    )


def _few_threads(run: Measured) -> str | None:
    if run.slots is None or not run.done or 2 * run.total > run.slots:
        return None
    if run.middle < _LONG_PERIOD:
        return None
    return (
        f"{run.total} periods ran with {run.threads} thread{'s' * (run.threads != 1)} each, on a "
        f"cluster with room for {run.slots} tasks: a finer time_unit uses more of it, or "
        'remote_options={"num_cpus": …}, which gives each period more threads'
    )


_RULES: tuple[Callable[[Measured], str | None], ...] = (
    _planning,
    _waiting,
    _small,
    _skewed,
    _driver_bound,
    _store_bound,
    _few_threads,
)
