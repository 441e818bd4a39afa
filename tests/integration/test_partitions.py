"""Splits beyond the calendar, on Ray."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from tests.integration.cases import QUARTER, assert_same, day, on_ray
from tests.integration.conftest import Submissions

pytestmark = pytest.mark.ray

SYMBOL = pl.col("symbol")
HALVES = [dt.date(2024, 1, 1), dt.date(2024, 2, 15), dt.date(2024, 4, 1)]

# Each of these gives every row once.
WHOLE: dict[str, Any] = {
    "by_time": piot.by_time("date", "2w"),
    "by_value": piot.by_value("symbol", ["A", ["B", "C"]]),
    "by_value, derived": piot.by_value("date"),
    "by_range": piot.by_range("row", 10),
    "by_quantile": piot.by_quantile("price", 5),
    "by_key": piot.by_key(range(3), by=pl.col("row") % 3),
    "by_key of two columns": piot.by_key(
        pl.DataFrame({"s": ["A", "A", "B", "B", "C", "C"], "even": [True, False] * 3}).rename(
            {"s": "symbol"}
        ),
        by=["symbol", "even"],
    ),
    "discrete_partitions": piot.discrete_partitions("symbol", {"one": ["A"], "two": ["B", "C"]}),
    "cartesian_partitions": piot.cartesian_partitions(
        date_windows=list(itertools.pairwise(HALVES)),
        buckets={"first": "A", "rest": ["B", "C"]},
        date_column="date",
        bucket="symbol",
    ),
    "listed": [piot.ReadPartition(SYMBOL == "A"), piot.ReadPartition(SYMBOL != "A", key="rest")],
}


def split(lf: pl.LazyFrame, partitions: Any, **options: Any) -> pl.LazyFrame:
    return piot.PiotNamespace(lf).execute_on_ray(partitions, **{"progress": False} | options)


@pytest.fixture
def quarter(scan: pl.LazyFrame) -> pl.LazyFrame:
    rows = pl.col("row").is_between(0, 60)
    return scan.filter(QUARTER, rows).with_columns(even=pl.col("row") % 2 == 0)


@pytest.mark.parametrize("name", WHOLE)
def test_rows_are_those_of_plain_polars(quarter: pl.LazyFrame, name: str) -> None:
    plain = quarter.collect()
    assert plain.height > 100
    got = split(quarter, WHOLE[name]).collect()
    assert_frame_equal(got, plain, check_row_order=False, check_exact=True)
    after = split(quarter, WHOLE[name]).filter(pl.col("price") > 100).select("date", "price")
    expected = plain.filter(pl.col("price") > 100).select("date", "price")
    assert_frame_equal(after.collect(), expected, check_row_order=False, check_exact=True)


def test_order_of_partitions(quarter: pl.LazyFrame, submitted: Submissions) -> None:
    plain = quarter.collect()
    groups = piot.by_value("symbol", ["C", "A", "B"])
    got = split(quarter, groups, preserve_partition_order=True).collect()
    assert_same(got, pl.concat([plain.filter(s == SYMBOL) for s in "CAB"]))
    assert submitted.periods == ["C", "A", "B"]
    assert submitted.names[0] == "piot:C"
    head = split(quarter, groups, preserve_partition_order=True).head(5).collect()
    assert_same(head, plain.filter(SYMBOL == "C").head(5))


def test_calendar_by_partitions_is_the_calendar(quarter: pl.LazyFrame) -> None:
    by_time = split(quarter, piot.by_time("date", "month"), preserve_partition_order=True)
    assert_same(by_time.collect(), on_ray(quarter, "monthly").collect())


def test_options_of_a_partition(quarter: pl.LazyFrame, submitted: Submissions) -> None:
    parts = [
        piot.RayPartition(SYMBOL == "A", key="a", remote_options={"num_cpus": 0.5}),
        piot.ReadPartition(SYMBOL == "B", key="b"),
        piot.RayPartition(SYMBOL == "C", key="c", remote_options={"num_cpus": 2}),
    ]
    got = split(quarter, parts, remote_options={"num_cpus": 1, "max_retries": 2}).collect()
    assert got.height == quarter.collect().height
    cpus = {o["name"]: o["num_cpus"] for o in submitted.options}
    assert cpus == {"piot:a": 0.5, "piot:b": 1, "piot:c": 2}
    # The threads of Polars follow the CPUs of the task.
    assert [arguments[1] for arguments in submitted.arguments] == [1, 1, 2]


def test_options_by_key(quarter: pl.LazyFrame, submitted: Submissions) -> None:
    options = {"B": {"num_cpus": 0.5}}
    by_symbol = piot.by_key(["A", "B", "C"], "symbol", partition_remote_options=options)
    assert split(quarter, by_symbol).collect().height == quarter.collect().height
    assert {o["name"]: o.get("num_cpus") for o in submitted.options}["piot:B"] == 0.5


def fail_once(folder: Any) -> Any:
    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        mark = folder / "failed"
        if not mark.exists():
            mark.touch()
            raise ValueError("not yet")
        return frame

    return fail


@pytest.mark.parametrize("own", [True, False])
def test_retries_of_a_partition(quarter: pl.LazyFrame, tmp_path: Any, own: bool) -> None:
    failing = quarter.map_batches(fail_once(tmp_path))
    options = {"retry_exceptions": [ValueError], "max_retries": 1} if own else None
    parts = [piot.RayPartition(SYMBOL.is_not_null(), key="all", remote_options=options)]
    lazy = split(failing, parts)
    if own:
        assert lazy.collect().height == quarter.collect().height
        return
    with pytest.raises(piot.WorkerError, match=r"^partition all failed: ") as caught:
        lazy.collect()
    assert caught.value.period == "all"


def test_overlaps_come_twice_and_gaps_are_told(
    quarter: pl.LazyFrame, caplog: pytest.LogCaptureFixture
) -> None:
    plain = quarter.collect()
    parts = piot.by_value("symbol", [["A", "B"], ["B"]])
    with caplog.at_level(logging.WARNING, "polars_io_tools"):
        got = split(quarter, parts).collect()
    twice = [plain.filter(SYMBOL.is_in(["A", "B"])), plain.filter(SYMBOL == "B")]
    assert_frame_equal(got, pl.concat(twice), check_row_order=False, check_exact=True)
    assert "rows may come several times: " in caplog.text
    assert "rows may be left out: " in caplog.text


def test_parts_without_rows_have_no_task(scan: pl.LazyFrame, submitted: Submissions) -> None:
    year = scan.filter(day.is_between(dt.date(2023, 1, 1), dt.date(2024, 12, 31)))
    assert_same(on_ray(year, "monthly").collect().sort("row"), year.collect().sort("row"))
    months = ["2023-12", *(f"2024-{m:02}" for m in range(1, 5))]
    assert submitted.periods == months
    plan = piot.PiotNamespace(year).explain_on_ray(date_column="date", time_unit="monthly")
    assert ([p.label for p in plan.periods], plan.empty) == (months, 19)


def test_partitions_inside_of_a_split(quarter: pl.LazyFrame) -> None:
    """The inner partitions run in place, with what they leave out and have twice."""
    inner = split(quarter, piot.by_value("symbol", ["A", "A", "B"]))
    plain = quarter.collect()
    expected = pl.concat([plain.filter(s == SYMBOL) for s in "AAB"])
    got = split(inner, piot.by_quantile("row", 2)).collect()
    assert_frame_equal(got, expected, check_row_order=False, check_exact=True)


class ByParity:
    """A partitioner of a user's own."""

    on = "row"

    def build(self, predicate: pl.Expr | None) -> list[piot.ReadPartition] | None:
        if predicate is None:
            return None
        even = pl.col("row") % 2 == 0
        return [piot.ReadPartition(even, "even"), piot.ReadPartition(~even, "odd")]


def test_a_partitioner_of_a_user(quarter: pl.LazyFrame) -> None:
    got = split(quarter, ByParity()).filter(pl.col("row") < 40).collect()
    expected = quarter.filter(pl.col("row") < 40).collect()
    assert_frame_equal(got, expected, check_row_order=False, check_exact=True)
    with pytest.raises(piot.UnboundedPredicateError, match="after the call only, here none"):
        split(quarter, ByParity()).collect()


def test_functions_in_predicates_travel(quarter: pl.LazyFrame) -> None:
    early = day.map_batches(lambda s: s < dt.date(2024, 2, 1), return_dtype=pl.Boolean)
    parts = [piot.ReadPartition(early, "early"), piot.ReadPartition(~early, "late")]
    plan = piot.PiotNamespace(quarter).explain_on_ray(parts)
    assert plan.overlap.answer == plan.gap.answer == "unknown"
    assert split(quarter, parts).collect().height == quarter.collect().height
