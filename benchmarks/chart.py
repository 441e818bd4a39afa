"""The chart of a results file: `python -m benchmarks.chart results.json results.svg`.

It runs in an environment of its own, with altair.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import altair as alt

_WIDTH = 520
_DECADES = [10.0**power for power in range(-4, 4)]
_ACCENT, _OTHERS, _TEXT = "#d95f02", "#7f8fa6", "#333333"


def values(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one record for each mark: the time, or in words why there is none."""
    records = []
    for row in results["cases"]:
        for name, found in row["contenders"].items():
            seconds = found["median_seconds"]
            if found["status"] != "none":
                record = {"case": row["title"], "contender": results["titles"][name]}
                label = found["status"] if seconds is None else f"{seconds:.3g} s"
                records.append({**record, "seconds": seconds, "label": label})
    return records


def chart(results: dict[str, Any]) -> alt.TopLevelMixin:
    """Return one panel for each case, with a point for each contender on a logarithmic scale."""
    order = list(results["titles"].values())
    base = alt.Chart(alt.Data(values=values(results))).encode(
        y=alt.Y("contender:N", sort=order, title=None, axis=alt.Axis(grid=True)),
    )
    axis = alt.Axis(values=_DECADES, format="~g")
    x = alt.X("seconds:Q", scale=alt.Scale(type="log"), axis=axis, title="seconds, logarithmic")
    ours = results["titles"]["ours"]
    colour = alt.condition(alt.datum.contender == ours, alt.value(_ACCENT), alt.value(_OTHERS))
    timed = base.transform_filter(alt.datum.seconds != None).encode(x=x)  # noqa: E711  (Vega's)
    failed = base.transform_filter(alt.datum.seconds == None)  # noqa: E711  (Vega's)
    panel = alt.layer(
        timed.mark_circle(size=90, opacity=1).encode(color=colour),
        timed.mark_text(align="left", dx=8, color=_TEXT).encode(text="label:N"),
        failed.mark_text(align="left", dx=4, color=_TEXT).encode(x=alt.value(0), text="label:N"),
    ).properties(width=_WIDTH)
    machine = results["machine"]
    return panel.facet(
        row=alt.Row(
            "case:N",
            sort=[row["title"] for row in results["cases"]],
            title=None,
            header=alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top"),
        ),
        title=f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB",
    ).resolve_scale(y="independent")


def main() -> None:
    """Draw the chart of the first argument into the second."""
    source, target = sys.argv[1:]
    chart(json.loads(Path(source).read_text(encoding="utf-8"))).save(target)


if __name__ == "__main__":
    main()
