"""Drawn filters on whole scans: what `scan_db` answers is what Polars answers on the frame."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from tests.pushdown.engines import ENGINES
from tests.pushdown.predicates import Predicates

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
    drawn = Predicates(frame, columns, 11)
    for _ in range(DRAWN):
        predicate = drawn.draw()
        want = frame.lazy().filter(predicate).select("id").collect()
        got = lf.filter(predicate).select("id").collect()
        assert_frame_equal(got, want, check_row_order=False)
