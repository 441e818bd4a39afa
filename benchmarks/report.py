"""From results to the table: medians, ratios and goals, for readers and for programs."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.cases import Case, Goal
from benchmarks.environments import OURS, PUBLISHED, REFERENCE, Contender
from benchmarks.markdown import Results, goal, goal_rows, machine, remarks, section, table, versions
from benchmarks.schedule import Result

__all__ = ["as_json", "as_markdown"]


def as_json(cases: Sequence[Case], results: Results, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that was measured, with medians and ratios, as values that JSON has."""
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
                    name: {**asdict(result), **_derived(case, of_case, result)}
                    for name, result in of_case.items()
                },
            }
        )
    return {**about, "cases": rows}


def _derived(case: Case, of_case: Mapping[str, Result], result: Result) -> dict[str, Any]:
    median = _median(result)
    reference = _median(of_case[REFERENCE.name])
    derived: dict[str, Any] = {
        "median_seconds": median,
        "times_polars": median / reference if median and reference else None,
    }
    if case.periods and median is not None:
        cpu = statistics.median(result.cpu_seconds)
        derived["period_ms"] = median * 1e3 / case.periods
        derived["period_driver_cpu_ms"] = cpu * 1e3 / case.periods
        derived["period_driver_kb"] = _growth(result) / 1e3 / case.periods
    return derived


def _median(result: Result | None) -> float | None:
    if result is None or result.status != "ok" or not result.seconds:
        return None
    return statistics.median(result.seconds)


def _growth(result: Result) -> int:
    return result.driver_growth_bytes or 0


def _goals(case: Case, of_case: Mapping[str, Result]) -> Iterator[tuple[str, str, bool | None]]:
    """Yield each goal of a case with what was reached, and whether that meets it."""
    wanted: Goal = case.goal
    ours = _median(of_case.get(OURS.name))
    polars = _median(of_case.get(REFERENCE.name))
    published = _median(of_case.get(PUBLISHED.name))
    if wanted.times_polars:
        ratio = ours / polars if ours and polars else None
        yield goal(f"≤ {wanted.times_polars:g} × Polars", ratio, "×", wanted.times_polars)
    if wanted.times_faster:
        slower = published / ours if ours and published else None
        text, reached, _ = goal(f"≥ {wanted.times_faster:g} × faster", slower, "×", 0)
        yield text, reached, None if slower is None else slower >= wanted.times_faster
    if wanted.seconds:
        yield goal(f"≤ {wanted.seconds:g} s", ours, "s", wanted.seconds)
    if case.periods and wanted.period_ms:
        each = ours * 1e3 / case.periods if ours else None
        yield goal(f"≤ {wanted.period_ms:g} ms a period", each, "ms", wanted.period_ms)
    if case.periods and wanted.period_kb:
        grown = _growth(of_case[OURS.name]) / 1e3 / case.periods if ours else None
        yield goal(f"≤ {wanted.period_kb:g} kB a period", grown, "kB", wanted.period_kb)


def as_markdown(
    cases: Sequence[Case],
    contenders: Sequence[Contender],
    results: Results,
    about: Mapping[str, Any],
) -> str:
    """Return the tables: times, goals, what a period costs, memory, and what went wrong."""
    parts = [
        "# Results",
        machine(about),
        "Seconds, medians; in brackets as a multiple of plain Polars.",
        table(
            ["case", *(c.title for c in contenders)],
            [[case.title, *(_time(case, results, c) for c in contenders)] for case in cases],
        ),
    ]
    parts += section(
        "Goals of this package",
        ["case", "goal", "reached", ""],
        goal_rows(cases, results, OURS.name, _goals),
    )
    parts += section(
        "A period's cost",
        ["case", "contender", "ms", "ms of the driver's processor time", "kB of the driver"],
        _period_rows(cases, contenders, results),
    )
    parts += section(
        "Peak memory, MB",
        ["case", *(c.title for c in contenders)],
        [
            [case.title, *(_memory(results[case.name][c.name]) for c in contenders)]
            for case in cases
            if not (case.cold or case.fresh)
        ],
        "Of all processes of a contender, its cluster included; in brackets what they had before.",
    )
    parts += section(
        "What did not work, and remarks (*)",
        ["case", "contender", "", ""],
        remarks(cases, contenders, results),
    )
    parts.append(versions(contenders, about))
    return "\n\n".join(parts) + "\n"


def _time(case: Case, results: Results, contender: Contender) -> str:
    result = results[case.name][contender.name]
    if result.status == "none":
        return "–"
    if result.status != "ok":
        return f"{result.status}: {result.note}" if result.status == "too slow" else result.status
    median = _median(result)
    if median is None:
        return "not measured"
    ratio = _derived(case, results[case.name], result)["times_polars"]
    text = f"{median:.3g}"
    mark = " *" if result.note else ""
    return (
        text if contender.name == REFERENCE.name or not ratio else f"{text} ({ratio:.3g} ×){mark}"
    )


def _period_rows(
    cases: Sequence[Case], contenders: Sequence[Contender], results: Results
) -> list[list[str]]:
    rows = []
    for case in cases:
        for contender in contenders:
            result = results[case.name][contender.name]
            if not case.periods or contender == REFERENCE or _median(result) is None:
                continue
            cost = _derived(case, results[case.name], result)
            keys = ("period_ms", "period_driver_cpu_ms", "period_driver_kb")
            rows.append([case.title, contender.title, *(f"{cost[key]:.3g}" for key in keys)])
    return rows


def _memory(result: Result) -> str:
    if result.peak_bytes is None or result.start_bytes is None:
        return "–"
    return f"{result.peak_bytes / 1e6:,.0f} ({result.start_bytes / 1e6:,.0f})"
