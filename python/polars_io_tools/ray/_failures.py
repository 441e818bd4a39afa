"""What is said of a period that failed for good: which, after how many attempts, what helps."""

from __future__ import annotations

from polars_io_tools._period import AnyPartition, Period
from polars_io_tools._redact import redacted
from polars_io_tools.errors import WorkerError
from polars_io_tools.ray._options import RayOptions
from polars_io_tools.ray._protocol import HalfRead, PeriodFailed
from polars_io_tools.ray._retries import Retries

__all__ = ["noun_of", "worker_error"]

# What helps, by the name of the exception.
_LESS_MEMORY = (
    'a finer split, fewer tasks at once (remote_options={"num_cpus": …} or max_concurrency), or '
    'telling Ray what a task needs (remote_options={"memory": …})'
)
_HINTS = {
    "OutOfMemoryError": f"\nThe node ran out of memory. What helps: {_LESS_MEMORY}",
    "WorkerCrashedError": (
        "\nThe worker process ended, as it does when the system runs out of memory or when native "
        "code fails; Ray's logs on its node say more. What helps against the former: "
        f"{_LESS_MEMORY}"
    ),
    "ObjectStoreFullError": (
        "\nThe object store is full. What helps: a finer split, a smaller max_unread_bytes, or "
        "ray.init(object_store_memory=…)"
    ),
    "OutOfDiskError": (
        "\nThe disk to which Ray spills objects is full. What helps: a smaller max_unread_bytes, "
        "or a larger object store"
    ),
}

# What is said of a period that was lost half-way; its opening follows.
_HALF_READ = (
    "\nSome of its rows had been read, and another attempt may give them in another order. What "
    "helps: a finer split, whose periods arrive in one piece; or an order that is not left "
    "open, as it is by "
)


def noun_of(part: AnyPartition) -> str:
    """Return what a part of a split is called."""
    return "period" if isinstance(part, Period) else "partition"


def worker_error(
    failure: PeriodFailed, options: RayOptions, opening: str | None, *, keep: bool
) -> WorkerError:
    """Return the error of a run.

    Args:
        failure: what failed.
        options: those of the run; what they hold is not repeated.
        opening: what leaves the order of rows open, if anything does.
        keep: whether rows stay in the object store.
    """
    cause = getattr(failure.error, "cause", None) or failure.error
    what, label = _failed(failure, keep=keep)
    hint = next((h for name, h in _HINTS.items() if type(cause).__name__ == name), "")
    if isinstance(failure, HalfRead):
        hint = _HALF_READ + f"{opening}"
    # Ray goes on for a page, with the command lines of other processes of the node.
    text = str(cause).partition("\n")[0] if hint else str(cause)
    text = redacted(text, options.remote_options)
    tried = f" after {failure.retries + 1} attempts" if failure.retries else ""
    return WorkerError(f"{what} failed{tried}: {type(cause).__name__}: {text}{hint}", label)


def _failed(failure: PeriodFailed, *, keep: bool) -> tuple[str, str]:
    """Return which periods may have failed, and their label.

    Parts arrive one by one, so a task that says what is wrong does so of the next. What dies with
    its process says nothing, and what is kept arrives together.
    """
    first, last = failure.periods[0], failure.periods[-1]
    noun, label = noun_of(first), first.label
    if first is last or not (keep or Retries.is_loss(failure.error)):
        return f"{noun} {label}", label
    label += f"…{last.label}"
    shared = f"which share a task (max_periods_per_task=1 tells which {noun} it is),"
    return f"one of the {noun}s {label}, {shared}", label
