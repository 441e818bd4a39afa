"""Clusters and drivers of the fault tests."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil
import pytest

from tests.conftest import child_environment

ROOT = Path(__file__).resolve().parents[2]

# The limits of the product are in seconds on a machine that has nothing else to do.
LOAD = 3

_ATTEMPTS = 3
_ANSWER_SECONDS = 120

# So that the loss of a node is known within seconds, and what a raylet holds is written down.
_HEALTH = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1500",
    "RAY_health_check_failure_threshold": "3",
    "RAY_event_stats_print_interval_ms": "500",
}


def until(condition: Callable[[], object], seconds: float) -> float | None:
    """Wait for a condition and return how long that took, None if it does not come in time."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if condition():
            return time.monotonic() - start
        time.sleep(0.05)
    return None


def runs_ours(pid: int) -> bool:
    """Tell whether a process is a worker that runs a task of ours: Ray gives it the task's name."""
    try:
        return psutil.Process(pid).cmdline()[:1][0].startswith("ray::piot:")
    except (psutil.Error, IndexError):
        return False


class Child:
    """A program that is told and answers line by line, and ends with its input."""

    def __init__(self, arguments: list[str], log: Path, **environment: str) -> None:
        self.log = log
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                cwd=ROOT,
                env=child_environment() | environment,
            )

    def hear(self, seconds: float = _ANSWER_SECONDS) -> dict[str, Any]:
        """Return what the program says next, within a time after which it is stuck."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(seconds, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                if line.startswith("{"):  # Ray prints as well
                    answer: dict[str, Any] = json.loads(line)
                    return answer
        finally:
            watchdog.cancel()
        status = self.process.wait(60)
        raise EOFError(f"the program ended with {status}:\n{self.log.read_text()[-3000:]}")

    def tell(self, line: str = "") -> None:
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def end(self) -> int:
        """Close the input, wait for the end and return the exit status."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Nodes:
    """A cluster whose nodes come and go."""

    def __init__(self) -> None:
        # Short, since the paths of Unix sockets may not have more than about 100 characters.
        base = "/tmp" if Path("/tmp").is_dir() else None
        folder = Path(tempfile.mkdtemp(prefix="piot", dir=base))
        (folder / "ray").mkdir()  # where Ray writes down which cluster started last
        program = str(Path(__file__).with_name("holder.py"))
        log = Path(tempfile.mkstemp(prefix="piot", suffix=".log", dir=base)[1])
        self._child = Child([program, str(folder)], log, RAY_TMPDIR=str(folder))
        self.address = ""
        self.logs = Path()

    def add(self, name: str, environment: dict[str, str] | None = None, **settings: Any) -> None:
        answer = self._ask(
            command="add", name=name, environment=_HEALTH | (environment or {}), **settings
        )
        self.address = answer["address"]
        self.logs = Path(answer["logs"])

    def remove(self, name: str) -> None:
        """End a node as a power failure does."""
        self._ask(command="remove", name=name)

    def raylet(self, name: str) -> int:
        """Return the process of a node."""
        pid: int = self._ask(command="pids", name=name)["raylet"]
        return pid

    def _ask(self, **command: Any) -> dict[str, Any]:
        self._child.tell(json.dumps(command))
        return self._child.hear()

    def busy(self) -> list[psutil.Process]:
        """Return the workers of nodes that are there which run a task of ours."""
        children = psutil.Process(self._child.process.pid).children(recursive=True)
        return [process for process in children if runs_ours(process.pid)]

    def drive(self, name: str, folder: Path, **settings: Any) -> Driver:
        """Start a driver."""
        return Driver(name, self.address, folder, settings)

    def stop(self) -> None:
        self._child.end()
        self._child.log.unlink()


class Driver(Child):
    """A driver, connected to a cluster, and the journal that its tasks keep.

    It is a function of the module `drivers`, or of another one that is named before it.
    """

    def __init__(self, name: str, address: str, folder: Path, settings: dict[str, Any]) -> None:
        self.journal = folder / "journal"
        environment = settings.pop("environment", {})
        file = folder / "settings.json"
        file.write_text(json.dumps(settings | {"address": address, "journal": str(self.journal)}))
        module, _, function = name.rpartition(".")
        arguments = ["-m", f"tests.faults.{module or 'drivers'}", function, str(file)]
        super().__init__(arguments, folder / "driver.log", **environment)

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def attempts(self) -> dict[str, int]:
        """Return how often each day was begun."""
        days = [line.split()[1] for line in self.lines() if line.startswith("begun")]
        return {day: days.count(day) for day in days}

    def at_work(self) -> dict[int, int]:
        """Return the raylet of each worker that runs a task, be its node there or not."""
        words = [line.split() for line in self.lines()]
        raylets = {int(pid): int(raylet) for word, _, pid, raylet in words if word == "begun"}
        return {pid: raylet for pid, raylet in raylets.items() if runs_ours(pid)}

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)


def quiet(nodes: Nodes, driver: Driver, seconds: float) -> float | None:
    """Return how long it takes until no task of ours runs, None if that takes too long."""

    def is_quiet() -> bool:
        if nodes.busy():
            return False
        beats = len(driver.lines())
        time.sleep(0.5)  # a worker that is about to end may go on under another name
        return len(driver.lines()) == beats

    return until(is_quiet, seconds)


def started(environment: dict[str, str] | None = None) -> Nodes:
    """Start a cluster of one node with two CPUs and an object store of 150 MB."""
    errors = []
    for _ in range(_ATTEMPTS):
        nodes = Nodes()
        try:
            nodes.add("head", environment, num_cpus=2, object_store_memory=150_000_000)
        except EOFError as error:
            errors.append(str(error))
            nodes.stop()
        else:
            return nodes
    raise RuntimeError(f"Ray did not start in {_ATTEMPTS} attempts:\n" + "\n---\n".join(errors))


@pytest.fixture(scope="session")
def one_node() -> Iterator[Nodes]:
    """A cluster of one node that has nothing wrong."""
    nodes = started()
    yield nodes
    nodes.stop()


@pytest.fixture(scope="session")
def many_nodes() -> Iterator[Nodes]:
    """A cluster to which tests add nodes; the first is where drivers are."""
    nodes = started()
    yield nodes
    nodes.stop()


@pytest.fixture(autouse=True)
def _idle(request: pytest.FixtureRequest) -> Iterator[None]:
    """See to it that a test leaves no task of ours behind."""
    yield
    for name in {"one_node", "many_nodes"} & set(request.fixturenames):
        assert until(idle(request.getfixturevalue(name)), 30) is not None


def idle(nodes: Nodes) -> Callable[[], bool]:
    return lambda: not nodes.busy()
