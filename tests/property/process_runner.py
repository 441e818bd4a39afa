"""Runs the parts of a query in one other process, as Ray would, without Ray.

The other process runs the worker's own function on the plan as it was shipped, in another folder.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from polars_io_tools._lifetime import Lifetime
from polars_io_tools._period import AnyPartition
from polars_io_tools._report import Report
from polars_io_tools._resources import Resources
from polars_io_tools._source import ShippedPlan
from polars_io_tools._task import run_task
from polars_io_tools._transport import Part, decode

__all__ = ["ProcessRunner"]


class Told:
    """Stands for the process that tells tasks a secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __call__(self, _key: str) -> str:
        return self._secret


class ProcessRunner:
    """A `Runner` over a process that is started once and stopped by `close`.

    Attributes:
        labels: the periods of the last run, in order.
        heights: how many rows each of them gave.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._folder.name,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        )
        self._lock = threading.Lock()
        self.labels: list[str] = []
        self.heights: list[int] = []

    def check(self) -> None:
        """This process is always ready."""

    def run(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[pl.DataFrame]:
        self.labels = [p.label for p in periods]
        resources = Resources(lambda _, secret: Told(secret), processes=1)
        try:
            prepared = {key: list(p(resources)) for key, p in plan.attachments.items()}
            resources.start()
            for rows in self._rows(plan, periods, prepared):
                resources.check()
                yield rows
        finally:
            resources.close()

    def _rows(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], prepared: dict[str, list[Any]]
    ) -> Iterator[pl.DataFrame]:
        # As on Ray, each of some periods has a task of its own and the others share one, which
        # computes neighbours together; and several may reach Polars as one frame.
        half = len(periods) // 2
        self.heights = []
        alone = []
        for period in periods[:half]:
            parts = self._call(plan, [period], prepared)
            self.heights.append(decode(parts).height)
            alone += parts
        for some in (alone, self._call(plan, periods[half:], prepared)):
            if some:
                yield decode(some)

    def _call(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], prepared: dict[str, list[Any]]
    ) -> list[Part]:
        task = {**plan.task, "attached": [(key, len(items)) for key, items in prepared.items()]}
        spans = [period.wire() for period in periods]
        items = [item for some in prepared.values() for item in some]
        message = (task, (plan.payload,), spans, items)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:  # a join of two split queries calls from two threads
            pickle.dump(message, self._process.stdin, protocol=5)
            self._process.stdin.flush()
            ok, answer = pickle.load(self._process.stdout)
        if not ok:
            raise answer
        parts: list[Part] = answer
        return parts

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout and self._process.stdout.close()
        self._folder.cleanup()


def _parts(results: Iterator[Report | Part]) -> list[Part]:
    """Return the parts of a task's results, whether inside of their reports or after them."""
    parts = []
    for result in results:
        if isinstance(result, tuple):
            parts.append(result)
        elif result["part"] is not None:
            parts.append(result["part"])
    return parts


def _serve() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            task, plan, periods, items = pickle.load(requests)
        except EOFError:
            return
        answer: tuple[bool, Any]
        try:
            answer = (True, _parts(run_task(task, plan, periods, "test", items)))
        except pl.exceptions.PanicException as error:
            answer = (False, RuntimeError(f"Polars panicked: {error}"))
        except Exception as error:  # noqa: BLE001  (whatever it is, the caller raises it)
            answer = (False, error)
        pickle.dump(answer, answers, protocol=5)
        answers.flush()


if __name__ == "__main__":
    _serve()
