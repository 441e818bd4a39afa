"""Pieces of HTML for notebooks: one style, tables, notes. Every text is escaped here.

The colours are those of the page around it, so that they fit a dark one as well; only marks have
their own, which can be told apart without seeing red and green.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = [
    "BLUE",
    "GREY",
    "ORANGE",
    "RED",
    "chip",
    "facts",
    "notes",
    "page",
    "short",
    "table",
    "text",
]

BLUE = "#3b7dd8"
ORANGE = "#e8a33d"
RED = "#d1495b"
GREY = "#9aa5b1"

# How much of a label fits beside figures.
_LONG = 44

_STYLE = """
.piot{font:13px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;max-width:960px;
color:inherit}
.piot h4{font-size:15px;font-weight:600;margin:.2em 0 .5em}
.piot h5{font-size:11px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;opacity:.6;
margin:1.2em 0 .4em}
.piot dl{display:flex;flex-wrap:wrap;gap:.4em 2.2em;margin:.4em 0}
.piot dl>div{min-width:4em}.piot dt{font-size:11px;opacity:.6;font-weight:400}
.piot dd{margin:0;font-size:15px;font-variant-numeric:tabular-nums}
.piot table{color:inherit;border-collapse:collapse;font-size:12px;margin:0;border:0;width:auto}
.piot th,.piot td{padding:.25em .9em .25em 0;border:0;text-align:left;vertical-align:top;
background:none;white-space:nowrap}
.piot th{font-weight:500;opacity:.6;border-bottom:1px solid rgba(128,128,128,.35)}
.piot td{border-bottom:1px solid rgba(128,128,128,.14);font-variant-numeric:tabular-nums}
.piot .n{text-align:right}.piot td:last-child,.piot th:last-child{padding-right:0}
.piot .s{overflow-x:auto}.piot td.c{white-space:normal;overflow-wrap:anywhere;max-width:52em;
font:11.5px/1.6 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
.piot td.w{white-space:normal;overflow-wrap:anywhere}
.piot code{font:12px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;background:none;padding:0;
color:inherit}
.piot .note{border-left:3px solid;padding:.1em 0 .1em .8em;margin:.4em 0;max-width:80ch}
.piot .chip{display:inline-block;font-size:11px;font-weight:600;padding:0 .6em;border-radius:1em;
color:#fff;margin-right:.6em;vertical-align:1px}
.piot .dim{opacity:.6}
"""


def text(value: object) -> str:
    """Return a text as HTML."""
    return escape(str(value))


def short(label: str) -> str:
    """Return a label without its middle, if it is long."""
    return label if len(label) <= _LONG else f"{label[: _LONG - 13]}…{label[-12:]}"


def page(title: str, parts: Iterable[str]) -> str:
    """Return what a notebook shows: a title that is HTML, and parts below."""
    return f'<div class="piot"><style>{_STYLE}</style><h4>{title}</h4>{"".join(parts)}</div>'


def chip(label: str, colour: str) -> str:
    """Return a word on a colour."""
    return f'<span class="chip" style="background:{colour}">{text(label)}</span>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return figures with their names above."""
    inner = "".join(f"<div><dt>{text(k)}</dt><dd>{text(v)}</dd></div>" for k, v in pairs)
    return f"<dl>{inner}</dl>"


def notes(lines: Iterable[str], colour: str) -> str:
    """Return sentences with a line of a colour beside them."""
    return "".join(
        f'<div class="note" style="border-color:{colour}">{text(line)}</div>' for line in lines
    )


def table(
    heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]], numbers: str = ""
) -> str:
    """Return a table with a heading; `numbers` has an "n" for each column to be set to the right.

    A "w" stands for a column whose texts may be broken into lines, a "c" for one of code, anything
    else for a plain one.
    """
    kinds = [f' class="{c}"' if c in "nwc" else "" for c in numbers.ljust(len(columns))]
    head = "".join(f"<th{k}>{text(c)}</th>" for c, k in zip(columns, kinds, strict=False))
    body = "".join(
        "<tr>"
        + "".join(f"<td{k}>{text(c)}</td>" for c, k in zip(row, kinds, strict=False))
        + "</tr>"
        for row in rows
    )
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<h5>{text(heading)}</h5><div class="s"><table>{inner}</table></div>'
