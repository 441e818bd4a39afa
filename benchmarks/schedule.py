"""Runs the cases: all contenders in turn, round after round.

What disturbs one of them (another process, the clock of the processor) then disturbs all alike. The
first run of each warms up: its answer is checked and its memory is measured, its time counts only
where one run is all that fits into the budget. Every other run's answer is checked as well.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.answers import Columns, Summary
from benchmarks.cases import CASES, Case
from benchmarks.data import Source
from benchmarks.environments import Contender, EnvironmentFailedError, make
from benchmarks.session import (
    EndedError,
    FailedError,
    NotCounterpartError,
    Run,
    Session,
    TooSlowError,
)
from benchmarks.settings import Settings

__all__ = ["Limits", "Result", "Schedule"]


# Drivers grow with their first few dozen queries, by some 2 MB here, however small these are; that
# is not what a period costs.
_WARM_UP_RUNS = 30
_WARM_UP_SECONDS = 20.0


@dataclass(frozen=True)
class Limits:
    """How often, and for how long.

    Attributes:
        rounds: runs of each contender whose time counts.
        cold_rounds: the same, of cases that need a fresh cluster for each.
        run_seconds: a run that takes longer is ended and reported as such.
        budget_seconds: a contender whose runs of a case took longer than this in sum has no more.
    """

    rounds: int = 5
    cold_rounds: int = 3
    run_seconds: float = 300
    budget_seconds: float = 60


@dataclass
class Result:
    """What one contender reached in one case.

    Attributes:
        status: "ok", "none" (has no counterpart), "wrong answer", "too slow" or "failed".
        note: why, where it is not "ok"; and what is to be known where it is.
        seconds: the time of each run that counts.
        cpu_seconds: of each of them, the processor time of the driver.
        warm_up_seconds: the time of the first run.
        rows: the number of rows of the answer.
        peak_bytes: the most memory that all processes of the contender had in the first run.
        start_bytes: what they had before it.
        driver_growth_bytes: the most that the driver grew by in a run that counts.
        children_cpu_seconds: of each run that counts, the processor time of all other processes.
        imported_growth_bytes: by how much the driver grew at most beyond what it had before its
            first run.
    """

    status: str = "ok"
    note: str = ""
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    warm_up_seconds: float | None = None
    rows: int | None = None
    peak_bytes: int | None = None
    start_bytes: int | None = None
    driver_growth_bytes: int | None = None
    children_cpu_seconds: list[float] = field(default_factory=list)
    imported_growth_bytes: int | None = None

    def add(self, run: Run) -> None:
        """Add a run that counts."""
        self.seconds.append(run.seconds)
        self.cpu_seconds.append(run.cpu_seconds)
        growth = run.peak_bytes - run.start_bytes
        self.driver_growth_bytes = max(growth, self.driver_growth_bytes or 0)
        self.children_cpu_seconds.append(run.children_cpu_seconds)
        grown = run.peak_bytes - run.imported_bytes
        self.imported_growth_bytes = max(grown, self.imported_growth_bytes or 0)


@dataclass
class _Turn:
    """A case under way."""

    case: Case
    results: dict[str, Result]
    first: Contender
    reference: Summary | None = None
    columns: Columns | None = None

    def spent(self, contender: Contender) -> float:
        """Return the seconds that the contender's runs took in sum."""
        result = self.results[contender.name]
        return sum(result.seconds, start=result.warm_up_seconds or 0)

    def check(self, contender: Contender, run: Run) -> bool:
        """Tell whether the answer is that of the first contender, and note it if not."""
        result = self.results[contender.name]
        result.rows = run.summary.rows
        if contender == self.first and self.reference is None:
            self.reference, self.columns = run.summary, run.columns
        if self.reference is None:
            result.status = "failed"
            result.note = f"no answer of {self.first.title} to compare with"
        elif run.summary.rows != self.reference.rows:
            result.status = "wrong answer"
            result.note = f"{run.summary.rows:,} rows instead of {self.reference.rows:,}"
        elif run.summary != self.reference and self.case.any_rows and contender.unordered:
            result.note = "other rows, as many: this library's data sets have no order"
        elif run.columns is not None and self.columns is not None:
            others = _other_values(run.columns, self.columns)
            notes = [*_other_types(self.case, run.columns)]
            notes += [f"other values in {', '.join(others)}"] if others else []
            result.note = "; ".join(notes)
            if run.summary != self.reference and not (others and {*others} <= {*contender.lossy}):
                result.status = "wrong answer"
                result.note = result.note or "as many rows, but other ones"
        elif run.summary != self.reference:
            result.status, result.note = "wrong answer", "as many rows, but other ones"
        return result.status == "ok"


_Step = Callable[[_Turn, Contender], None]


class Schedule:
    """Runs cases on contenders; the answer of the first is the one to which others are compared.

    Attributes:
        versions: of each contender's libraries, once it has run.
    """

    def __init__(
        self,
        contenders: Sequence[Contender],
        data: Source,
        settings: Settings,
        limits: Limits,
        cache: Path,
    ) -> None:
        self._contenders = contenders
        self._data = data
        self._settings = settings
        self._limits = limits
        self._cache = cache
        self._logs = cache / "logs"
        self._sessions: dict[str, Session] = {}
        self._pythons: dict[str, Path | EnvironmentFailedError] = {}
        self.versions: dict[str, dict[str, str]] = {}

    def run(self, cases: Sequence[Case]) -> Iterator[tuple[str, dict[str, Result]]]:
        """Yield the name of each case with the result of each contender, once all have run it."""
        for contender in self._contenders:
            try:
                self._pythons[contender.name] = make(
                    contender.requirements, self._cache, contender.name
                )
            except EnvironmentFailedError as error:
                self._pythons[contender.name] = error
        shutil.rmtree(self._logs, ignore_errors=True)
        self._logs.mkdir(parents=True)
        try:
            for case in cases:
                yield case.name, self._run_case(case)
        finally:
            self._close_all()

    def _blank(self, case: Case, contender: Contender) -> Result:
        python = self._pythons[contender.name]
        if isinstance(python, EnvironmentFailedError):
            return Result("failed", f"no environment: {python}")
        if case.name in contender.lacks:
            return Result("none", "has no counterpart of this")
        provision = self._data.provided().get(contender.needs)
        if provision is not None and provision.missing:
            return Result("failed", provision.missing)
        return Result()

    def _run_case(self, case: Case) -> dict[str, Result]:
        print(f"{case.name}: {case.title}", flush=True)
        if case.cold or case.fresh:
            self._close_all()
        blank = {c.name: self._blank(case, c) for c in self._contenders}
        turn = _Turn(case, blank, self._contenders[0])
        rounds = self._limits.cold_rounds if case.cold else self._limits.rounds
        if not case.cold:
            self._round(turn, self._warm_up)
        for _ in range(rounds):
            self._round(turn, self._measure)
        if case.cold or case.fresh:
            self._close_all()
        for name, result in turn.results.items():
            print(f"  {name}: {_line(result)}", flush=True)
        return turn.results

    def _round(self, turn: _Turn, step: _Step) -> None:
        for contender in self._contenders:
            result = turn.results[contender.name]
            if result.status != "ok" or turn.spent(contender) > self._limits.budget_seconds:
                continue
            try:
                step(turn, contender)
            except NotCounterpartError as error:
                result.status, result.note = "none", str(error)
            except FailedError as error:
                result.status, result.note = "failed", str(error)
            except (EndedError, TooSlowError) as error:
                result.status = "too slow" if isinstance(error, TooSlowError) else "failed"
                result.note = str(error)
                self._close(contender, at_once=True)

    def _warm_up(self, turn: _Turn, contender: Contender) -> None:
        case, limit = turn.case, self._limits.run_seconds
        session = self._session(contender)
        if case.warm_up:
            end = time.monotonic() + _WARM_UP_SECONDS
            for _ in range(_WARM_UP_RUNS):
                session.run(CASES[case.warm_up], limit=limit, whole_tree=False)
                if time.monotonic() > end:
                    break
            turn.results[contender.name].warm_up_seconds = 0
            return
        run = session.run(case, limit=limit, whole_tree=True)
        result = turn.results[contender.name]
        result.warm_up_seconds = run.seconds
        result.start_bytes, result.peak_bytes = run.start_bytes, run.peak_bytes
        if turn.check(contender, run) and run.seconds > self._limits.budget_seconds:
            result.add(run)

    def _measure(self, turn: _Turn, contender: Contender) -> None:
        if turn.case.cold:
            self._close(contender)
        session = self._session(contender)
        run = session.run(turn.case, limit=self._limits.run_seconds, whole_tree=False)
        if turn.check(contender, run):
            turn.results[contender.name].add(run)
        if turn.case.cold:
            self._close(contender)

    def _session(self, contender: Contender) -> Session:
        session = self._sessions.get(contender.name)
        if session is None:
            python = self._pythons[contender.name]
            assert isinstance(python, Path)
            log = self._logs / f"{contender.name}.log"
            session = Session(contender, python, self._settings, self._data, log)
            self._sessions[contender.name] = session
            self.versions[contender.name] = session.versions
        return session

    def _close(self, contender: Contender, *, at_once: bool = False) -> None:
        session = self._sessions.pop(contender.name, None)
        if session is not None:
            session.close(**({"grace_seconds": 0} if at_once else {}))

    def _close_all(self) -> None:
        for session in self._sessions.values():
            session.let_go()
        for contender in self._contenders:
            self._close(contender)


def _line(result: Result) -> str:
    if result.status != "ok":
        return f"{result.status}: {result.note}"
    if not result.seconds:
        return "ok"
    return f"{statistics.median(result.seconds):.3f} s (median of {len(result.seconds)})"


def _other_types(case: Case, found: Columns) -> list[str]:
    return [f"{name}: {text} instead of {case.schema[name]}" for name, text in found.types.items()]


def _other_values(found: Columns, wanted: Columns) -> list[str]:
    return [name for name, sum_ in wanted.checksums.items() if found.checksums[name] != sum_]
