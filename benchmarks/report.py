"""From results to the table: medians, ratios and goals, for readers and for programs."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.cases import Case, Goal
from benchmarks.environments import OURS, PUBLISHED, REFERENCE, Contender
from benchmarks.schedule import Result

__all__ = ["as_json", "as_markdown"]

Results = Mapping[str, Mapping[str, Result]]


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
    goal: Goal = case.goal
    ours = _median(of_case.get(OURS.name))
    polars = _median(of_case.get(REFERENCE.name))
    published = _median(of_case.get(PUBLISHED.name))
    if goal.times_polars:
        ratio = ours / polars if ours and polars else None
        yield _goal(f"≤ {goal.times_polars:g} × Polars", ratio, "×", goal.times_polars)
    if goal.times_faster:
        slower = published / ours if ours and published else None
        text, reached, _ = _goal(f"≥ {goal.times_faster:g} × faster", slower, "×", 0)
        yield text, reached, None if slower is None else slower >= goal.times_faster
    if goal.seconds:
        yield _goal(f"≤ {goal.seconds:g} s", ours, "s", goal.seconds)
    if case.periods and goal.period_ms:
        each = ours * 1e3 / case.periods if ours else None
        yield _goal(f"≤ {goal.period_ms:g} ms a period", each, "ms", goal.period_ms)
    if case.periods and goal.period_kb:
        grown = _growth(of_case[OURS.name]) / 1e3 / case.periods if ours else None
        yield _goal(f"≤ {goal.period_kb:g} kB a period", grown, "kB", goal.period_kb)


def _goal(text: str, value: float | None, unit: str, most: float) -> tuple[str, str, bool | None]:
    if value is None:
        return text, "not measured", None
    return text, f"{value:.3g} {unit}", value <= most


def as_markdown(
    cases: Sequence[Case],
    contenders: Sequence[Contender],
    results: Results,
    about: Mapping[str, Any],
) -> str:
    """Return the tables: times, goals, what a period costs, memory, and what went wrong."""
    parts = [
        "# Results",
        _about(about),
        "Seconds, medians; in brackets as a multiple of plain Polars.",
        _table(
            ["case", *(c.title for c in contenders)],
            [[case.title, *(_time(case, results, c) for c in contenders)] for case in cases],
        ),
    ]
    parts += _section(
        "Goals of this package", ["case", "goal", "reached", ""], _goal_rows(cases, results)
    )
    parts += _section(
        "A period's cost",
        ["case", "contender", "ms", "ms of the driver's processor time", "kB of the driver"],
        _period_rows(cases, contenders, results),
    )
    parts += _section(
        "Peak memory, MB",
        ["case", *(c.title for c in contenders)],
        [
            [case.title, *(_memory(results[case.name][c.name]) for c in contenders)]
            for case in cases
            if not (case.cold or case.fresh)
        ],
        "Of all processes of a contender, its cluster included; in brackets what they had before.",
    )
    parts += _section(
        "What did not work, and remarks (*)",
        ["case", "contender", "", ""],
        _remarks(cases, contenders, results),
    )
    parts.append(_versions(contenders, about))
    return "\n\n".join(parts) + "\n"


def _about(about: Mapping[str, Any]) -> str:
    machine = about["machine"]
    return (
        f"{about['date']}, {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}. Scale {about['scale']:g}: "
        f"{about['size']}."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _section(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], text: str = ""
) -> list[str]:
    if not rows:
        return []
    return [part for part in (f"## {title}", text, _table(head, rows)) if part]


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
    return text if contender == REFERENCE or not ratio else f"{text} ({ratio:.3g} ×){mark}"


def _goal_rows(cases: Sequence[Case], results: Results) -> list[list[str]]:
    words = {True: "met", False: "missed", None: ""}
    return [
        [case.title, text, reached, words[met]]
        for case in cases
        if OURS.name in results[case.name]
        for text, reached, met in _goals(case, results[case.name])
    ]


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


def _remarks(
    cases: Sequence[Case], contenders: Sequence[Contender], results: Results
) -> list[list[str]]:
    return [
        [case.title, contender.title, result.status, result.note.replace("|", "\\|")]
        for case in cases
        for contender in contenders
        if (result := results[case.name][contender.name]).note and case.name not in contender.lacks
    ]


def _versions(contenders: Sequence[Contender], about: Mapping[str, Any]) -> str:
    lines = []
    for contender in contenders:
        found = about["versions"].get(contender.name)
        if found:
            listed = ", ".join(f"{name} {version}" for name, version in found.items())
            lines.append(f"- {contender.title}: {listed}")
    return "\n".join(["## Versions", "", *lines])
