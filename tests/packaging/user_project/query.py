"""What a user writes, with the types that a type checker has to see.

`assert_type` is checked by mypy and by pyright; the program also runs, without Ray.
"""

import datetime as dt
from collections.abc import Callable
from typing import assert_type

import polars as pl

import polars_io_tools as piot
from polars_io_tools.errors import PiotError


def split(lf: pl.LazyFrame, unit: piot.TimeUnit = "monthly") -> piot.RayPlan:
    namespace = piot.PiotNamespace(lf)
    plan = namespace.explain_on_ray(
        date_column="date",
        time_unit=unit,
        predicate=pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
        return_as="ipc",
        remote_options={"num_cpus": 1, "resources": {"gpu": 1}},
        max_concurrency=None,
        progress=False,
        description="quarter",
    )
    assert_type(plan, piot.RayPlan)
    assert_type(plan.periods, tuple[piot.Period, ...])
    assert_type(plan.periods[0].label, str)
    assert_type(plan.periods[0].start, int | None)
    assert_type(plan.filters, tuple[piot.PlannedFilter, ...])
    assert_type(plan.problem, PiotError | None)
    assert_type(plan.to_polars(), pl.DataFrame)
    return plan


def distribute(lf: pl.LazyFrame) -> pl.LazyFrame:
    lazy = piot.PiotNamespace(lf).execute_on_ray(date_column="date", time_unit="6h")
    assert_type(lazy, pl.LazyFrame)
    assert_type(lazy.collect(), pl.DataFrame)
    return lazy


def failed_period(run: Callable[[], object]) -> str | None:
    try:
        run()
    except piot.WorkerError as error:
        assert_type(error.period, str)
        return error.period
    except (piot.UnboundedPredicateError, piot.TooManyPeriodsError) as error:
        return str(error)
    return None


def main() -> None:
    lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)], "price": [10.0]})
    print(split(lf).to_polars()["period"].to_list(), assert_type(piot.__version__, str))
    assert_type(failed_period(lambda: split(lf)), str | None)


if __name__ == "__main__":
    main()
