"""The chart of a run: workers with what they computed, and periods with what they waited for."""

from __future__ import annotations

from typing import Any

import polars as pl

from polars_io_tools._installation import installing
from polars_io_tools._measured import Measured
from polars_io_tools._page import BLUE, ORANGE, RED
from polars_io_tools.errors import MissingDependencyError

__all__ = ["chart_of"]

_WIDTH = 720

# More could not be told apart.
_MAX_PERIODS = 400
_MAX_BARS = 5000
_MAX_NAMED = 40
_MAX_LABELS = 24

_STEP = 15
_HEIGHT = 480

_WAITS, _RUNS, _UNREAD = "waits for a worker", "is computed", "waits to be read"
_FAILS = "is tried in vain"
# Apart in lightness as well, for those who do not see red and green.
_COLOURS = {_WAITS: "#d5dae0", _FAILS: "#9c3a52", _RUNS: BLUE, _UNREAD: ORANGE}
_CROSS = {
    "shape": "cross",
    "angle": 45,
    "size": 80,
    "filled": True,
    "color": RED,
    "stroke": "white",
    "strokeWidth": 1,
    "opacity": 1,
}
_INK, _PALE = "#3d4752", "#66717e"


def _altair() -> Any:
    try:
        import altair as alt
    except ImportError as error:
        msg = f"timeline() needs altair: {installing('plot')}"
        raise MissingDependencyError(msg) from error
    return alt


def chart_of(run: Measured, periods: pl.DataFrame, headline: str) -> Any:
    """Return the chart.

    Raises:
        MissingDependencyError: altair is not installed.
    """
    alt = _altair()
    table = _in_seconds(periods, run.began)
    x = alt.Scale(domain=[0, max(run.seconds, 1e-3)], nice=False)
    both = alt.vconcat(
        _workers(alt, table, x, run), _periods(alt, table, x), spacing=18
    ).resolve_scale(color="independent")
    title = alt.TitleParams(headline, anchor="start", fontSize=15, color=_INK, offset=14)
    font = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
    return (
        both.properties(title=title, padding=16)
        .configure(font=font, background="white")
        .configure_view(stroke=None)
        .configure_axis(
            domain=False,
            ticks=False,
            labelColor=_PALE,
            titleColor=_PALE,
            titleFontWeight="normal",
            gridColor="#edf0f3",
            labelFontSize=10.5,
            titleFontSize=11,
            labelPadding=6,
        )
        .configure_legend(labelColor=_INK, labelFontSize=11, symbolType="square", columnPadding=26)
    )


def _in_seconds(periods: pl.DataFrame, began: int) -> pl.DataFrame:
    """Return the times as seconds since the beginning, and names for workers."""
    moments = ["queued", "started", "finished", "received", "read"]
    node = pl.col("node").str.split(" (").list.first()
    return periods.with_row_index("place").with_columns(
        *((pl.col(m).cast(pl.Int64) - began) / 1e9 for m in moments),
        worker=pl.format("{} · {}", node, pl.col("worker")),
        failures=pl.col("failures").list.eval(
            pl.struct(
                at=(pl.element().struct.field("at").cast(pl.Int64) - began) / 1e9,
                error=pl.element().struct.field("error"),
            )
        ),
    )


def _workers(alt: Any, table: pl.DataFrame, x: Any, run: Measured) -> Any:
    done = table.filter(pl.col("state") == "done")
    spans = (
        done.group_by("branch", "worker", "task", "started", "finished", maintain_order=True)
        .agg(pl.first("period"), last=pl.last("period"), periods=pl.len(), rows=pl.sum("rows"))
        .with_columns(took=pl.col("finished") - pl.col("started"))
        .sort("took", descending=True)
        .head(_MAX_BARS)
        .with_columns(
            period=pl.when(pl.col("periods") > 1)
            .then(pl.format("{} … {}", "period", "last"))
            .otherwise("period")
        )
    )
    lanes = max(1, done["worker"].n_unique())
    fits = spans.filter(pl.col("took") > run.seconds * 0.0094 * pl.col("period").str.len_chars())
    base = alt.Chart(_data(alt, spans)).encode(
        x=alt.X("started:Q", scale=x, title=None, axis=alt.Axis(labels=False, tickCount=8)),
        x2="finished:Q",
        y=alt.Y("worker:N", title=None, axis=alt.Axis(labelLimit=170, grid=False)),
    )
    bars = base.mark_bar(
        color=BLUE, stroke="white", strokeWidth=0.8, cornerRadius=2, height={"band": 0.82}
    ).encode(tooltip=_tips(alt, ["period:N", "took:Q", "periods:Q", "rows:Q", "worker:N"]))
    names = (
        alt.Chart(_data(alt, fits.with_columns(at=(pl.col("started") + pl.col("finished")) / 2)))
        .mark_text(color="white", fontSize=10, baseline="middle")
        .encode(x=alt.X("at:Q", scale=x), y="worker:N", text="period:N")
    )
    title = _heading(alt, "what each worker computed")
    height = alt.Step(24 if lanes <= 12 else 12)  # noqa: PLR2004  (so that it fits a screen)
    return alt.layer(bars, names).properties(width=_WIDTH, height=height, title=title)


def _shown(table: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Return the periods that are shown, in their order and with names, and a heading."""
    shown, heading = table, "what each period waited for"
    if table.height > _MAX_PERIODS:
        longest = pl.max_horizontal("finished", "read") - pl.col("queued")
        shown = table.sort(longest, descending=True, nulls_last=True).head(_MAX_PERIODS)
        heading += f" ({_MAX_PERIODS} longest of {table.height:,})"
    shown = shown.sort("place").with_columns(
        name=pl.when(pl.col("branch").max() > 0)
        .then(pl.format("{} · {}", pl.col("branch") + 1, "period"))
        .otherwise("period")
    )
    if shown["failures"].list.len().sum():
        heading += "; crosses are attempts that failed"
    return shown, heading


def _periods(alt: Any, table: pl.DataFrame, x: Any) -> Any:
    shown, heading = _shown(table)
    named = shown.height <= _MAX_NAMED
    order = shown["name"].to_list()
    some = order if named else order[:: -(-len(order) // _MAX_LABELS)]
    axis = alt.Axis(values=some, grid=False, labelLimit=170)
    y = alt.Y("name:N", sort=order, title=None, axis=axis)
    phases = alt.Color(
        "phase:N",
        scale=alt.Scale(domain=[*_COLOURS], range=[*_COLOURS.values()]),
        legend=alt.Legend(title=None, orient="bottom", direction="horizontal", offset=8),
    )
    seconds = alt.X(
        "from:Q", scale=x, title="seconds", axis=alt.Axis(tickCount=8, labelFlush=False)
    )
    bars = (
        alt.Chart(_data(alt, _phases(shown)))
        .mark_bar(height={"band": 0.7 if named else 1.0})
        .encode(
            x=seconds,
            x2="to:Q",
            y=y,
            color=phases,
            tooltip=_tips(alt, ["name:N", "phase:N", "took:Q", "rows:Q", "attempts:Q", "worker:N"]),
        )
    )
    crosses = (
        alt.Chart(_data(alt, _failures(shown)))
        .mark_point(**_CROSS)
        .encode(x=alt.X("at:Q", scale=x), y=y, tooltip=_tips(alt, ["name:N", "error:N", "at:Q"]))
    )
    # Whole pixels, or else bars of the same height do not look it.
    height = alt.Step(_STEP if named else max(1, round(_HEIGHT / shown.height)))
    title = _heading(alt, heading)
    return alt.layer(bars, crosses).properties(width=_WIDTH, height=height, title=title)


def _phases(shown: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each time in which a period waited or was computed."""
    ends = {
        _FAILS: ("queued", "failed"),
        _WAITS: ("submitted", "started"),
        _RUNS: ("started", "finished"),
        _UNREAD: ("finished", "read"),
    }
    columns = ["name", "rows", "attempts", "worker"]
    failed = pl.col("failures").list.eval(pl.element().struct.field("at")).list.max()
    shown = shown.with_columns(failed=failed).with_columns(
        submitted=pl.coalesce("failed", "queued")
    )
    return (
        pl.concat(
            shown.select(*columns, pl.lit(phase).alias("phase"), **{"from": first, "to": last})
            for phase, (first, last) in ends.items()
        )
        .drop_nulls(["from", "to"])
        .with_columns(took=pl.col("to") - pl.col("from"))
        .filter(pl.col("took") > 0)
    )


def _failures(shown: pl.DataFrame) -> pl.DataFrame:
    found = shown.select("name", "failures").explode("failures").drop_nulls()
    return found.unnest("failures")


def _heading(alt: Any, text: str) -> Any:
    return alt.TitleParams(
        text,
        anchor="start",
        frame="group",
        fontSize=11.5,
        fontWeight="normal",
        color=_PALE,
        offset=6,
    )


def _tips(alt: Any, fields: list[str]) -> list[Any]:
    return [
        alt.Tooltip(f, format=".3~s") if f.partition(":")[0] in ("took", "at") else alt.Tooltip(f)
        for f in fields
    ]


def _data(alt: Any, frame: pl.DataFrame) -> Any:
    """Return rows as altair takes them in any number."""
    flat = frame.drop([n for n, t in frame.schema.items() if t.is_nested() or t.is_temporal()])
    return alt.InlineData(values=flat.to_dicts())
