"""Results that stay in the cluster, of `lf.execute(engine=piot.RayEngine(...))`."""

from __future__ import annotations

import datetime as dt
import gc
import pickle
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
import ray
from polars.io.plugins import register_io_source
from polars.lazyframe.query_result import QueryResult

import polars_io_tools as piot
from tests.boundary.processes import output_of
from tests.dtypes import SERIES
from tests.integration.cases import QUARTER, assert_same, day, in_period_order, on_ray
from tests.integration.conftest import Submissions
from tests.integration.test_put import STEPS
from tests.integration.test_store import MB, settled

pytestmark = pytest.mark.ray

C = pl.col
MONTHLY = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)
# One period in each task, so that it is known what is in which part.
SINGLY = piot.RayEngine(
    date_column="date", time_unit="monthly", progress=False, max_periods_per_task=1
)


def executed(lf: pl.LazyFrame, engine: piot.RayEngine = SINGLY) -> piot.RayResult:
    result = lf.execute(engine=engine)
    assert isinstance(result, piot.RayResult)
    return result


@pytest.fixture
def query(scan: pl.LazyFrame) -> pl.LazyFrame:
    return scan.filter(QUARTER | day.is_null()).with_columns(stamp=day.cast(pl.Datetime("us")))


@pytest.fixture
def plain(query: pl.LazyFrame) -> pl.DataFrame:
    return in_period_order(query.collect())


@pytest.fixture
def result(query: pl.LazyFrame) -> piot.RayResult:
    return executed(query)


def chosen(submitted: Submissions) -> dict[str, list[int]]:
    """Return how many parts of each source each task has got."""
    counts = [[count for _, count in task["chosen"]] for task, *_ in submitted.arguments]
    return dict(zip([n.removeprefix("piot:") for n in submitted.names], counts, strict=True))


def test_it_is_what_polars_promises(result: piot.RayResult, plain: pl.DataFrame) -> None:
    assert isinstance(result, QueryResult)
    of_polars = plain.lazy().execute()
    assert type(result.n_rows_total) is int
    assert result.n_rows_total == of_polars.n_rows_total
    assert of_polars.head is not None
    assert_same(result.head, of_polars.head)
    assert result.lazy().collect_schema() == plain.schema
    assert_same(result.lazy().collect(), plain)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("name", STEPS)
def test_here_it_is_the_frame(
    result: piot.RayResult, plain: pl.DataFrame, name: str, engine: pl._typing.EngineType
) -> None:
    lazy = STEPS[name](result.lazy())
    assert_same(lazy.collect(engine=engine), STEPS[name](plain.lazy()).collect(engine=engine))


def test_head_of_parts_without_rows_and_with_few(scan: pl.LazyFrame) -> None:
    few = scan.filter(QUARTER, C("row") < 1, day != dt.date(2024, 1, 1))
    result = executed(few)
    assert_same(result.head, in_period_order(few.collect()).head())
    assert result.n_rows_total == few.collect().height


def test_nothing(scan: pl.LazyFrame) -> None:
    for nothing in (scan.filter(QUARTER, C("row") < 0), scan.filter(QUARTER, day.is_null())):
        result = executed(nothing)
        empty = nothing.collect()
        assert result.n_rows_total == 0
        assert_same(result.head, empty)
        assert_same(result.lazy().collect(), empty)
        assert_same(on_ray(result.lazy(), "daily").collect(), empty)
        assert "0 rows in 0 parts" in repr(result)


@pytest.mark.parametrize("unit", ["daily", "monthly", "yearly"])
@pytest.mark.parametrize("column", ["date", "stamp"])
def test_it_is_split_again(
    result: piot.RayResult, plain: pl.DataFrame, unit: str, column: str
) -> None:
    """No filter is needed, for it is known where dates lie; nor the column of the first split."""
    lazy = on_ray(result.lazy(), unit, date_column=column)
    assert_same(lazy.collect(), in_period_order(plain, unit, column))
    later = lazy.filter(C(column) > dt.date(2024, 2, 10)).select("row", "symbol")
    expected = in_period_order(plain, unit, column).filter(C(column) > dt.date(2024, 2, 10))
    assert_same(later.collect(), expected.select("row", "symbol"))


def test_it_is_split_by_something_else(result: piot.RayResult, plain: pl.DataFrame) -> None:
    engine = piot.RayEngine(piot.by_value("symbol"), progress=False)
    some = C("symbol").is_in(["A", "C"])
    found = result.lazy().filter(some).collect(engine=engine)
    assert_same(found.sort(plain.columns), plain.filter(some).sort(plain.columns))


def test_through_the_engine_again(result: piot.RayResult, plain: pl.DataFrame) -> None:
    engine = piot.RayEngine(date_column="stamp", time_unit="weekly", progress=False)
    double = result.lazy().with_columns(double=C("price") * 2)
    expected = plain.with_columns(double=C("price") * 2).sort(plain.columns)
    assert_same(double.collect(engine=engine).sort(plain.columns), expected)
    again = executed(double, engine)
    del result, double
    assert_same(again.lazy().collect().sort(plain.columns), expected)


def test_tasks_get_the_parts_that_they_need(result: piot.RayResult, submitted: Submissions) -> None:
    """The parts are those of January, February, March and null."""
    on_ray(result.lazy(), max_periods_per_task=1).collect()
    assert chosen(submitted) == {"2024-01": [1], "2024-02": [1], "2024-03": [1], "null": [1]}
    for task, _, plan, _, *items in submitted.arguments:
        assert task["attached"] == []
        assert [type(item) for item in items] == [ray.ObjectRef]
        assert isinstance(plan, ray.ObjectRef)


def test_filters_on_other_columns_choose(scan: pl.LazyFrame, submitted: Submissions) -> None:
    query = scan.filter(QUARTER).with_columns(
        number=C("date").dt.month().cast(pl.Int64),
        text=pl.format("month {}", C("date").dt.month()),
        real=C("date").dt.month() / 2,
        stamp=C("date").cast(pl.Datetime("ms")),
    )
    lazy = executed(query).lazy()
    filters: dict[str, tuple[pl.Expr, list[int]]] = {
        "number": (C("number") == 2, [0, 1, 0]),
        "text": (C("text") >= "month 3", [0, 0, 1]),
        "real": (C("real") < 1.2, [1, 1, 0]),
        "stamp": (C("stamp") < dt.datetime(2024, 2, 5), [1, 1, 0]),
        "either": ((C("number") == 1) | (C("number") == 3), [1, 0, 1]),
        "null": (C("number").is_null(), [0, 0, 0]),
        "unknown": (C("text").str.contains("2"), [1, 1, 1]),
    }
    for name, (predicate, counts) in filters.items():
        submitted.options.clear()
        submitted.arguments.clear()
        wanted = lazy.filter(predicate)
        parted = on_ray(wanted, max_periods_per_task=1)
        assert parted.collect().height == query.filter(predicate).collect().height, name
        found = chosen(submitted)
        # A part that is left out for all tasks may make its period one that is not run at all.
        assert [sum(found.get(f"2024-0{m}", [0])) for m in (1, 2, 3)] == counts, name


def test_a_renamed_column_and_an_aggregation_choose_too(
    result: piot.RayResult, plain: pl.DataFrame, submitted: Submissions
) -> None:
    renamed = result.lazy().rename({"date": "d"}).group_by("d", maintain_order=True)
    lazy = on_ray(renamed.agg(C("row").sum()), date_column="d", max_periods_per_task=1)
    expected = plain.group_by("date", maintain_order=True).agg(C("row").sum())
    assert_same(lazy.collect(), expected.rename({"date": "d"}))
    assert chosen(submitted) == {"2024-01": [1], "2024-02": [1], "2024-03": [1], "null": [1]}


def test_a_row_limit_takes_the_first_parts(
    result: piot.RayResult, plain: pl.DataFrame, submitted: Submissions
) -> None:
    """The limit comes before all filters, so the dates choose nothing."""
    lazy = on_ray(result.lazy().head(60).filter(day.is_not_null()), max_periods_per_task=1)
    assert_same(lazy.collect(), plain.head(60).filter(day.is_not_null()))
    assert set(map(tuple, chosen(submitted).values())) == {(2,)}


def test_several_results_in_one_query(
    result: piot.RayResult, plain: pl.DataFrame, submitted: Submissions
) -> None:
    """One that is in several places gives each task what all of them need."""
    names = executed(
        pl.LazyFrame({"symbol": ["A", "B"], "date": [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]})
        .filter(QUARTER)
        .select("symbol", since="date")
        .with_columns(date="since")
    )
    lazy = result.lazy()
    query = lazy.filter(day.is_not_null()).join(
        names.lazy().select("symbol", "since"), on="symbol", maintain_order="left"
    )
    query = query.join(
        lazy.filter(day < dt.date(2024, 2, 1)).select("row", "symbol", "price"),
        on=["row", "symbol", "price"],
        how="anti",
    )
    found = on_ray(query, max_periods_per_task=1).collect()
    here = query.collect()
    assert_same(found.sort(found.columns), here.sort(here.columns))
    assert found.height > 0
    # Of the first result its own month and January, of the other one both parts.
    assert {n: sorted(c) for n, c in chosen(submitted).items() if n != "2024-01"} == {
        "2024-02": [2, 2],
        "2024-03": [2, 2],
    }


def test_inside_of_another_source(result: piot.RayResult, plain: pl.DataFrame) -> None:
    """There it cannot be seen what is asked for, and tasks get all parts."""
    inner = on_ray(result.lazy().filter(day >= dt.date(2024, 2, 1)))
    expected = in_period_order(plain.filter(day >= dt.date(2024, 2, 1)), "daily")
    assert_same(on_ray(inner, "daily").collect(), expected)
    both = pl.concat([inner, result.lazy().filter(day.is_not_null())])
    assert on_ray(both).collect().height == both.collect().height


def test_executed_inside_of_a_task(query: pl.LazyFrame, plain: pl.DataFrame) -> None:
    """There the rows are where the task is, as those of `execute_on_ray` are."""
    schema = query.collect_schema()

    def read(
        columns: list[str] | None, predicate: pl.Expr | None, _: int | None, __: int | None
    ) -> Iterator[pl.DataFrame]:
        found = query.execute(engine=MONTHLY)
        assert not isinstance(found, piot.RayResult)
        rows = found.lazy() if predicate is None else found.lazy().filter(predicate)
        yield rows.collect() if columns is None else rows.select(columns).collect()

    source = register_io_source(read, schema=schema).filter(QUARTER | day.is_null())
    assert_same(on_ray(source).collect(), plain)


@pytest.mark.parametrize("name", SERIES)
def test_types(name: str) -> None:
    values = SERIES[name].alias("x")
    days = pl.Series("date", [dt.date(2024, 1 + i % 3, 29) for i in range(len(values))])
    frame = pl.DataFrame([days, values])
    lazy = executed(piot.put(frame).filter(QUARTER), MONTHLY).lazy()
    assert_same(lazy.collect(), in_period_order(frame))


def test_periods_that_share_a_task(scan: pl.LazyFrame) -> None:
    engine = piot.RayEngine(date_column="date", time_unit="daily", progress=False)
    result = executed(scan.filter(QUARTER | day.is_null()), engine)
    expected = in_period_order(scan.filter(QUARTER | day.is_null()).collect(), "daily")
    assert_same(result.lazy().collect(), expected)
    assert_same(on_ray(result.lazy(), "daily").collect(), expected)


def test_larger_than_one_part() -> None:
    """What travels in several pieces elsewhere is one object here."""
    rows = pl.LazyFrame({"i": pl.int_range(3_000_000, eager=True)}).with_columns(
        date=dt.date(2024, 1, 1), x=C("i") * 1.5, text=pl.format("a text that is long {}", "i")
    )
    query = rows.filter(QUARTER)
    result = executed(query)
    assert "in 1 part" in repr(result)
    assert result.lazy().select(pl.len(), C("x").sum()).collect().rows() == (
        query.select(pl.len(), C("x").sum()).collect().rows()
    )


def test_the_words(result: piot.RayResult, plain: pl.DataFrame) -> None:
    text = repr(result)
    assert text.startswith(f"RayResult: {plain.height} rows in 4 parts, ")
    assert "bytes in the object store; head:\n┌" in text
    assert "RayResult: " in result._repr_html_()
    assert "RayEngine.execute" in result.lazy().explain()
    plan: Any = result.lazy()
    shown = str(plan.piot.explain_on_ray(date_column="date", time_unit="monthly"))
    assert f"scan_result: {plain.height} rows in the cluster" in shown
    assert "4 periods: 2024-01, 2024-02, 2024-03, null" in shown


def test_gaps_between_the_rows_are_no_periods(scan: pl.LazyFrame) -> None:
    ends = scan.filter(day.is_in([dt.date(2023, 12, 1), dt.date(2024, 4, 29)]))
    plan: Any = executed(ends).lazy()
    shown = plan.piot.explain_on_ray(date_column="date", time_unit="monthly")
    assert [p.label for p in shown.periods] == ["2023-12", "2024-04"]


def test_a_query_that_is_cut_has_its_result_on_the_driver(
    scan: pl.LazyFrame, result: piot.RayResult, submitted: Submissions
) -> None:
    """Also one whose rows come out of the cluster, where it was kept."""
    for lf, months in ((scan.filter(QUARTER), 3), (result.lazy(), 4)):
        submitted.arguments.clear()
        totals = lf.group_by("symbol").agg(C("row").sum()).sort("symbol")
        found = totals.execute(engine=MONTHLY)
        assert not isinstance(found, piot.RayResult)
        assert found.n_rows_total == 3
        assert_same(found.lazy().collect(), totals.collect())
        assert len(submitted.periods) == months


def test_released(query: pl.LazyFrame) -> None:
    with executed(query) as result:
        lazy = result.lazy()
        rows = lazy.collect()
    assert rows.height == result.n_rows_total
    assert repr(result).endswith("4 parts, released")
    for use in (lazy.collect, on_ray(lazy).collect, result.lazy):
        with pytest.raises(piot.ResultLostError, match="were released"):
            use()
    result.release()


def test_it_cannot_be_saved(result: piot.RayResult) -> None:
    with pytest.raises(TypeError, match="cannot be saved or sent"):
        pickle.dumps(result)
    for save in (pickle.dumps, lambda lf: lf.serialize()):
        with pytest.raises(Exception, match="can only travel inside of a distributed query"):
            save(result.lazy())


def test_a_period_that_fails(scan: pl.LazyFrame) -> None:
    rows = scan.filter(QUARTER).collect()

    def read(
        _: list[str] | None, predicate: pl.Expr | None, __: int | None, ___: int | None
    ) -> Iterator[pl.DataFrame]:
        found = rows if predicate is None else rows.filter(predicate)
        if found.height and found["date"].dt.month().max() == 2:
            raise OSError("disk on fire")
        yield found

    bad = register_io_source(read, schema=rows.schema).filter(QUARTER)
    with pytest.raises(piot.WorkerError, match=r"(?s)period 2024-02 failed.*disk on fire"):
        bad.execute(engine=SINGLY)


def test_a_query_that_cannot_be_split(scan: pl.LazyFrame) -> None:
    with pytest.raises(piot.UnboundedPredicateError):
        scan.execute(engine=SINGLY)


def rows_of(days: int) -> pl.LazyFrame:
    frame = pl.LazyFrame(
        {"date": pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)}
    )
    wide = frame.join(pl.LazyFrame({"i": pl.int_range(days, eager=True)}), how="cross")
    return wide.with_columns(x=C("i") * 1.5, t=pl.format("a long text of row {}", "i")).filter(
        QUARTER
    )


def test_rows_are_freed_with_the_last_that_needs_them() -> None:
    """The result, a LazyFrame of it and a query of that; another result lives without the first."""
    gc.collect()
    before = settled(0, 8 * MB)
    result = executed(rows_of(12_000))
    size = result._rows.bytes
    assert size > 40 * MB
    assert settled(before + size, before + 2 * size) >= size
    query = on_ray(result.lazy().filter(C("i") < 6_000), "daily")
    del result
    second = executed(query.with_columns(y=C("x") + 1))
    half = second._rows.bytes
    assert settled(before + size + half, before + 2 * size + half) >= size + half, "both are there"
    del query
    gc.collect()
    assert settled(0, before + half + 4 * MB) <= before + half + 4 * MB, "the first is gone"
    assert second.lazy().select(pl.len()).collect().item() == 91 * 6_000
    second.release()
    assert settled(0, before + 4 * MB) <= before + 4 * MB, "released"


def test_a_lazy_frame_is_read_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the reader does not hold is let go of: the driver has a part or two at a time."""
    from polars_io_tools.ray import _held

    result = executed(rows_of(10_000))
    most = 0
    for batch in result.lazy().collect_batches(maintain_order=True, chunk_size=100_000):
        most = max(most, _held.held_bytes())
        assert batch.width == 4
        del batch
    gc.collect()
    assert most <= result._rows.bytes
    assert result.n_rows_total == 91 * 10_000


def test_ray_is_shut_down() -> None:
    output = output_of(
        """
        import datetime as dt
        import polars as pl, ray, polars_io_tools as piot
        ray.init(
            num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="error",
            object_store_memory=100 * 2**20,
        )
        day = pl.col("date")
        lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]}).filter(day.dt.year() == 2024)
        engine = piot.RayEngine(date_column="date", time_unit="monthly")
        result = lf.execute(engine=engine)
        lazy = result.lazy()
        ray.shutdown()
        def refused():
            try:
                lazy.collect()
            except piot.RayNotInitialisedError as error:
                print(error)
        refused()
        ray.init(
            num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="error",
            object_store_memory=100 * 2**20,
        )
        refused()
        print(lf.execute(engine=engine).lazy().collect().height)
        """
    )
    none, other, rows = output.splitlines()[-3:]
    assert none.startswith("Ray is not running in this process")
    assert other.startswith("the rows of this result lie in a cluster that this process has left")
    assert rows == "1", "an engine holds nothing of a cluster"


def test_each_task_knows_how_often_it_may_begin(
    query: pl.LazyFrame, submitted: Submissions
) -> None:
    """Ray keeps no count of tasks that are killed for want of memory."""
    executed(query)
    assert len(submitted.arguments) > 1
    assert {task["attempts"] for task, *_ in submitted.arguments} == {1 + 3 + 3}
