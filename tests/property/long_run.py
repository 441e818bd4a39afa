"""The property suite over as many examples as one likes: `python -m tests.property.long_run`.

    python -m tests.property.long_run [examples [seed [folder]]]

Runs in chunks, each with a seed of its own, and prints the figures so far as a line of JSON after
each. An example that breaks a promise is counted, written to `folder` as text with the plan beside
it, and the run goes on; the exit status tells whether there was any.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.property.checks import draw_plan, draw_predicate
from tests.property.process_runner import ProcessRunner
from tests.property.tally import Tally

__all__ = ["CHUNK", "run_chunk"]

CHUNK = int(os.environ.get("PIOT_CHUNK", "1000"))

Report = Callable[[str, Exception], None]


def run_chunk(
    number: int, examples: int, runner: ProcessRunner, tally: Tally, report: Report
) -> None:
    """Run plans, and as many predicates, of one seed, reporting what breaks a promise."""

    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def both(data: st.DataObject) -> None:
        checks: dict[str, Callable[[], None]] = {
            "plan": lambda: draw_plan(data, runner, tally),
            "predicate": lambda: draw_predicate(data, tally),
        }
        for kind, check in checks.items():
            try:
                check()
            except Exception as error:  # noqa: BLE001  (counted; the run goes on)
                report(f"{kind} of seed {number}", error)

    seed(number)(both)()


def main(examples: int, first: int, folder: Path) -> int:
    """Run `examples` plans and predicates with seeds from `first` on."""
    folder.mkdir(parents=True, exist_ok=True)
    runner, tally, start, failures = ProcessRunner(), Tally(), time.monotonic(), 0

    def report(name: str, error: Exception) -> None:
        nonlocal failures
        failures += 1
        text = "".join(traceback.format_exception(error))
        (folder / f"{failures}.txt").write_text(f"{name}\n{text}\n{_locals(error)}")

    for chunk in range(-(-examples // CHUNK)):
        run_chunk(first + chunk, CHUNK, runner, tally, report)
        figures = {
            "polars": pl.__version__,
            "examples": (chunk + 1) * CHUNK,
            "last_seed": first + chunk,
            "seconds": round(time.monotonic() - start),
            "failures": failures,
            **tally.summary(),
        }
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()
    runner.close()
    return 1 if failures else 0


def _locals(error: Exception) -> str:
    """Return the plan and the values of the frames in which an example was checked."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "tests.property.checks":
            for name, value in trace.tb_frame.f_locals.items():
                lf = getattr(value, "lf", None)
                shown = lf.explain(optimized=False) if isinstance(lf, pl.LazyFrame) else repr(value)
                lines.append(f"{name} = {shown}")
        trace = trace.tb_next
    return "\n".join(lines)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    many = int(arguments[0]) if arguments else 100_000
    base = int(arguments[1]) if len(arguments) > 1 else int.from_bytes(os.urandom(4))
    where = Path(arguments[2]) if len(arguments) > 2 else Path("long_run_failures")
    sys.exit(main(many, base, where))
