"""The promise of `execute`: what is done to rows that are kept gives the answer of plain Polars.

The plans of the property suite are executed by a `RayEngine`, whose tasks run in another process
without Ray, and whose object store is a list. Then filters and steps are drawn that go on from
`lazy()`: by Polars here, through `execute_on_ray` and through the engine by another unit or column,
and by `execute` once more. Rows that are kept are settled whatever made them, so they are what all
of this is compared with; and they themselves with plain Polars.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.lazyframe.query_result import QueryResult

import polars_io_tools as piot
import polars_io_tools.ray as piot_ray
from polars_io_tools.ray import _distributed, _engine, _rows
from tests.property.checks import AFTER, UNITS, in_period_order, rows
from tests.property.frames import SOURCES, TYPES
from tests.property.predicates import predicates, windows
from tests.property.process_runner import HERE, ProcessRunner
from tests.property.queries import Query, queries
from tests.property.test_engine import PLACED, SETS, SORTED

EXAMPLES = int(os.environ.get("PIOT_EXAMPLES", "2000")) // 10

FAST = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

C = pl.col

# All dates, so that there are several parts.
WIDE = C("date").dt.year().is_between(2023, 2024) | C("date").is_null()

# Steps after which no order is promised.
UNORDERED = ("group_by", "join")

# What Polars raises on both sides.
INVALID = (pl.exceptions.PolarsError, pl.exceptions.PanicException)

TALLY: Counter[str] = Counter()


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_distributed, "RayRunner", lambda _: runner)
        for module in (piot_ray, _engine, _rows):
            patch.setattr(module, "require_ray", lambda: HERE)
        patch.setattr(_rows, "connection", lambda: ("here", "now"))
        patch.setattr(_rows, "own_store_bytes", lambda: 2**30)
        yield runner
    runner.close()


def engine(unit: str, column: str = "date") -> piot.RayEngine:
    return piot.RayEngine(date_column=column, time_unit=unit, max_periods=5_000, progress=False)


def marked(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Add columns that lie where the dates lie, so that filters on them choose parts as well."""
    return lf.with_columns(
        later=C("date") + pl.duration(days=3),
        month=C("date").dt.month().cast(pl.Int64),
        text=C("date").dt.strftime("%Y-%m-%d"),
        real=C("date").dt.month() / 3,
        late=C("date").dt.day() > 20,
    )


def conditions(dtype: pl.DataType) -> st.SearchStrategy[pl.Expr]:
    """Draw what rows are filtered by that are kept: by the date, and by any other column."""
    others = st.sampled_from(
        [
            C("x") == 2,
            C("x").is_null(),
            C("x") > 2,
            C("k") == "a",
            C("k").is_in(["b", "c"]),
            C("k").is_null(),
            C("n").is_between(5, 12),
            C("n") >= 20,
            C("month") == 1,
            C("month").is_in([2, 11]),
            C("text") < "2024-01-07",
            C("text").str.starts_with("2024-02"),
            C("real") > 0.5,
            C("real").is_nan(),
            C("late"),
            C("later").dt.month() == 2,
            C("later").is_null(),
        ]
    )
    one = st.one_of(windows(dtype), predicates(dtype), others, others)
    return st.recursive(
        one,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda p: p[0] & p[1]),
            st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
            inner.map(lambda p: ~p),
        ),
        max_leaves=3,
    )


def is_same(found: pl.DataFrame, expected: pl.DataFrame, *, ordered: bool) -> None:
    assert found.schema == expected.schema
    if ordered:
        assert found.rows() == expected.rows(), (found, expected)
    else:
        assert rows(found) == rows(expected), (found, expected)


def check_result(result: QueryResult, base: pl.DataFrame, unit: str, column: str = "date") -> None:
    """Compare what a result says of its rows with the rows."""
    assert result.n_rows_total == base.height
    assert result.head is not None
    is_same(result.head, base.head(5), ordered=True)
    assert result.lazy().collect_schema() == base.schema
    is_same(base, in_order(base, unit, column), ordered=True)


def in_order(df: pl.DataFrame, unit: str, column: str) -> pl.DataFrame:
    """Return rows in the order of the periods of a column."""
    by = df.select(date=C(column)).with_row_index("i")
    return df[in_period_order(by, unit)["i"]]


def check_made(query: Query, plain: pl.DataFrame, base: pl.DataFrame, unit: str) -> None:
    """Compare the rows that are kept with those of plain Polars."""
    assert base.schema == plain.schema
    if query.settled:
        expected = in_order(plain, unit, "date")
        is_same(base, expected, ordered=query.ordered)


@FAST
@given(data=st.data())
def test_a_kept_result_equals_plain(data: st.DataObject, runner: ProcessRunner) -> None:
    dtype = data.draw(st.sampled_from(TYPES))
    source = data.draw(st.sampled_from(["memory", "memory", "memory", *SOURCES]))
    query = data.draw(queries(dtype, SOURCES[source]))
    unit, window = data.draw(st.sampled_from(UNITS)), data.draw(st.just(WIDE) | windows(dtype))
    lf = marked(query.lf.filter(window))
    try:
        plain = lf.collect()
    except INVALID:
        TALLY["invalid"] += 1
        return
    try:
        result = lf.execute(engine=engine(unit))
    except (piot.UnsplittablePlanError, piot.TooManyPeriodsError, piot.UnboundedPredicateError):
        TALLY["refused"] += 1
        return
    base = result.lazy().collect()
    if not isinstance(result, piot.RayResult):
        TALLY["on the driver"] += 1
        assert result.n_rows_total == plain.height or not query.settled
        return
    TALLY["kept"] += 1
    TALLY["in several parts"] += len(result._rows.counts) > 1
    check_made(query, plain, base, unit)
    check_result(result, base, unit)
    for _ in range(3):
        way = data.draw(st.sampled_from(sorted(WAYS)))
        condition = data.draw(st.none() | conditions(dtype))
        lazy, here = result.lazy(), base.lazy()
        if condition is not None:
            lazy, here = lazy.filter(condition), here.filter(condition)
        TALLY[f"{way}: {WAYS[way](data, lazy, here)}"] += 1


Step = Callable[[pl.LazyFrame], pl.LazyFrame]
Way = Callable[[st.DataObject, pl.LazyFrame, pl.LazyFrame], str]


def by_polars(data: st.DataObject, lazy: pl.LazyFrame, here: pl.LazyFrame) -> str:
    """Read the rows into this process."""
    name = data.draw(st.sampled_from(sorted(AFTER)))
    run_by: Any = data.draw(st.sampled_from(["in-memory", "streaming"]))
    _, step = AFTER[name]
    try:
        expected = step(here).collect(engine=run_by)
    except INVALID:
        return "invalid"
    is_same(step(lazy).collect(engine=run_by), expected, ordered=name not in UNORDERED)
    return "same"


# Steps before a call, which say what is asked of the rows that are kept, and in how many places.
BEFORE: dict[str, Step] = {
    "nothing": lambda lf: lf,
    "head": lambda lf: lf.head(9),
    "head, filter": lambda lf: lf.head(12).filter(C("x") > 1),
    "slice": lambda lf: lf.slice(2, 9),
    "tail": lambda lf: lf.tail(6),
    "cumulate": lambda lf: lf.with_columns(c=C("x").cum_sum()),
    "group_by": lambda lf: lf.group_by("date", "later", "k", maintain_order=True).agg(
        C("x").sum(), C("n").max()
    ),
    "twice": lambda lf: pl.concat([lf.filter(C("x") == 1), lf]),
    "join": lambda lf: lf.join(
        lf.select("k", m=C("month")).unique(), on="k", how="semi", maintain_order="left"
    ),
    "join, filters": lambda lf: lf.filter(C("month") != 1).join(
        lf.filter(C("x") == 2).select("date", "n"), on=["date", "n"], how="anti"
    ),
}

# Those whose rows do not follow from the order of the rows below.
SETS_BEFORE = ("nothing", "twice", "join", "join, filters")


def by_execute_on_ray(data: st.DataObject, lazy: pl.LazyFrame, here: pl.LazyFrame) -> str:
    """Split the rows again; that needs no bounds, for it is known where they lie."""
    unit = data.draw(st.sampled_from(UNITS))
    column = data.draw(st.sampled_from(["date", "later"]))
    nested = data.draw(st.sampled_from([False, False, False, True]))
    # A split inside of a split runs in place, where nothing is said of its order.
    first = [b for b in sorted(BEFORE) if not nested or b in SETS_BEFORE]
    last = [name for name in sorted(AFTER) if not (nested and AFTER[name][0])]
    before = BEFORE[data.draw(st.sampled_from(first))]
    name = data.draw(st.sampled_from(last))
    _, step = AFTER[name]
    try:
        expected = step(in_order(before(here).collect(), unit, column).lazy()).collect()
    except INVALID:
        return "invalid"
    lazy = split(lazy, data.draw(st.sampled_from(UNITS)), "date") if nested else lazy
    try:
        found = step(split(before(lazy), unit, column)).collect()
    except piot.UnsplittablePlanError:
        return "refused"
    is_same(found, expected, ordered=not nested and name not in UNORDERED)
    return "same"


def split(lf: pl.LazyFrame, unit: str, column: str) -> pl.LazyFrame:
    return piot.PiotNamespace(lf).execute_on_ray(
        date_column=column, time_unit=unit, max_periods=5_000, progress=False
    )


def by_the_engine(data: st.DataObject, lazy: pl.LazyFrame, here: pl.LazyFrame) -> str:
    """Let the engine find a place to cut."""
    kind = data.draw(st.sampled_from(["sets", "sorted", "placed"]))
    steps = {"sets": SETS, "sorted": SORTED, "placed": PLACED}[kind]
    step = steps[data.draw(st.sampled_from(sorted(steps)))]
    run_by = engine(
        data.draw(st.sampled_from(UNITS)), data.draw(st.sampled_from(["date", "later"]))
    )
    try:
        expected = step(here).collect()
    except INVALID:
        return "invalid"
    try:
        found = step(lazy).collect(engine=run_by)
    except piot.UnsplittablePlanError:
        return f"{kind} refused"
    is_same(found, expected, ordered=kind == "sorted")
    return "same"


def by_execute(data: st.DataObject, lazy: pl.LazyFrame, here: pl.LazyFrame) -> str:
    """Keep what is made of rows that are kept, and let go of those."""
    unit = data.draw(st.sampled_from(UNITS))
    column = data.draw(st.sampled_from(["date", "later"]))
    step: Step = data.draw(
        st.sampled_from(
            [
                lambda lf: lf,
                lambda lf: lf.with_columns(n=C("n") + 1),
                lambda lf: lf.with_columns(t=C("x").sum().over("date", "later")),
                lambda lf: lf.group_by("date", "later", maintain_order=True).agg(C("n").sum()),
            ]
        )
    )
    try:
        expected = in_order(step(here).collect(), unit, column)
    except INVALID:
        return "invalid"
    try:
        result = step(lazy).execute(engine=engine(unit, column))
    except piot.UnsplittablePlanError:
        return "refused"
    del lazy
    found = result.lazy().collect()
    is_same(found, expected, ordered=True)
    if not isinstance(result, piot.RayResult):
        return "on the driver"
    check_result(result, found, unit, column)
    return "same"


WAYS: dict[str, Way] = {
    "by Polars": by_polars,
    "by execute_on_ray": by_execute_on_ray,
    "by the engine": by_the_engine,
    "by execute": by_execute,
}


def test_most_examples_were_kept_and_gone_on_from() -> None:
    """An engine that refuses everything, or keeps one part, would prove nothing."""
    made = sum(TALLY[key] for key in ("invalid", "refused", "on the driver", "kept"))
    assert made >= EXAMPLES, "run this test together with the others of the file"
    assert TALLY["kept"] > made * 0.4, TALLY
    if made < 100:  # fewer say nothing of shares
        return
    assert TALLY["in several parts"] > TALLY["kept"] * 0.2, TALLY
    for way in WAYS:
        assert TALLY[f"{way}: same"] > TALLY["kept"] * 0.2, TALLY
