"""The suites: what is asked, who takes part, on which data, and how it is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import environments, report
from benchmarks.cases import CASES, Case
from benchmarks.data import FULL, SMALL, Source, make
from benchmarks.databases import report as databases_report
from benchmarks.databases import rivals
from benchmarks.databases.cases import CASES as DATABASE_CASES
from benchmarks.environments import Contender
from benchmarks.sinks import rivals as sink_rivals
from benchmarks.sinks.cases import CASES as SINK_CASES

__all__ = ["FILES", "SUITES", "Suite"]


@dataclass(frozen=True)
class Suite:
    """What belongs together.

    Attributes:
        name: how options call it.
        results: how the files of its results are called.
        cases: by their names.
        contenders: by their names; answers are compared to those of the first.
        smoke: the names of the cases that run with `--smoke`.
        ours: the contender that runs then, beside the first.
        source: the data for a scale, None with `--smoke`, and what results tell of them.
        as_json: all figures of results.
        as_markdown: their tables.
        charted: whether there is a chart.
    """

    name: str
    results: str
    cases: Mapping[str, Case]
    contenders: Mapping[str, Contender]
    smoke: tuple[str, ...]
    ours: Contender
    source: Callable[[Path, float | None], AbstractContextManager[tuple[Source, Mapping[str, Any]]]]
    as_json: Callable[..., dict[str, Any]]
    as_markdown: Callable[..., str]
    charted: bool

    @property
    def first(self) -> Contender:
        """Return the contender to whose answers the others' are compared."""
        return next(iter(self.contenders.values()))


@contextmanager
def _files(cache: Path, scale: float | None) -> Iterator[tuple[Source, Mapping[str, Any]]]:
    size = SMALL if scale is None else FULL.scaled(scale)
    yield make(cache, size), {"size": asdict(size)}


_ROWS, _SMALL_ROWS = 5_000_000, 5_000


@contextmanager
def _server(cache: Path, scale: float | None) -> Iterator[tuple[Source, Mapping[str, Any]]]:
    # Imported here: the server comes from the tests, which only this suite needs.
    from benchmarks.databases.serving import served

    rows = _SMALL_ROWS if scale is None else max(1, round(_ROWS * scale))
    with served(cache, rows) as (table, versions):
        yield table, {"size": {"rows": rows}, "server": versions}


FILES = Suite(
    name="files",
    results="results",
    cases=CASES,
    contenders=environments.CONTENDERS,
    # Cold cases start clusters, and the longer ones of the rest add nothing that a shorter has not.
    smoke=("fanout", "big", "memory", "memory_put", "head", "hourly_100"),
    ours=environments.OURS,
    source=_files,
    as_json=report.as_json,
    as_markdown=report.as_markdown,
    charted=True,
)
SUITES = {
    suite.name: suite
    for suite in (
        FILES,
        Suite(
            name="databases",
            results="databases",
            cases=DATABASE_CASES,
            contenders=rivals.CONTENDERS,
            smoke=tuple(DATABASE_CASES),
            ours=rivals.OURS,
            source=_server,
            as_json=databases_report.as_json,
            as_markdown=databases_report.as_markdown,
            charted=False,
        ),
        Suite(
            name="sinks",
            results="sinks",
            cases=SINK_CASES,
            contenders=sink_rivals.CONTENDERS,
            smoke=tuple(SINK_CASES),
            ours=sink_rivals.OURS,
            source=_files,
            as_json=report.as_json,
            as_markdown=report.as_markdown,
            charted=False,
        ),
    )
}
