"""What is said of a period that failed for good: which, after how many attempts, what helps."""

from __future__ import annotations

import polars as pl
import pytest

from polars_io_tools._period import Period
from polars_io_tools.ray._failures import worker_error
from polars_io_tools.ray._options import check_options
from polars_io_tools.ray._protocol import HalfRead, PeriodFailed, TaskFailed

LF = pl.LazyFrame({"x": [1]})
DAYS = [Period(f"2024-01-0{i}", i, i + 1) for i in range(1, 5)]

OPTIONS = check_options(
    LF,
    ordered=True,
    return_as="arrow",
    remote_options=None,
    max_concurrency=None,
    max_periods_per_task=64,
    max_unread_bytes=None,
    preserve_partition_order=None,
    progress=False,
    description=None,
)


class WorkerCrashedError(Exception):
    """What Ray says of a worker that is gone, told by its name."""


DIED, WRONG = WorkerCrashedError("The worker died"), ValueError("no prices")

SHARED = "which share a task (max_periods_per_task=1 tells which period it is), failed"

# The periods that were still to come, the error, whether rows are kept, and what is said.
CASES: list[tuple[int, Exception, bool, str, str]] = [
    (1, DIED, False, "2024-01-01", "period 2024-01-01 failed: WorkerCrashedError: The worker died"),
    (1, WRONG, True, "2024-01-01", "period 2024-01-01 failed: ValueError: no prices"),
    # What raises an error does so for the period whose turn it is.
    (4, WRONG, False, "2024-01-01", "period 2024-01-01 failed: ValueError: no prices"),
    (
        4,
        DIED,
        False,
        "2024-01-01…2024-01-04",
        f"one of the periods 2024-01-01…2024-01-04, {SHARED}: WorkerCrashedError: ",
    ),
    (
        3,
        WRONG,
        True,
        "2024-01-01…2024-01-03",
        f"one of the periods 2024-01-01…2024-01-03, {SHARED}: ValueError: no prices",
    ),
]


@pytest.mark.parametrize(("count", "error", "keep", "label", "said"), CASES)
def test_which(count: int, error: Exception, keep: bool, label: str, said: str) -> None:
    failure = TaskFailed(error, retries=0).of(DAYS[:count], 0)
    found = worker_error(failure, OPTIONS, None, keep=keep)
    assert found.period == label
    assert str(found).startswith(said)


def test_how_often() -> None:
    """What Ray has repeated and what was repeated here are attempts alike."""
    for retries, repeated, said in ((3, 0, " after 4 attempts:"), (0, 3, " after 4 attempts:")):
        failure = TaskFailed(DIED, retries=0, repeated=repeated).of(DAYS[:1], retries)
        text = str(worker_error(failure, OPTIONS, None, keep=True))
        assert text.startswith(f"period 2024-01-01 failed{said}"), text


def test_what_helps() -> None:
    text = str(worker_error(PeriodFailed(DAYS[:1], DIED, 0), OPTIONS, None, keep=False))
    for word in ("runs out of memory", "a finer split", 'remote_options={"memory": …}'):
        assert word in text
    lost = HalfRead(DAYS[:1], DIED, 0)
    assert "left open, as it is by group_by" in str(
        worker_error(lost, OPTIONS, "group_by", keep=False)
    )
