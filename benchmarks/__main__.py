"""Runs the benchmark: `python -m benchmarks`; see README.md beside this file."""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.cases import CASES
from benchmarks.data import FULL, SMALL, make
from benchmarks.environments import (
    CHART,
    CONTENDERS,
    OURS,
    REFERENCE,
    ROOT,
    EnvironmentFailedError,
    child_environment,
)
from benchmarks.environments import make as make_environment
from benchmarks.results import MismatchError, Outcome
from benchmarks.schedule import Limits, Schedule
from benchmarks.settings import Settings

# Cold cases start clusters, and the longer ones of the rest add nothing that a shorter one has not.
_SMOKE_CASES = ("fanout", "big", "memory", "memory_put", "head", "hourly_100")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--cases", help=f"some of {','.join(CASES)}")
    add("--contenders", help=f"some of {','.join(CONTENDERS)}")
    add("--scale", type=float, default=1.0, help="how many times the rows of the full size")
    add("--smoke", action="store_true", help="a minute: small data, only this package and Polars")
    add("--rounds", type=int, help="runs that count, of each contender (5; 1 with --smoke)")
    add("--cold-rounds", type=int, default=3, help="the same, where each needs a fresh cluster")
    add("--limit", type=float, default=300, help="seconds after which a run is given up")
    add("--budget", type=float, default=60, help="seconds of a contender's runs of one case")
    add("--store-gib", type=float, default=3, help="size of each object store")
    add("--ray-address", help="a running cluster for this package, instead of one of its own")
    default = Path(tempfile.gettempdir()) / "polars-io-tools-benchmarks"
    add("--cache", type=Path, default=default, help="where data and environments are kept")
    add("--results", type=Path, default=Path(__file__).parent / "results")
    add("--add", action="store_true", help="keep the results there of cases that do not run now")
    options = parser.parse_args(argv)
    options.rounds = options.rounds or (1 if options.smoke else 5)
    options.cases = _chosen(parser, options.cases, CASES, _SMOKE_CASES if options.smoke else None)
    wanted = (REFERENCE.name, OURS.name) if options.smoke else None
    chosen = _chosen(parser, options.contenders, CONTENDERS, wanted)
    options.contenders = [REFERENCE, *(c for c in chosen if c != REFERENCE)]
    return options


def _chosen(
    parser: argparse.ArgumentParser,
    text: str | None,
    known: dict[str, Any],
    default: Sequence[str] | None,
) -> list[Any]:
    names = text.split(",") if text else list(default or known)
    for name in names:
        if name not in known:
            parser.error(f"{name!r} is unknown; there are {', '.join(known)}")
    return [known[name] for name in names]


def main(argv: Sequence[str] | None = None) -> None:
    """Run what the options say, and write table and chart."""
    options = arguments(argv)
    size = SMALL if options.smoke else FULL.scaled(options.scale)
    cache: Path = options.cache.absolute()
    data = make(cache, size)
    limits = Limits(options.rounds, options.cold_rounds, options.limit, options.budget)
    settings = Settings(
        machine.cpus(), int(options.store_gib * 2**30), scratch="", ray_address=options.ray_address
    )
    schedule = Schedule(options.contenders, data, settings, limits, cache)
    about = {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "machine": machine.describe(),
        "scale": options.scale,
        "size": asdict(size),
        "limits": asdict(limits),
        "titles": {c.name: c.title for c in CONTENDERS.values()},
        "versions": {},
    }
    try:
        table = run(schedule, options, about)
    except MismatchError as error:
        sys.exit(str(error))
    print(f"\n{table}\n{options.results / 'results.md'}")
    if not options.smoke:
        draw(options.results, cache)


def run(schedule: Schedule, options: argparse.Namespace, about: dict[str, Any]) -> str:
    """Run the cases, write the results after each of them, and return the table.

    Raises:
        MismatchError: the results to add to are of another machine or size.
    """
    outcome = Outcome({}, about)
    earlier = Outcome.read(options.results) if options.add else None
    if earlier is not None:
        outcome = outcome.after(earlier)
    table = ""
    for name, results in schedule.run(options.cases):
        about = {**outcome.about, "versions": {**outcome.about["versions"], **schedule.versions}}
        outcome = Outcome({**outcome.results, name: results}, about)
        table = outcome.write(options.results)
    return table


def draw(folder: Path, cache: Path) -> None:
    """Draw the chart, in an environment of its own."""
    try:
        python = make_environment(CHART, cache, "chart")
    except EnvironmentFailedError as error:
        sys.exit(f"no chart: {error}")
    files = [str(folder / "results.json"), str(folder / "results.svg")]
    subprocess.run(
        [str(python), "-m", "benchmarks.chart", *files],
        cwd=ROOT,
        env=child_environment(isolated=True),
        check=True,
    )


if __name__ == "__main__":
    main()
