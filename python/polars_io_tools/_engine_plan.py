"""What an engine would do with a query: how each branch is split, and what runs above them."""

from __future__ import annotations

from dataclasses import dataclass

from polars_io_tools._page import BLUE, notes, page, text
from polars_io_tools._plan import RayPlan
from polars_io_tools._plan_html import pieces_of_plan

__all__ = ["EnginePlan"]


@dataclass(frozen=True)
class EnginePlan:
    """Where `RayEngine` cuts a query, and how it splits what is below.

    Attributes:
        branches: the parts of the query that run period by period on Ray, each as `explain_on_ray`
            describes it, with the filters that reach it from above as filters after the call.
        driver: what runs on the driver over their rows, as Polars' own plan, in which each branch
            is a `PYTHON[RayEngine] SCAN`; None if all of the query runs on Ray.
        aggregates: for each branch what each part makes of its rows before they travel, and the
            driver puts together, such as "x by sum of each k"; "" if the rows travel.
    """

    branches: tuple[RayPlan, ...]
    driver: str | None
    aggregates: tuple[str, ...]

    def _repr_html_(self) -> str:
        """Return the plan for a notebook; nothing is computed."""
        return _html(self)

    def __str__(self) -> str:
        if self.driver is None:
            return "\n".join(["all of it on Ray:", *_indented(str(self.branches[0]))])
        lines = ["on the driver:", *_indented(self.driver)]
        for number, branch in enumerate(self.branches, 1):
            name = f"branch {number} " if len(self.branches) > 1 else ""
            lines += [f"{name}on Ray:", *_indented(str(branch))]
            if self.aggregates[number - 1]:
                lines.append(f"    each     makes {self.aggregates[number - 1]}")
        return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _html(plan: EnginePlan) -> str:
    """Return what a notebook shows of what an engine does."""
    pieces: list[str] = []
    for number, branch in enumerate(plan.branches, 1):
        title, inner = pieces_of_plan(branch, branch.shown)
        name = f"on Ray, branch {number}" if len(plan.branches) > 1 else "on Ray"
        pieces.append(f"<h5>{text(name)}</h5><div>{title}</div>{''.join(inner)}")
        if plan.aggregates[number - 1]:
            pieces.append(notes([f"each task makes {plan.aggregates[number - 1]}"], BLUE))
    if plan.driver is None:
        return page("all of it on Ray", pieces)
    driver = f"<h5>on the driver</h5><pre><code>{text(plan.driver)}</code></pre>"
    return page("cut: periods on Ray, the rest on the driver", [*pieces, driver])
