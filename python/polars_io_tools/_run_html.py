"""The report of a run as HTML: figures, a small picture, advice, the slowest periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from polars_io_tools._figures import amount, duration
from polars_io_tools._measured import Measured
from polars_io_tools._page import (
    BLUE,
    GREY,
    ORANGE,
    RED,
    chip,
    facts,
    notes,
    page,
    short,
    table,
    text,
)
from polars_io_tools._period import named

__all__ = ["html_of"]

_COLOURS = {"done": BLUE, "running": ORANGE, "stopped": GREY, "failed": RED}

_LISTED = 8
_MAX_LANES = 16
_MAX_BARS = 1500

# Of the picture, in its own units.
_WIDTH, _LANE, _NAME, _SMALLEST = 720, 16, 150, 1.0

_SMALL = 'font-size="10.5" fill="currentColor" opacity=".65"'

_ORDER = ("branch", "task", "started", "finished")


def html_of(
    run: Measured, periods: pl.DataFrame, headline: str, *, error: str, advice: Sequence[str]
) -> str:
    """Return the report of a run as HTML."""
    state, _, rest = headline.partition(" ")
    title = chip(state, _COLOURS.get(state, GREY)) + text(rest)
    shown = [
        ("planning", duration(run.planning)),
        ("waiting for a worker", duration(run.waiting)),
        ("running", duration(run.running)),
        ("workers at work", f"{run.busy:.0%}"),
        ("tasks", f"{run.tasks:,}"),
        ("threads each", f"{run.threads}"),
    ]
    if run.retries:
        shown.append(("attempts failed", f"{run.retries:,}"))
    parts = [facts(shown), notes([error] if error else [], RED), notes(advice, ORANGE)]
    done = periods.filter(pl.col("state") == "done")
    if done.height:
        parts += [_picture(done, run), _slowest(done)]
    return page(title, [*parts, *_troubled(periods)])


def _slowest(done: pl.DataFrame) -> str:
    taken = ((pl.col("finished") - pl.col("started")).dt.total_nanoseconds() / 1e9).alias("taken")
    rows = (
        done.with_columns(taken, size=pl.len().over(_ORDER))
        .with_columns(pl.col("taken") / pl.col("size"))
        .sort("taken", descending=True)
        .head(_LISTED)
    )
    waited = (rows["started"] - rows["queued"]).dt.total_nanoseconds() / 1e9
    cells = [
        (
            short(row["period"]),
            duration(row["taken"]),
            duration(max(0.0, wait)),
            _count(row["rows"]),
            f"{amount(row['bytes'] or 0)}B",
            _count(row["files"]),
            row["attempts"],
            row["node"],
        )
        for row, wait in zip(rows.iter_rows(named=True), waited, strict=True)
    ]
    heads = ["period", "took", "waited", "rows", "bytes", "files", "attempts", "node"]
    return table("the slowest periods", heads, cells, " nnnnnn ")


def _troubled(periods: pl.DataFrame) -> Iterator[str]:
    rows = periods.filter(pl.col("failures").list.len() > 0).head(_LISTED)
    cells = [
        (short(row["period"]), row["state"], ", ".join(f["error"] for f in row["failures"]))
        for row in rows.iter_rows(named=True)
    ]
    if cells:
        yield table("what failed", ["period", "in the end", "attempts ended with"], cells, "  w")


def _count(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _picture(done: pl.DataFrame, run: Measured) -> str:
    """Return an SVG with a line for each worker and a bar for what it did at once."""
    names = done.select("node", "worker").unique(maintain_order=True).sort("node", "worker")
    lanes = {key: i for i, key in enumerate(names.rows()[:_MAX_LANES])}
    spans = done.group_by("node", "worker", *_ORDER, maintain_order=True).agg("period")
    first, last = pl.col("started").cast(pl.Int64), pl.col("finished").cast(pl.Int64)
    spans = spans.select("node", "worker", "period", at=first - first.min(), taken=last - first)
    spans = spans.sort("taken", descending=True).head(_MAX_BARS)
    scale = (_WIDTH - _NAME) / max(run.running * 1e9, 1.0)
    height = _LANE * len(lanes) + 22
    body = [_lane(name, i) for name, i in lanes.items()]
    for node, worker, labels, at, taken in spans.sort("at").iter_rows():
        lane = lanes.get((node, worker))
        if lane is not None:
            body.append(_bar(named(labels), lane, at * scale, taken * scale, taken))
    body.append(_axis(run, _LANE * len(lanes)))
    left = names.height - len(lanes)
    more = f'<div class="dim">and {left} more workers</div>' if left else ""
    return (
        f'<h5>workers</h5><svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'style="max-width:100%;height:auto" role="img">{"".join(body)}</svg>{more}'
    )


def _lane(name: tuple[str, int], lane: int) -> str:
    node = name[0].partition(" (")[0]
    y = lane * _LANE
    shown = text(f"{node[:14]}{'…' * (len(node) > 14)} · {name[1]}")  # noqa: PLR2004  (what fits)
    return (
        f'<text x="0" y="{y + 11}" {_SMALL}>{shown}</text>'
        f'<rect x="{_NAME}" y="{y + 2}" width="{_WIDTH - _NAME}" height="{_LANE - 4}" '
        'fill="currentColor" opacity=".05"/>'
    )


def _bar(label: str, lane: int, x: float, width: float, nanoseconds: int) -> str:
    return (
        f'<rect x="{_NAME + x:.1f}" y="{lane * _LANE + 2}" '
        f'width="{max(_SMALLEST, width - 0.7):.1f}" '
        f'height="{_LANE - 4}" rx="1.5" fill="{BLUE}">'
        f"<title>{text(label)}: {duration(nanoseconds / 1e9)}</title></rect>"
    )


def _axis(run: Measured, y: int) -> str:
    return (
        f'<text x="{_NAME}" y="{y + 15}" {_SMALL}>0</text>'
        f'<text x="{_WIDTH}" y="{y + 15}" text-anchor="end" {_SMALL}>{duration(run.running)}</text>'
    )
