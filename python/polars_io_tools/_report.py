"""What the driver tells every task, and what a task says about its results.

Both are plain dictionaries of builtins: they travel by pickle, and hold no data of the query.
"""

from __future__ import annotations

from typing import TypedDict

from polars_io_tools._statistics import Statistics
from polars_io_tools._steps import Step
from polars_io_tools._transport import Part, ReturnAs

__all__ = ["KeptReport", "Report", "Task"]


class Task(TypedDict):
    """The part of a task that all periods share.

    Attributes:
        plan_id: names the plan, so that a process decodes it once.
        versions: versions of the driver, see `versions`.
        column: the column of the periods, "" where no part of the split is a period.
        columns: the columns to return, None for all.
        limit: the most rows that one period has to return, None for all.
        return_as: the format of the result.
        attached: the keys of what is attached to the plan, and of how many items each consists.
        chosen: likewise, of what only this task has got.
        skip: how many rows of the first period are not wanted, for the driver has them.
        deliver: what is done with the rows instead of sending them, pickled; None to send them.
        positions: the places of the periods in the run, where there is something to deliver.
        steps: what is done to the rows of each period, or of several neighbours together.
        keep: whether the rows stay in the object store.
        attempts: how often Ray may begin a task, None for any number of times.
        trace: what the task is part of where the driver traces, by W3C Trace Context; else empty.
    """

    plan_id: str
    versions: dict[str, str]
    column: str
    columns: list[str] | None
    limit: int | None
    return_as: ReturnAs
    attached: list[tuple[str, int]]
    chosen: list[tuple[str, int]]
    skip: int
    deliver: bytes | None
    positions: list[int]
    steps: list[Step]
    keep: bool
    attempts: int | None
    trace: dict[str, str]


class Report(TypedDict):
    """What a task says about one part of its result.

    Attributes:
        periods: of how many periods it holds rows: of one, or whole of several.
        last: whether it is their last part.
        rows: how many rows the part has.
        bytes: size of the part.
        seconds: how long each of these periods took to compute.
        started: when the work on these periods began, in ns since 1970 by the clock of the node.
        finished: when it was done, likewise; it is later in each further part.
        node: the node, for people.
        worker: the process.
        files: how many files were chosen to be opened, None where no scan chooses.
        counts: how many rows each of several periods has, None of one or where it is not known.
        threads: how many threads the Polars of the worker uses.
        repeats: how often Ray has begun the task before, by itself.
        wrote: how many rows and bytes the task has written in place of sending them; the rows are
            None where they are not known. None of rows that are sent, or stay.
        part: the part itself, None if it is the next thing that the task yields.
    """

    periods: int
    last: bool
    rows: int
    bytes: int
    seconds: float
    started: int
    finished: int
    node: str
    worker: int
    files: int | None
    counts: list[int] | None
    threads: int
    repeats: int
    wrote: tuple[int | None, int] | None
    part: Part | None


class KeptReport(Report):
    """What a task says about rows that stay in the object store.

    Attributes:
        columns: what is known of the values of columns.
        head: the first few rows, encoded.
    """

    columns: Statistics
    head: Part
