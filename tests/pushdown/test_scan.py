"""Drawn filters on whole scans: what `scan_db` answers is what Polars answers on the frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.db import Query
from polars_io_tools.db._postgresql import PostgresReader
from tests.postgres import Server
from tests.pushdown.engines import ENGINES, postgres_engine
from tests.pushdown.predicates import Predicates
from tests.pushdown.values import Column

DRAWN = 60

# What a frame keeps of itself in a table of DuckDB.
_KEPT = (pl.String, pl.Boolean, pl.Date, pl.Binary, pl.Float32, pl.Float64)


def keeps(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.Datetime):
        return dtype.time_unit != "ms"  # which DuckDB reads from Parquet as us
    return (dtype.is_integer() and dtype != pl.Int128) or dtype in _KEPT


@pytest.mark.parametrize("split", [None, 7], ids=["whole", "in batches"])
def test_drawn_filters_on_a_scan(tmp_path: Path, split: int | None) -> None:
    import duckdb

    (engine, *rest) = ENGINES["duckdb"]("", 5)
    columns = [c for c in engine.columns if keeps(c.dtype)]
    frame = engine.frame.select(c.name for c in columns)
    for made in (engine, *rest):
        made.close()
    path = tmp_path / "nasty.duckdb"
    frame.write_parquet(tmp_path / "nasty.parquet")
    with duckdb.connect(str(path)) as connection:
        source = f"'{tmp_path}/nasty.parquet'"
        connection.execute(f"CREATE TABLE nasty AS SELECT * FROM {source}")
    lf = piot.scan_db("SELECT * FROM nasty", path, split or 65_536)
    assert lf.collect_schema() == frame.schema
    compare(lf, frame, columns, 11)


@dataclass
class Kept:
    """A table of PostgreSQL that all sessions see, without the values that Polars has not."""

    reader: PostgresReader
    query: Query
    columns: list[Column]
    frame: pl.DataFrame


@pytest.fixture(scope="module")
def kept(collating: Server) -> Iterator[Kept]:
    engine = postgres_engine(collating.uri, 7, schema="scanned")
    columns = [c for c in engine.columns if c.kind != "reach"]
    quoted = ['"' + c.name.replace('"', '""') + '"' for c in columns]
    query = Query(f"SELECT {', '.join(quoted)} FROM scanned.nasty", overrides={"es": pl.String()})
    frame = engine.frame.select(c.name for c in columns)
    yield Kept(PostgresReader(collating.uri), query, columns, frame)
    engine.close()


def test_columns_are_described_as_they_compare(kept: Kept) -> None:
    orders = set()
    found = kept.reader.describe(kept.query).columns
    for column, want in zip(found, kept.columns, strict=True):
        assert (column.name, column.dtype) == (want.name, want.dtype)
        if want.name == "sc" or "COLLATE" in want.stored:
            assert column.collation == want.described["collation"], column
            orders.add(column.collation)
    assert {"c", "deterministic"} <= orders


def test_drawn_filters_on_a_scan_of_postgresql(kept: Kept) -> None:
    lf = piot.scan_db(kept.query.text, kept.reader, schema_overrides=kept.query.overrides)
    compare(lf, kept.frame, kept.columns, 13)
    texts = [c for c in kept.columns if "COLLATE" in c.stored]
    compare(lf, kept.frame, texts, 17)


def compare(lf: pl.LazyFrame, frame: pl.DataFrame, columns: list[Column], seed: int) -> None:
    drawn = Predicates(frame, columns, seed)
    for _ in range(DRAWN):
        predicate = drawn.draw()
        want = frame.lazy().filter(predicate).select("id").collect()
        got = lf.filter(predicate).select("id").collect()
        assert_frame_equal(got, want, check_row_order=False)
