"""Runs notebooks as their readers do, and makes what they show fit to be committed and compared.

A kernel joins the cluster that it is told of, and works in a folder of its own. What it shows is
kept as it is but for what differs from machine to machine: folders, names of nodes and databases,
and numbers of processes. Cells with the tag `varies` show times; of these only the kinds of what
they show are compared.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

__all__ = ["executed", "read", "shown", "written"]

_CELL_SECONDS = 120

# Charts as images, which need no script of somebody else's server.
_STARTUP = 'import altair\n\naltair.renderers.enable("svg")\n'

_HOST = re.escape(socket.gethostname())


def read(path: Path) -> Any:
    """Return a notebook."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # it has no types


def written(notebook: Any) -> str:
    """Return a notebook as text."""
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]  # it has no types


def executed(path: Path, folder: Path, environment: Mapping[str, str], hidden: str = "") -> Any:
    """Return a notebook with what its cells show when they run in a folder, and `hidden` hidden."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "charts.py").write_text(_STARTUP)
    variables = {
        "IPYTHONDIR": str(folder / "ipython"),
        "PIOT_PROGRESS": "0",  # bars show times
        "TMPDIR": str(folder),
    }
    notebook = read(path)
    client = NotebookClient(
        notebook,
        timeout=_CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **environment, **variables})
    return _cleaned(notebook, folder, hidden)


def _cleaned(notebook: Any, folder: Path, hidden: str) -> Any:
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "tags"}
    clean = _cleaner(folder, hidden)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "text" in output:
                output.text = clean(output.text)
            for kind, value in output.get("data", {}).items():
                output.data[kind] = clean(value)
    return notebook


def _cleaner(folder: Path, hidden: str) -> Callable[[str], str]:
    workers: dict[str, str] = {}

    def worker(found: re.Match[str]) -> str:
        return workers.setdefault(found[0], f"node · {len(workers) + 1}")

    def clean(text: str) -> str:
        if hidden:
            text = text.replace(hidden, "postgresql://localhost/market")
        text = re.sub(r"\btmp[a-z0-9_]{8}\b", "data", text.replace(str(folder), "/tmp"))
        text = re.sub(rf"{_HOST} · \d+", worker, text)
        return re.sub(rf"{_HOST}(?: \([0-9a-f]{{8}}\))?", "node", text)

    return clean


def shown(notebook: Any) -> list[tuple[str, list[dict[str, str]]]]:
    """Return each cell with what it shows; of one whose times vary, only of which kinds it is."""
    return [
        (cell.source, [_seen(o, "varies" in cell.metadata.get("tags", ())) for o in cell.outputs])
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _seen(output: Any, varies: bool) -> dict[str, str]:
    if output.output_type == "error":
        return {"error": output.ename}
    kinds = {output.name: output.text} if "text" in output else dict(output.data)
    return dict.fromkeys(kinds, "") if varies else kinds
