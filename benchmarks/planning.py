"""How long planning takes: from the query to its periods, without running anything.

Run it with `.venv/bin/python benchmarks/planning.py`. Times are the least and the median wall time
of many runs on this machine; the share of Go is measured by calling it again with the same
request. `go test ./gocore/bounds -run - -bench Planning` measures the steps of Go.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from functools import reduce

import polars as pl

import polars_io_tools
from polars_io_tools import _gocore
from polars_io_tools._polars import calendar_question, plan_request

ROUNDS = 200


def clauses(count: int) -> pl.Expr:
    """Return an `or` of date windows, as a dashboard or a generated query has it."""
    first = dt.date(2020, 1, 1)
    windows = [
        pl.col("date").is_between(
            first + dt.timedelta(days=30 * i), first + dt.timedelta(days=30 * i + 9)
        )
        & (pl.col("x") > i)
        for i in range(count)
    ]
    return reduce(lambda a, b: a | b, windows)


def times_ms(run: Callable[[], object]) -> str:
    """Return the least and the median time of a call in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return f"{min(times):.3f} / {statistics.median(times):.3f}"


def main() -> None:
    """Print one line for each size of predicate."""
    lf = pl.LazyFrame({"date": [dt.date(2024, 1, 1)], "x": [1]})
    print(f"{'clauses':>8} {'planning, ms':>19} {'of it Go, ms':>15} {'periods':>8}")
    for count in (1, 10, 60, 300):
        query = lf.filter(clauses(count))
        question = calendar_question(
            column="date", dtype=pl.Date(), time_unit="monthly", max_periods=100_000
        )
        request, _ = plan_request(query, None, question)

        def explain(query: pl.LazyFrame = query) -> polars_io_tools.RayPlan:
            return query.piot.explain_on_ray(date_column="date", time_unit="monthly")

        def in_go(request: bytes = request) -> bytes:
            return _gocore.plan(request)

        print(
            f"{count:>8} {times_ms(explain):>19} {times_ms(in_go):>15} {len(explain().periods):>8}"
        )


if __name__ == "__main__":
    main()
