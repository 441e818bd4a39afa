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
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from polars_io_tools._lifetime import Lifetime
from polars_io_tools._period import AnyPartition, alike
from polars_io_tools._report import Report, Task
from polars_io_tools._resources import Resources
from polars_io_tools._ship import ShippedPlan
from polars_io_tools._task import run_task
from polars_io_tools._transport import Part, decode
from polars_io_tools.ray._arguments import Arguments
from polars_io_tools.ray._executor import Kept

__all__ = ["HERE", "ProcessRunner"]

# How many neighbouring periods share a task whose rows are kept, in turn.
_SHARES = (1, 3, 8)


class Told:
    """Stands for the process that tells tasks a secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __call__(self, _key: str) -> str:
        return self._secret


class _ObjectRef:
    """None of these is ever made: what would be referred to is sent."""


# Stands for the ray module: an object is its own reference.
HERE = SimpleNamespace(
    ObjectRef=_ObjectRef,
    actor=SimpleNamespace(ActorHandle=Told),
    exceptions=SimpleNamespace(RayError=ConnectionError),
    put=lambda item: item,
    get=lambda item: item,
    wait=lambda items, **_: (items, []),
)


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

    def __getstate__(self) -> dict[str, Any]:
        """Leave all behind: inside of a task, what it would run runs in place."""
        return {}

    def check(self) -> None:
        """This process is always ready."""

    def run(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[pl.DataFrame]:
        self.labels = [p.label for p in periods]
        with _prepared(plan) as (resources, arguments):
            for rows in self._rows(plan, periods, arguments):
                resources.check()
                yield rows

    def run_kept(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[Kept | None]:
        """Yield what tasks keep, as a `RayRunner` does."""
        self.labels = [p.label for p in periods]
        plan = replace(plan, task=cast("Task", {**plan.task, "keep": True}))
        shares, left = cycle(_SHARES), list(periods)
        with _prepared(plan) as (resources, arguments):
            while left:
                some = alike(left[: next(shares)])
                del left[: len(some)]
                report, data = self._call(plan, some, arguments)
                resources.check()
                yield None
                yield Kept(some, report, data)

    def _rows(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], arguments: Arguments
    ) -> Iterator[pl.DataFrame]:
        # As on Ray, each of some periods has a task of its own and the others share one, which
        # computes neighbours together; and several may reach Polars as one frame.
        half = len(periods) // 2
        self.heights = []
        alone = []
        for period in periods[:half]:
            parts = _parts(self._call(plan, [period], arguments))
            self.heights.append(decode(parts).height)
            alone += parts
        for some in (alone, _parts(self._call(plan, periods[half:], arguments))):
            if some:
                yield decode(some)

    def _call(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], arguments: Arguments
    ) -> list[Any]:
        """Return what a task of some periods yields."""
        items, chosen = arguments.of(periods)
        task = {**plan.task, "attached": arguments.attached, "chosen": chosen}
        message = (task, (plan.payload,), [period.wire() for period in periods], items)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:  # a join of two split queries calls from two threads
            pickle.dump(message, self._process.stdin, protocol=5)
            self._process.stdin.flush()
            ok, answer = pickle.load(self._process.stdout)
        if not ok:
            raise answer
        results: list[Any] = answer
        return results

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout and self._process.stdout.close()
        self._folder.cleanup()


@contextmanager
def _prepared(plan: ShippedPlan) -> Iterator[tuple[Resources, Arguments]]:
    """Prepare what the sources of a plan need, and give up what they hold afterwards."""
    resources = Resources(lambda _, secret: Told(secret), processes=1)
    try:
        prepared = {key: prepare(resources) for key, prepare in plan.attachments.items()}
        resources.start()
        yield resources, Arguments(HERE, plan, prepared)
    finally:
        resources.close()


def _parts(results: Sequence[Report | Part]) -> list[Part]:
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
            answer = (True, list(run_task(task, plan, periods, "test", items)))
        except pl.exceptions.PanicException as error:
            answer = (False, RuntimeError(f"Polars panicked: {error}"))
        except Exception as error:  # noqa: BLE001  (whatever it is, the caller raises it)
            answer = (False, error)
        pickle.dump(answer, answers, protocol=5)
        answers.flush()


if __name__ == "__main__":
    _serve()
