"""The work of a task on some of its periods: how long it took, and what is said of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from polars_io_tools._decoded import Decoded
from polars_io_tools._period import AnyPartition, Period, named
from polars_io_tools._report import Report
from polars_io_tools._tracing import Span, in_task
from polars_io_tools._transport import Part

__all__ = ["Work", "traced"]


class Work:
    """The work on some periods, from when it is made; where it is traced, a span.

    Args:
        decoded: the plan that is run for them.
        parts: the periods.

    Attributes:
        wrote: how many rows and bytes were written in place of being sent, None for none.
    """

    def __init__(self, decoded: Decoded, parts: Sequence[AnyPartition]) -> None:
        self._decoded = decoded
        self._span = Span("piot.period", decoded.caller, attributes=traced(parts))
        self._began = time.time_ns()
        self._start = time.perf_counter_ns()
        self._rows = self._bytes = 0
        self.wrote: tuple[int | None, int] | None = None
        decoded.files = None

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Let what is done inside be part of the span, in whichever thread of Polars."""
        with in_task(self._span.context), self._span.around():
            try:
                yield
            except BaseException as error:
                self._span.end(error)
                raise

    def report(
        self,
        periods: int,
        rows: int,
        size: int,
        *,
        counts: list[int] | None = None,
        part: Part | None,
        last: bool = True,
    ) -> Report:
        """Return what is said of a part that is done now."""
        taken = time.perf_counter_ns() - self._start
        self._rows += rows
        self._bytes += size
        if last:
            done = (self._rows, self._bytes) if self.wrote is None else self.wrote
            figures = dict(zip(("piot.rows", "piot.bytes"), done, strict=True))
            self._span.note({**figures, "piot.files": self._decoded.files})
            self._span.end()
        return Report(
            periods=periods,
            last=last,
            rows=rows,
            bytes=size,
            seconds=taken / 1e9 / periods,
            started=self._began,
            finished=self._began + taken,
            node=self._decoded.node,
            worker=os.getpid(),
            files=self._decoded.files,
            counts=counts,
            threads=pl.thread_pool_size(),
            repeats=self._decoded.repeats,
            wrote=self.wrote,
            part=part,
        )


def traced(parts: Sequence[AnyPartition]) -> dict[str, Any]:
    """Return the attributes by which periods are known; labels of other partitions are values."""
    labels = [part.label for part in parts if isinstance(part, Period)]
    return {"piot.periods": len(parts), **({"piot.period": named(labels)} if labels else {})}
