"""Parts of the tables of results that all suites have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.cases import Case
from benchmarks.environments import Contender
from benchmarks.schedule import Result

__all__ = [
    "Reached",
    "Results",
    "goal",
    "goal_rows",
    "machine",
    "remarks",
    "section",
    "table",
    "versions",
]

Results = Mapping[str, Mapping[str, Result]]

# A goal, what was reached, and whether that meets it.
Reached = tuple[str, str, bool | None]


def goal(text: str, value: float | None, unit: str, most: float) -> Reached:
    """Return a goal that is met by values up to `most`."""
    if value is None:
        return text, "not measured", None
    return text, f"{value:.3g} {unit}", value <= most


def goal_rows(
    cases: Sequence[Case],
    results: Results,
    ours: str,
    goals: Callable[[Case, Mapping[str, Result]], Iterable[Reached]],
) -> list[list[str]]:
    """Return a line for each goal of the cases in which this package took part."""
    words = {True: "met", False: "missed", None: ""}
    return [
        [case.title, text, reached, words[met]]
        for case in cases
        if ours in results[case.name]
        for text, reached, met in goals(case, results[case.name])
    ]


def machine(about: Mapping[str, Any]) -> str:
    """Say when and where the figures were taken, and how much data there was."""
    found = about["machine"]
    return (
        f"{about['date']}, {found['cpu']}, {found['cores']} cores, "
        f"{found['memory_gib']} GiB, {found['system']}. Scale {about['scale']:g}: "
        f"{about['size']}."
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def section(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], text: str = ""
) -> list[str]:
    """Return the parts of a section; nothing where its table has no rows."""
    if not rows:
        return []
    return [part for part in (f"## {title}", text, table(head, rows)) if part]


def remarks(
    cases: Sequence[Case], contenders: Sequence[Contender], results: Results
) -> list[list[str]]:
    """Return a line for each contender that failed, or of which there is more to say."""
    return [
        [case.title, contender.title, result.status, result.note.replace("|", "\\|")]
        for case in cases
        for contender in contenders
        if (result := results[case.name][contender.name]).note and case.name not in contender.lacks
    ]


def versions(contenders: Sequence[Contender], about: Mapping[str, Any]) -> str:
    """Return the section of the libraries' versions."""
    lines = []
    for contender in contenders:
        found = about["versions"].get(contender.name)
        if found:
            listed = ", ".join(f"{name} {version}" for name, version in found.items())
            lines.append(f"- {contender.title}: {listed}")
    return "\n".join(["## Versions", "", *lines])
