"""Drawn partitions and filters over tables of databases: the rows are those of the frame."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools._split import check_split
from tests.property.tally import Tally
from tests.property.test_partitions import DERIVED, INVALID, LISTED, fast, specifications
from tests.property.values import POOLS, filters, is_numeric

DRAWN = max(60, int(os.environ.get("PIOT_EXAMPLES", "2000")) // 20)

# How many partitions there may be.
MOST = 12

ROWS = 40

# The types that each database gives as they were written, by what they are called there.
KINDS = {
    "duckdb": {
        "int8": "TINYINT",
        "uint8": "UTINYINT",
        "int64": "BIGINT",
        "uint64": "UBIGINT",
        "float64": "DOUBLE",
        "float32": "REAL",
        "decimal": "DECIMAL(12, 2)",
        "string": "VARCHAR",
        "binary": "BLOB",
        "boolean": "BOOLEAN",
        "date": "DATE",
    },
    "sqlite": {
        "int64": "INTEGER",
        "string": "TEXT",
        "binary": "BLOB",
        "boolean": "BOOLEAN",
        "date": "DATE",
    },
}

TALLY = Tally()


def frame_of(kinds: dict[str, str]) -> pl.DataFrame:
    rng = random.Random(7)
    columns = [pl.Series("x", range(ROWS), pl.Int64)]
    for kind in kinds:
        dtype, pool = POOLS[kind]
        values = [None if rng.random() < 0.15 else rng.choice(pool) for _ in range(ROWS)]
        columns.append(pl.Series(kind, values, dtype=dtype))
    return pl.DataFrame(columns)


def make(database: str, folder: Path) -> tuple[str, pl.DataFrame]:
    """Return the URI of a table with a column of each kind, and its rows."""
    kinds = KINDS[database]
    frame = frame_of(kinds)
    declared = ", ".join(f'"{kind}" {name}' for kind, name in kinds.items())
    created = f"CREATE TABLE pools (x BIGINT, {declared})"
    holes = ", ".join("?" * frame.width)
    path = folder / f"pools.{database}"
    if database == "sqlite":
        written = frame.with_columns(pl.col("date").dt.to_string())
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(created.replace("BIGINT", "INTEGER"))
            connection.executemany(f"INSERT INTO pools VALUES ({holes})", written.iter_rows())
            connection.commit()
    else:
        import duckdb

        with duckdb.connect(str(path)) as duck:
            duck.execute(created)
            duck.executemany(f"INSERT INTO pools VALUES ({holes})", frame.rows())
    return f"{database}:///{path}", frame


@pytest.fixture(scope="module", params=KINDS)
def pools(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, pl.DataFrame]:
    return make(request.param, tmp_path_factory.mktemp("pools"))


def draw_read(data: st.DataObject, uri: str, table: pl.DataFrame) -> None:
    """Check one read in partitions against the frame."""
    kinds = sorted(KINDS[uri.partition("://")[0]])
    how = data.draw(st.sampled_from([*DERIVED, *LISTED]))
    able = [k for k in kinds if how != "range" or is_numeric(k)]
    first, second = data.draw(st.sampled_from(able)), data.draw(st.sampled_from(kinds))
    frame = table.select("x", c0=first, c1=second)
    spec = data.draw(specifications(how, [first, second]))
    predicate: Any = pl.lit(True)
    for _ in range(data.draw(st.integers(0, 2))):
        predicate = predicate & data.draw(filters("c0", first))
    query = f'SELECT x, "{first}" AS c0, "{second}" AS c1 FROM pools'
    lf = piot.scan_db(
        query,
        uri,
        schema=frame.schema,
        fetch_size=data.draw(st.sampled_from([3, 1000])),
        partitions=spec,
        max_partitions=MOST,
        max_concurrency=data.draw(st.integers(1, 3)),
        preserve_partition_order=data.draw(st.booleans()),
    ).filter(predicate)
    columns = data.draw(st.sampled_from([["x"], ["c1", "x"], ["x", "c0", "c1"]]))
    try:
        want = expected(frame, spec, predicate).select(columns)
    except INVALID:
        TALLY.add("invalid")
        return
    try:
        got = lf.select(columns).collect()
    except piot.TooManyPeriodsError:
        TALLY.add("too many")
        return
    TALLY.add(how)
    assert_frame_equal(got, want, check_row_order=False)


def expected(frame: pl.DataFrame, spec: Any, predicate: pl.Expr) -> pl.DataFrame:
    """Return what a frame has to give, which of listed partitions are the rows of each."""
    split = check_split(frame.lazy(), spec, date_column=None, time_unit=None, max_periods=MOST)
    rows = frame.lazy().filter(predicate)
    if split.listing is None:
        return rows.collect()
    parts = split.listing(None) or ()
    empty = frame.clear()
    return pl.concat([empty, *(rows.filter(part.predicate).collect() for part in parts)])


@fast(DRAWN)
@given(data=st.data())
def test_a_read_in_partitions_gives_the_rows_of_the_table(
    data: st.DataObject, pools: tuple[str, pl.DataFrame]
) -> None:
    draw_read(data, *pools)


def test_most_examples_were_checked() -> None:
    assert sum(TALLY[how] for how in (*DERIVED, *LISTED)) > DRAWN, TALLY.counts
    for how in (*DERIVED, *LISTED):
        assert TALLY[how] > 0, TALLY.counts
