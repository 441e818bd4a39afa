"""A contender's process, from the side of the harness."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from benchmarks.answers import Columns, Summary
from benchmarks.cases import Case
from benchmarks.data import Source
from benchmarks.environments import ROOT, Contender, child_environment
from benchmarks.processes import Sampler, children_cpu_seconds, end, memory, tree
from benchmarks.settings import Settings

__all__ = ["EndedError", "FailedError", "NotCounterpartError", "Run", "Session", "TooSlowError"]

_START_ATTEMPTS = 3
_START_SECONDS = 180
_CHECK_SECONDS = 180
_STOP_SECONDS = 30


class FailedError(Exception):
    """The contender raised an error; its process can go on."""


class NotCounterpartError(FailedError):
    """The contender has nothing to run the case with."""


class EndedError(Exception):
    """The process ended by itself."""


class TooSlowError(Exception):
    """The time limit is over; the process was ended."""


@dataclass(frozen=True)
class Run:
    """What one run of a case gave.

    Attributes:
        seconds: its time.
        cpu_seconds: the processor time of the driver.
        children_cpu_seconds: that of all processes that the driver has started.
        summary: of the answer.
        columns: of the answer too, where the case wants them.
        imported_bytes: the memory of the driver before it ran anything.
        start_bytes: the memory before the run, of the driver or of all processes.
        peak_bytes: the most of it during the run.
    """

    seconds: float
    cpu_seconds: float
    children_cpu_seconds: float
    summary: Summary
    columns: Columns | None
    imported_bytes: int
    start_bytes: int
    peak_bytes: int


class Session:
    """One process of a contender, with its cluster.

    Raises:
        FailedError: the contender could not be started.
        EndedError: its process ended while it was starting, as often as it was tried.
        TooSlowError: it did not start in time, as often as it was tried.
    """

    def __init__(
        self, contender: Contender, python: Path, settings: Settings, data: Source, log: Path
    ) -> None:
        self.contender = contender
        self._python = python
        self._settings = settings
        self._data = data
        self._log_path = log
        self.versions: dict[str, str] = {}
        start = time.perf_counter()
        self._start()
        self.start_seconds = time.perf_counter() - start

    def _start(self) -> None:
        # Ray now and then fails to start, and takes the process along.
        for attempt in range(1, _START_ATTEMPTS + 1):
            self._open()
            try:
                self._send({"do": "start"})
                self.versions = self._receive("started", _START_SECONDS)["versions"]
                # Known even after the driver has ended without taking its cluster along.
                self._family = tree(self._process.pid)
                self._imported_bytes = memory(self._process.pid)
            except (EndedError, FailedError, TooSlowError):
                self.close(grace_seconds=0)
                if attempt == _START_ATTEMPTS:
                    raise
            else:
                return

    def _open(self) -> None:
        # Short, since the paths of Unix sockets may not have more than about 100 characters.
        base = "/tmp" if Path("/tmp").is_dir() else None
        self._scratch = tempfile.mkdtemp(prefix="pb", dir=base)
        told = {
            "module": self.contender.module,
            "settings": asdict(replace(self._settings, scratch=self._scratch)),
            "data": self._data.told(),
        }
        variables = child_environment(isolated=bool(self.contender.requirements))
        if provision := self._data.provided().get(self.contender.needs):
            variables |= provision.variables
        if self._settings.ray_address is None:
            variables |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token_hex(32)}
        self._log = self._log_path.open("a")
        self._process = subprocess.Popen(
            [str(self._python), "-m", "benchmarks.serve", json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=variables,
        )
        self._family = tree(self._process.pid)
        self._lines: queue.Queue[str | None] = queue.Queue()
        # A daemon: where this process is interrupted twice, nothing may keep it from ending, since
        # its end is what tells the others to end.
        arguments = (self._process.stdout, self._lines)
        threading.Thread(target=_read, args=arguments, daemon=True).start()

    def run(self, case: Case, *, limit: float, whole_tree: bool) -> Run:
        """Run a case once, and check nothing.

        Raises:
            NotCounterpartError: the contender has nothing to run it with.
            FailedError: it failed.
            EndedError: the process ended.
            TooSlowError: it took more than `limit` seconds.
        """
        self._send({"do": "run", "case": case.name})
        self._receive("prepared", _CHECK_SECONDS)
        before = children_cpu_seconds(self._process.pid)
        with Sampler(self._process.pid, whole_tree=whole_tree) as sampler:
            self._send({"do": "go"})
            answered = self._receive("answered", limit)
        after = children_cpu_seconds(self._process.pid)
        checked = self._receive("checked", _CHECK_SECONDS)
        columns = checked["columns"]
        return Run(
            answered["seconds"],
            answered["cpu_seconds"],
            after - before,
            Summary(checked["rows"], checked["checksum"]),
            columns and Columns(*columns),
            self._imported_bytes,
            sampler.start_bytes,
            sampler.peak_bytes,
        )

    def let_go(self) -> None:
        """Tell the process to end, and do not wait for it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def close(self, *, grace_seconds: float = _STOP_SECONDS) -> None:
        """End the process and its cluster, and remove what it has written."""
        self.let_go()
        end({*self._family, *tree(self._process.pid)}, grace_seconds=grace_seconds)
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _send(self, request: dict[str, str]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise EndedError(self._last_words()) from None

    def _receive(self, event: str, limit: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=limit)
        except queue.Empty:
            raise TooSlowError(f"over {limit:g} s") from None
        if line is None:
            raise EndedError(self._last_words())
        found: dict[str, Any] = json.loads(line)
        if found["event"] == "failed":
            raise (FailedError if found["offered"] else NotCounterpartError)(found["error"])
        if found["event"] != event:
            raise EndedError(f"the process answered {found['event']!r} instead of {event!r}")
        return found

    def _last_words(self) -> str:
        code = self._process.wait()
        lines = self._log_path.read_text(errors="replace").strip().splitlines()
        return f"the process ended with status {code}: {lines[-1][:200] if lines else 'no output'}"


def _read(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)
    stream.close()
