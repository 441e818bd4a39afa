"""`scan_db(partitions=…)`: the rows are those of one statement, from several at a time."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import polars.selectors as cs
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.db import explain_sql
from tests.database import places

if TYPE_CHECKING:
    from tests.postgres import Server

QUERY = "SELECT * FROM parted"
DAY, PRICE, SYMBOL, SIZE = (pl.col(c) for c in ("date", "price", "symbol", "size"))
QUARTER = DAY.is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))


# Names that are patterns, where they are not taken for names.
ODD: dict[str, piot.Partitions] = {
    "a name like a pattern": piot.by_value("^size$"),
    "a selector": [
        piot.ReadPartition(cs.by_name("^size$") < 500, "low"),
        piot.ReadPartition(cs.last() >= 500, "high"),
        piot.ReadPartition(cs.starts_with("^s").is_null()),
    ],
}


class Halves:
    """A partitioner of the user, which needs a filter."""

    on = "price"

    def build(self, predicate: pl.Expr | None) -> list[piot.ReadPartition] | None:
        if predicate is None:
            return None
        return [piot.ReadPartition(PRICE < 500, "low"), piot.ReadPartition(PRICE >= 500, "high")]


def listed(*pairs: tuple[str, pl.Expr]) -> list[piot.ReadPartition]:
    return [piot.ReadPartition(predicate, key) for key, predicate in pairs]


def is_odd(day: dt.date) -> bool:
    return int(day.strftime("%d")) % 2 == 1


# Partitioners, a filter, and the partitions that follow; [""] for none.
SPLITS: dict[str, tuple[piot.Partitions, pl.Expr, list[str]]] = {
    "months": (piot.by_time("date"), QUARTER, ["2024-01", "2024-02", "2024-03"]),
    "no second bound": (piot.by_time("date"), dt.date(2024, 1, 5) < DAY, [""]),
    "values": (piot.by_value("symbol"), SYMBOL.is_in(["s1", "s4"]), ["s1", "s4"]),
    "no values": (piot.by_value("symbol"), SYMBOL > "s3", [""]),
    "named values": (
        piot.by_value("symbol", [f"s{n}" for n in range(7)]),
        SYMBOL.is_in(["s2", "s5"]),
        ["s2", "s5"],
    ),
    "ranges and nulls": (
        piot.by_range("size", 400),
        SIZE.is_between(0, 999) | SIZE.is_null(),
        ["[0, 399]", "[400, 799]", "[800, 999]", "null"],
    ),
    "keys of an expression": (
        piot.by_key([0, 1, 2, None], by=SIZE % 3),
        PRICE > 3,
        ["0", "1", "2", "null"],
    ),
    "a list": (
        listed(("old", dt.date(2024, 2, 1) > DAY), ("new", dt.date(2024, 2, 1) <= DAY)),
        PRICE != 3,
        ["old", "new"],
    ),
    "a partitioner of the user": (Halves(), PRICE < 900, ["low", "high"]),
    "a filter by a function of Python": (
        listed(("cheap", PRICE < 90), ("dear", PRICE >= 90)),
        DAY.map_elements(is_odd, pl.Boolean),
        ["cheap", "dear"],
    ),
    "months and a function of Python": (
        piot.by_time("date"),
        QUARTER & DAY.map_elements(is_odd, pl.Boolean),
        [""],
    ),
    "nothing left": (piot.by_value("symbol"), SYMBOL.is_in(["s1"]) & (SYMBOL == "s2"), []),
}


@pytest.fixture(scope="module", params=places.DATABASES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> str:
    """The URI of a database that has the table."""
    return places.make(request.param, tmp_path_factory.mktemp("place"), postgres, "parted")


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@pytest.mark.parametrize("name", SPLITS)
def test_the_rows_are_those_of_the_query(
    place: str, name: str, engine: Literal["streaming", "in-memory"]
) -> None:
    partitions, predicate, labels = SPLITS[name]
    lf = piot.scan_db(QUERY, place, fetch_size=100, partitions=partitions).filter(predicate)
    want = places.frame().filter(predicate)
    assert_frame_equal(lf.collect(engine=engine), want, check_row_order=False)
    few = lf.filter(PRICE > 30).select("symbol").collect(engine=engine)
    assert_frame_equal(few, want.filter(PRICE > 30).select("symbol"), check_row_order=False)
    assert lf.select(pl.len()).collect().item() == want.height
    assert [scan.part for scan in explain_sql(lf).scans] == labels


def test_each_statement_has_the_filter_of_its_partition_and_that_of_the_query(place: str) -> None:
    lf = piot.scan_db(QUERY, place, partitions=piot.by_value("symbol")).select("price", "symbol")
    plan = explain_sql(lf.filter(SYMBOL.is_in(["s1", "s4"]), PRICE > 30).select("price"))
    for scan, symbol in zip(plan.scans, ("'s1'", "'s4'"), strict=True):
        where = scan.sql.partition("WHERE")[2]
        assert '"price"' in where
        assert symbol in scan.params or symbol in where
        assert '"size"' not in scan.sql


def test_queries_that_may_answer_anew_for_each_partition_are_told(place: str) -> None:
    some = piot.by_value("symbol", ["s1", "s4", "s5"])
    cut = piot.scan_db(f"{QUERY} LIMIT 500", place, partitions=some)
    assert [note.partition(": ")[2][:22] for note in explain_sql(cut).notes] == [
        "each part runs the que"
    ]
    assert not explain_sql(piot.scan_db(QUERY, place, partitions=some)).notes
    assert cut.collect().height <= 500


def test_the_order_of_the_partitions_is_kept(place: str) -> None:
    values = ["s4", "s1", "s6", "s0"]
    lf = piot.scan_db(
        QUERY,
        place,
        fetch_size=50,
        partitions=piot.by_value("symbol", values),
        preserve_partition_order=True,
        max_concurrency=3,
    )
    symbols = lf.collect()["symbol"]
    assert symbols.unique(maintain_order=True).to_list() == values
    assert symbols.len() == places.frame().filter(SYMBOL.is_in(values)).height


@pytest.mark.parametrize("name", ODD)
def test_partitions_by_columns_that_are_not_wanted(place: str, name: str) -> None:
    size = pl.col("size").alias("^size$")
    frame = places.frame().select("price", size).filter(PRICE < 99)
    query = 'SELECT price, size AS "^size$" FROM parted WHERE price < 99'
    lf = piot.scan_db(query, place, partitions=ODD[name])
    few = cs.by_name("^size$").is_in([3, 8, 9])
    for predicate in (pl.lit(True), few):
        got = lf.filter(predicate).select("price").collect()
        want = frame.filter(predicate).select("price")
        assert_frame_equal(got, want, check_row_order=False)


OVERLAPPING = listed(("first", PRICE < 15), ("second", PRICE.is_between(9, 30)))


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_lists_mean_what_they_say(place: str, engine: Literal["streaming", "in-memory"]) -> None:
    lf = piot.scan_db(QUERY, place, partitions=OVERLAPPING)
    frame = places.frame()
    want = pl.concat(frame.filter(part.predicate) for part in OVERLAPPING)
    assert_frame_equal(lf.collect(engine=engine), want, check_row_order=False)
    kept = lf.filter(PRICE > 12).collect(engine=engine)
    assert_frame_equal(kept, want.filter(PRICE > 12), check_row_order=False)


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_limit_takes_rows_of_the_partitions_and_comes_before_the_filter(
    place: str, engine: Literal["streaming", "in-memory"]
) -> None:
    lf = piot.scan_db(QUERY, place, partitions=OVERLAPPING)
    # The first partition has ten rows.
    first = lf.head(15).filter(PRICE < 3, SIZE.is_null() | (SIZE >= 0)).select("price")
    assert sorted(first.collect(engine=engine)["price"]) == [0.0, 1.5]
    assert max(lf.head(15).collect(engine=engine)["price"]) > 13.5
    assert lf.head(0).collect(engine=engine).height == 0
    derived = piot.scan_db(QUERY, place, partitions=piot.by_time("date"))
    (scan,) = explain_sql(derived.head(7).filter(QUARTER)).scans
    assert scan.limit == 7
    assert derived.head(7).collect(engine=engine).height == 7
    assert derived.filter(QUARTER).head(7).collect(engine=engine).height == 7


def test_too_many_partitions_are_refused(place: str) -> None:
    by_day = piot.scan_db(QUERY, place, partitions=piot.by_time("date", "1d"), max_partitions=30)
    with pytest.raises(piot.TooManyPeriodsError, match="at most max_partitions=30 are allowed"):
        by_day.filter(QUARTER).collect()
    assert by_day.filter(QUARTER, dt.date(2024, 1, 30) >= DAY).collect().height > 0
    parts = piot.by_value("symbol", [f"s{n}" for n in range(7)])
    values = piot.scan_db(QUERY, place, partitions=parts, max_partitions=6)
    with pytest.raises(ValueError, match="there are 7 partitions, and max_partitions is 6"):
        values.collect()


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no partitioner": ({"partitions": "date"}, TypeError, "partitions must be by_time"),
    "the class of one": ({"partitions": Halves}, TypeError, "partitions must be by_time"),
    "no partition": ({"partitions": [PRICE > 1]}, TypeError, "element 0 of partitions must be"),
    "no condition": ({"partitions": listed(("x", PRICE))}, TypeError, "must be a condition"),
    "unknown column": (
        {"partitions": piot.by_time("dat")},
        ValueError,
        r"'dat' of by_time is not a column of the query; did you mean 'date'\?",
    ),
    "type of the column": ({"partitions": piot.by_time("price")}, TypeError, "has to be a Date"),
    "value of another type": (
        {"partitions": piot.by_value("size", ["x"])},
        ValueError,
        "value 'x' does not fit the column 'size'",
    ),
    "no partitions at all": (
        {"partitions": piot.by_time("date"), "max_partitions": 0},
        ValueError,
        "max_partitions must be at least 1, not 0",
    ),
    "no connections": ({"max_concurrency": 0}, ValueError, "max_concurrency must be at least 1"),
    "half a connection": ({"max_concurrency": 1.5}, TypeError, "max_concurrency must be an int"),
    "an order": ({"preserve_partition_order": 1}, TypeError, "must be True or False, not 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_at_the_call(place: str, name: str) -> None:
    options, error, message = WRONG[name]
    with pytest.raises(error, match=rf"^scan_db: .*{message}"):
        piot.scan_db(QUERY, place, **options)


@pytest.mark.parametrize(
    "predicate",
    [
        PRICE.mean() > PRICE,
        SIZE.map_batches(lambda s: s > s.mean(), return_dtype=pl.Boolean),
        PRICE.rank() < 5,
        PRICE.shift() < 5,
        pl.int_range(pl.len()) < 5,
    ],
    ids=["an aggregate", "a function of Python", "a rank", "a neighbour", "a position"],
)
def test_conditions_that_look_at_more_than_a_row_are_refused(
    place: str, predicate: pl.Expr
) -> None:
    lf = piot.scan_db(QUERY, place, partitions=[piot.ReadPartition(predicate)])
    with pytest.raises(piot.UnsplittablePlanError, match=r"look at one row at a time.*: \S"):
        lf.collect()


def test_a_partitioned_scan_travels(place: str) -> None:
    lf = piot.scan_db(QUERY, place, partitions=piot.by_value("symbol")).filter(SYMBOL == "s1")
    again = pickle.loads(pickle.dumps(lf))
    want = places.frame().filter(SYMBOL == "s1")
    assert_frame_equal(again.collect(), want, check_row_order=False)


def test_an_error_of_the_database_names_the_partition(place: str) -> None:
    query = {
        "postgresql": "SELECT symbol, 1 / (symbol <> 's4')::int AS x FROM parted",
        "duckdb": "SELECT symbol, CASE WHEN symbol = 's4' THEN error('no')::INTEGER END AS x "
        "FROM parted",
        "sqlite": "SELECT symbol, CASE WHEN symbol = 's4' THEN 'no' END AS x FROM parted",
    }[place.partition("://")[0]]
    overrides = {"x": pl.Int64} if place.startswith("sqlite") else None
    lf = piot.scan_db(
        query, place, schema_overrides=overrides, partitions=piot.by_value("symbol", ["s1", "s4"])
    )
    with pytest.raises(piot.DatabaseError, match=r"^scan_db: partition s4: "):
        lf.collect()
