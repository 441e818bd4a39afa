"""A plan as HTML, out of what it holds: nothing is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from polars_io_tools._figures import amount
from polars_io_tools._page import BLUE, ORANGE, RED, chip, facts, notes, page, short, table, text
from polars_io_tools._period import AnyPartition, Period, window_of

if TYPE_CHECKING:
    from polars_io_tools._plan import RayPlan

__all__ = ["FIRST", "LAST", "html_of_plan", "pieces_of_plan"]

# How many parts are shown of many.
FIRST, LAST = 9, 3
_MAX_LISTED = 12


def html_of_plan(plan: RayPlan, parts: tuple[AnyPartition, ...]) -> str:
    """Return what a notebook shows of a plan with these parts."""
    return page(*pieces_of_plan(plan, parts))


def pieces_of_plan(plan: RayPlan, parts: tuple[AnyPartition, ...]) -> tuple[str, list[str]]:
    """Return the title of a plan with these parts, and the pieces below it."""
    noun = "period" if plan.time_unit else "partition"
    word = "by" if plan.time_unit else "of"
    by = f" {word} {plan.column}" if plan.column else ""
    if plan.problem is not None:
        title = chip("cannot run", RED) + text(plan.method + by)
    else:
        count = f"{len(parts):,} {noun}{'s' * (len(parts) != 1)}"
        title = chip(count, BLUE) + text(plan.method + by)
    shown = [("bounds", plan.bounds or "none")]
    if plan.dtype is not None:
        shown.append(("type", str(plan.dtype)))
    if plan.empty:
        shown.append(("left out, as they have no rows", f"{plan.empty:,}"))
    if not plan.column:
        shown += [("overlap", str(plan.overlap)), ("gap", str(plan.gap))]
    pieces = [facts(shown)]
    if plan.problem is not None:
        # What is between the first line and the last is in the tables below.
        lines = [line for line in str(plan.problem).splitlines() if line]
        pieces.append(notes(dict.fromkeys([lines[0], lines[-1]]), RED))
    pieces.append(notes(plan.warnings, ORANGE))
    pieces += _details(plan)
    if plan.problem is None and parts:
        pieces.append(_periods(plan, parts, noun))
    return title, pieces


def _details(plan: RayPlan) -> Iterator[str]:
    if plan.filters:
        filters = [
            (f.text, f.origin, f.verdict.removeprefix("gives "), " and ".join(f.sets))
            for f in plan.filters
        ]
        heads = ["filter", "written", "gives", "sets the bounds"]
        yield table("filters", heads, _cut(filters), "c ww")
    if plan.sources:
        found = [s.partition("; ")[::2] for s in plan.sources]
        told = any(note for _, note in found)
        heads = ["source", "what tasks read of it"][: 1 + told]
        yield table("sources", heads, _cut(found), "ww")
    if plan.obstacles:
        nodes = [(o.node, o.why) for o in plan.obstacles]
        yield table("in the way", ["node", "what it does"], _cut(nodes), "ww")


def _cut(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    more = len(rows) - _MAX_LISTED
    return [*rows[:_MAX_LISTED], (f"… and {more} more",)] if more > 0 else [*rows]


def _periods(plan: RayPlan, parts: tuple[AnyPartition, ...], noun: str) -> str:
    reads = {r.label: r for r in plan.reads}
    files, asks = any(r.files for r in plan.reads), any(r.sql for r in plan.reads)
    heads = [noun, "window" if plan.time_unit else "predicate"]
    heads += ["files", "bytes", "rows in them"] * files + ["SQL asks for"] * asks
    kinds = " " + (" " if plan.time_unit else "c") + "nnn" * files + "c" * asks
    left = len(parts) - FIRST - LAST
    shown = list(parts) if left <= 1 else [*parts[:FIRST], None, *parts[-LAST:]]
    rows: list[tuple[object, ...]] = []
    for part in shown:
        if part is None:
            rows.append(("…", f"{left:,} more", *[""] * (len(heads) - 2)))
            continue
        row: tuple[object, ...] = (short(part.label), _window(part, plan))
        read = reads.get(part.label)
        if read is not None and files:
            row += (f"{sum(read.files):,}", _short(read.bytes, "B"), _short(read.rows))
        if read is not None and asks:
            row += ("; ".join(read.sql),)
        rows.append(row)
    return table(f"{noun}s", heads, rows, kinds)


def _window(part: AnyPartition, plan: RayPlan) -> str:
    return window_of(part, plan.dtype) if isinstance(part, Period) else str(part.predicate)


def _short(count: int | None, unit: str = "") -> str:
    return "" if count is None else amount(count) + unit
