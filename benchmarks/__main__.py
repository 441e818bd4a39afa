"""Runs the benchmark: `python -m benchmarks`; see README.md beside this file."""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.environments import CHART, ROOT, EnvironmentFailedError, child_environment
from benchmarks.environments import make as make_environment
from benchmarks.results import MismatchError, Outcome
from benchmarks.schedule import Limits, Schedule
from benchmarks.settings import Settings
from benchmarks.suites import FILES, SUITES


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--suite", choices=SUITES, default=FILES.name, help="what is compared")
    for kind in ("cases", "contenders"):
        of_suites = (f"{s.name}: {','.join(getattr(s, kind))}" for s in SUITES.values())
        add(f"--{kind}", help=f"some of those of the suite: {'; '.join(of_suites)}")
    add("--scale", type=float, default=1.0, help="how many times the rows of the full size")
    add("--smoke", action="store_true", help="a minute: small data, only this package")
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
    suite = options.suite = SUITES[options.suite]
    smoke = options.smoke
    options.cases = _chosen(parser, options.cases, suite.cases, suite.smoke if smoke else None)
    wanted = (suite.first.name, suite.ours.name) if smoke else None
    chosen = _chosen(parser, options.contenders, suite.contenders, wanted)
    options.contenders = [suite.first, *(c for c in chosen if c != suite.first)]
    return options


def _chosen(
    parser: argparse.ArgumentParser,
    text: str | None,
    known: Mapping[str, Any],
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
    cache: Path = options.cache.absolute()
    limits = Limits(options.rounds, options.cold_rounds, options.limit, options.budget)
    settings = Settings(
        machine.cpus(), int(options.store_gib * 2**30), scratch="", ray_address=options.ray_address
    )
    with options.suite.source(cache, None if options.smoke else options.scale) as (source, told):
        schedule = Schedule(options.contenders, source, settings, limits, cache)
        about = {
            "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
            "machine": machine.describe(),
            "scale": options.scale,
            "limits": asdict(limits),
            "titles": {c.name: c.title for c in options.suite.contenders.values()},
            "versions": {},
            **told,
        }
        try:
            table = run(schedule, options, about)
        except MismatchError as error:
            sys.exit(str(error))
    print(f"\n{table}\n{options.results / options.suite.results}.md")
    if options.suite.charted and not options.smoke:
        draw(options.results, cache)


def run(schedule: Schedule, options: argparse.Namespace, about: dict[str, Any]) -> str:
    """Run the cases, write the results after each of them, and return the table.

    Raises:
        MismatchError: the results to add to are of another machine or size.
    """
    suite = options.suite
    outcome = Outcome({}, about, suite)
    earlier = Outcome.read(options.results, suite) if options.add else None
    if earlier is not None:
        outcome = outcome.after(earlier)
    table = ""
    for name, results in schedule.run(options.cases):
        about = {**outcome.about, "versions": {**outcome.about["versions"], **schedule.versions}}
        outcome = Outcome({**outcome.results, name: results}, about, suite)
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
