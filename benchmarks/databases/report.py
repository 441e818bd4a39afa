"""From results to tables of what reading costs: time, processor time of the client, and memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.cases import Case
from benchmarks.databases.rivals import FORMULA, OURS, RIVAL
from benchmarks.environments import Contender
from benchmarks.markdown import (
    Reached,
    Results,
    goal,
    goal_rows,
    machine,
    remarks,
    section,
    versions,
)
from benchmarks.schedule import Result

__all__ = ["as_json", "as_markdown"]

_LEGEND = f"""\
Medians; in brackets as a multiple of {RIVAL.title}'s. Rows are those that the query gives.
Processor time, user's and system's, is that of the client: of its process and of all that it has
started, not of the server."""
_OF_PROCESS = """\
Memory is by how much the process grew at most beyond what it had after its imports; in the last
column, beyond what it had after it had read a thousand rows in the same way."""
_OF_CLUSTER = """\
Memory is the most of all processes together beyond what they had before their first run, in which
it was measured."""

_Figures = dict[str, float]


def as_json(cases: Sequence[Case], results: Results, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that was measured, with medians, as values that JSON has."""
    rows = []
    for case in cases:
        of_case = results[case.name]
        rows.append(
            {
                "case": case.name,
                "title": case.title,
                "goals": [
                    {"goal": text, "reached": reached, "met": met}
                    for text, reached, met in _goals(case, of_case)
                ],
                "contenders": {
                    name: {**asdict(result), "medians": _figures(case, result)}
                    for name, result in of_case.items()
                },
            }
        )
    return {**about, "cases": rows}


def _figures(case: Case, result: Result | None) -> _Figures:
    """Return the figures of a contender; nothing where there are none."""
    if result is None or result.status != "ok" or not result.seconds:
        return {}
    cpu = zip(result.cpu_seconds, result.children_cpu_seconds, strict=True)
    found = {
        "seconds": statistics.median(result.seconds),
        "cpu_seconds": statistics.median(driver + others for driver, others in cpu),
    }
    if case.cold:
        found["memory_mb"] = (result.imported_growth_bytes or 0) / 1e6
        found["memory_of_rows_mb"] = (result.driver_growth_bytes or 0) / 1e6
    elif result.peak_bytes is not None and result.start_bytes is not None:
        found["memory_mb"] = (result.peak_bytes - result.start_bytes) / 1e6
    return found


def _goals(case: Case, of_case: Mapping[str, Result]) -> Iterator[Reached]:
    """Yield each goal of a case with what was reached, and whether that meets it."""
    wanted = case.goal
    ours = _figures(case, of_case.get(OURS.name))
    rival = _figures(case, of_case.get(RIVAL.name))
    if wanted.times_rival_cpu:
        ratio = ours["cpu_seconds"] / rival["cpu_seconds"] if ours and rival else None
        text = f"processor time ≤ {wanted.times_rival_cpu:g} × {RIVAL.title}"
        yield goal(text, ratio, "×", wanted.times_rival_cpu)
    if wanted.extra_mb:
        yield goal(f"memory ≤ {wanted.extra_mb:g} MB", ours.get("memory_mb"), "MB", wanted.extra_mb)


def as_markdown(
    cases: Sequence[Case],
    contenders: Sequence[Contender],
    results: Results,
    about: Mapping[str, Any],
) -> str:
    """Return the tables: a case each, goals, and what is to be known of the figures."""
    parts = ["# Reading from PostgreSQL", machine(about), _LEGEND]
    shown = [contender for contender in contenders if contender != FORMULA]
    for case in cases:
        head = ["", "s", "rows/s", "processor, s", "memory, MB"]
        if case.cold:
            head.append("of rows, MB")
        rows = [
            _row(case, contender, results[case.name], about["size"]["rows"])
            for contender in shown
            if case.name not in contender.lacks
        ]
        parts += section(case.title, head, rows, _OF_PROCESS if case.cold else _OF_CLUSTER)
    parts += section(
        "Goals of this package",
        ["case", "goal", "reached", ""],
        goal_rows(cases, results, OURS.name, _goals),
    )
    parts += section(
        "What did not work, and remarks (*)",
        ["case", "contender", "", ""],
        remarks(cases, shown, results),
    )
    server = ", ".join(f"{name} {version}" for name, version in about["server"].items())
    parts.append(f"{versions(shown, about)}\n- server and its driver: {server}")
    return "\n\n".join(parts) + "\n"


def _row(case: Case, contender: Contender, of_case: Mapping[str, Result], rows: int) -> list[str]:
    result, rival = of_case[contender.name], _figures(case, of_case.get(RIVAL.name))
    found = _figures(case, result)
    title = f"{contender.title} *" if result.note else contender.title
    names = ["cpu_seconds", "memory_mb", *(["memory_of_rows_mb"] if case.cold else [])]
    if not found:
        status = "not measured" if result.status == "ok" else result.status
        return [title, status, *[""] * (len(names) + 1)]

    def cell(name: str) -> str:
        value = found.get(name)
        if value is None:
            return "–"
        text = f"{value:.3g}" if value < 1e3 else f"{value:,.0f}"  # noqa: PLR2004  (digits shown)
        ours = contender == RIVAL or not rival.get(name)
        return text if ours else f"{text} ({value / rival[name]:.2g} ×)"

    return [title, cell("seconds"), f"{rows / found['seconds']:,.0f}", *map(cell, names)]
