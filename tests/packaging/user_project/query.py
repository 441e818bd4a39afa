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


def beyond_the_calendar(lf: pl.LazyFrame) -> piot.RayPlan:
    namespace = piot.PiotNamespace(lf)
    listed = [piot.RayPartition(pl.col("id") < 5, key="few", remote_options={"num_cpus": 2})]
    for partitions in (piot.by_value("id"), piot.by_range("id", 10), piot.by_time("date", "1w")):
        assert_type(namespace.execute_on_ray(partitions, progress=False), pl.LazyFrame)
    assert_type(namespace.execute_on_ray(listed, preserve_partition_order=True), pl.LazyFrame)
    plan = namespace.explain_on_ray(piot.by_key([1, 2], by="id"), predicate=pl.col("id") > 1)
    assert_type(plan.partitions, tuple[piot.Period | piot.Partition, ...])
    assert_type(plan.overlap, piot.Coverage)
    assert_type(plan.overlap.why, str)
    return plan


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
