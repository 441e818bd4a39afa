"""What shards of a table cost: those that follow its files, and those with equal rows.

    .venv/bin/python -m benchmarks.shards [--rows N] [--cache folder] [--results folder]

Tables of as many rows, in 50 files each; the key is symbol and time but for `number`. In `sorted`
files do not overlap; `tied` has keys that are there twice, which may end one file and begin the
next; the files of `overlapping` all reach over the whole range, and so do those of `number`, whose
key is one integer; those of `shuffled` were written by Polars, and their rows have no order. With
`where`, the filter is on another column, and keeps half of the rows.

Beside `compute_shards` stands what one would write without it: the keys are collected and sorted,
and one is taken at each cut. Figures are of processes of their own, ours and the other in turn,
with the table opened before; `memory` is the peak above what the process had then. Of three runs
the least counts: what else the machine does only adds. Tables that are in the cache already are
used again.

`shards()` is measured on logs of 10,000 files, of which only the log is there: the first call in a
fresh process, with what it imports and reads, and the second.
"""

from __future__ import annotations

import argparse
import bisect
import datetime as dt
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars_io_tools as piot
from benchmarks.machine import describe
from benchmarks.markdown import table
from benchmarks.shard_tables import LOGS, TABLES, make_log, make_table

PARTS = 64
RUNS = 3
RESULTS = Path(__file__).parent / "results"


def _resident(field: str) -> float:
    """Return megabytes that the process has, or had at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith(field)]
    return int(line.split()[1]) / 1024


def _cuts_by_sorting(scan: piot.TableScan) -> list[int]:
    """Return how many rows lie between keys that cut all of them, sorted, into equal parts."""
    key = list(scan.key_schema)
    rows = scan.lazy().select(key).sort(key).collect()
    cuts = rows[[rows.height * i // PARTS for i in range(1, PARTS)]]
    # No cut splits equal keys: it is where the first of them is.
    firsts = {bisect.bisect_left(range(rows.height), cut, key=rows.row) for cut in cuts.rows()}
    ends = [0, *sorted(firsts - {0}), rows.height]
    return [b - a for a, b in itertools.pairwise(ends)]


def _measure(path: str, what: str, where: bool) -> dict[str, Any]:
    """Return what one way costs in this process."""
    t = piot.table(path)
    scan = t.scan(where=t["x"] % 2 == 0 if where else None)
    before = _resident("VmRSS")
    began, processor = time.perf_counter(), time.process_time()
    if what == "ours":
        rows = [s.rows for s in scan.compute_shards(n=PARTS) if s.rows is not None]
    else:
        rows = _cuts_by_sorting(scan)
    return {
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - processor,
        "memory": max(0.0, _resident("VmHWM") - before),
        "shards": len(rows),
        "least": min(rows),
        "most": max(rows),
    }


def _measure_log(path: str) -> dict[str, Any]:
    """Return what it costs to open a table and to plan its shards."""
    clocks = [(time.perf_counter(), time.process_time())]
    t = piot.table(path)
    clocks.append((time.perf_counter(), time.process_time()))
    found: list[piot.Shard] = []
    for _ in range(2):
        found = t.scan().shards()
        clocks.append((time.perf_counter(), time.process_time()))
    steps = zip(("opened", "first", "second"), itertools.pairwise(clocks), strict=True)
    measured: dict[str, Any] = {"shards": len(found)}
    for name, (before, after) in steps:
        measured[name], measured[f"{name} processor"] = (
            b - a for a, b in zip(before, after, strict=True)
        )
    return measured


def _run(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.shards", "--measure", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _least(runs: list[dict[str, Any]]) -> dict[str, Any]:
    same = {"shards", "least", "most"}
    return {k: runs[0][k] if k in same else min(r[k] for r in runs) for k in runs[0]}


def compare(rows: int, cache: Path) -> list[dict[str, Any]]:
    """Return the figures of tables with equal shards."""
    found = []
    for kind in TABLES:
        path = cache / f"{kind}-{rows}"
        if not path.exists():
            make_table(kind, path, rows)
        for where in (False, True):
            runs: dict[str, list[dict[str, Any]]] = {"ours": [], "sorting": []}
            for _ in range(RUNS):
                for way, of_way in runs.items():
                    of_way.append(_run(path, way, int(where)))
            found.append(
                {"table": kind, "where": where, **{way: _least(of) for way, of in runs.items()}}
            )
            print(found[-1], flush=True)
    return found


def logs(cache: Path) -> list[dict[str, Any]]:
    """Return the figures of logs of many files."""
    found = []
    for kind in LOGS:
        path = cache / f"log-{kind}"
        if not path.exists():
            make_log(kind, path)
        found.append({"log": kind, **_least([_run(path) for _ in range(RUNS)])})
        print(found[-1], flush=True)
    return found


def _cell(ours: float, other: float | None = None) -> str:
    return f"{ours:.3g}" if other is None else f"{ours:.3g} ({ours / other:.2g} x)"


def report(figures: dict[str, Any]) -> str:
    """Return the figures as a page."""
    equal = []
    for row in figures["equal"]:
        ours, other = row["ours"], row["sorting"]
        equal.append(
            [
                row["table"] + (", where" if row["where"] else ""),
                *(_cell(ours[k], other[k]) for k in ("seconds", "processor", "memory")),
                *(_cell(other[k]) for k in ("seconds", "processor", "memory")),
                f"{ours['least']:,} to {ours['most']:,}",
            ]
        )
    head = [
        "table",
        "s",
        "processor, s",
        "memory, MB",
        *("sorting: s", "processor, s", "memory, MB"),
    ]
    planned = [
        [
            row["log"],
            *(f"{row[k]:.3f} ({row[f'{k} processor']:.3f})" for k in ("opened", "first", "second")),
            f"{row['shards']:,}",
        ]
        for row in figures["logs"]
    ]
    lines = [
        "# Shards of tables",
        "",
        f"{figures['date']}, {', '.join(f'{k}: {v}' for k, v in figures['about'].items())}.",
        "",
        f"## {PARTS} shards of equal rows, of {figures['rows']:,} rows in 50 files",
        "",
        "`compute_shards`, in brackets as a multiple of collecting all keys and sorting them.",
        "",
        table([*head, "rows of a shard"], equal),
        "",
        "## `shards()` of 10,000 files",
        "",
        "Seconds, and in brackets those of the processor.",
        "",
        table(["log", "open", "first call", "second call", "shards"], planned),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write the figures."""
    if sys.argv[1:2] == ["--measure"]:
        path, *way = sys.argv[2:]
        print(json.dumps(_measure(path, way[0], way[1] == "1") if way else _measure_log(path)))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        cache = given.cache or Path(temporary)
        figures = {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "about": describe(),
            "rows": given.rows,
            "logs": logs(cache),
            "equal": compare(given.rows, cache),
        }
    (given.results / "shards.json").write_text(json.dumps(figures, indent=1) + "\n")
    (given.results / "shards.md").write_text(report(figures))


if __name__ == "__main__":
    main()
