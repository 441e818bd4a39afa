"""What may be written, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from tests.tables.test_create import EVERY

FRAME = pl.DataFrame({"k": [3, 1, 2], "v": ["c", "a", None]})


@pytest.fixture
def t(uri: str) -> piot.Table:
    return piot.create_table(uri, {"k": pl.Int64, "v": pl.String}, key="k")


def _write(t: piot.Table, *frames: Any) -> None:
    with t.txn() as txn:
        for frame in frames:
            txn.write(frame)


def data_files(t: piot.Table) -> set[str]:
    return {p.name for p in Path(t.uri).iterdir() if p.is_file()}


@pytest.mark.parametrize(
    "rows",
    [
        FRAME,
        FRAME.lazy(),
        FRAME.to_arrow(),
        pa.RecordBatchReader.from_batches(FRAME.to_arrow().schema, FRAME.to_arrow().to_batches()),
        FRAME.to_dict(as_series=False),
        FRAME.to_dicts(),
        FRAME.select("v", "k"),
        FRAME.cast({"k": pl.UInt8}),
        FRAME.cast({"v": pl.Categorical}),
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_rows_come_in_many_forms(t: piot.Table, rows: Any) -> None:
    with t.txn() as txn:
        txn.write(rows)
    assert txn.version == 1
    assert t.scan().to_polars().equals(FRAME.sort("k"))


def test_columns_that_are_left_out_are_null(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [1]})
        txn.write([{"k": 2, "v": "b"}, {"k": 3}])
    assert t.scan().to_polars().sort("k").rows() == [(1, None), (2, "b"), (3, None)]


def test_every_type_comes_back(uri: str) -> None:
    t = piot.create_table(uri, EVERY, key=["ns_berlin", "i8"])
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999_999)
    values: dict[str, Any] = {
        **dict.fromkeys(["i8", "i16", "i32", "i64"], -1),
        **dict.fromkeys(["u8", "u16", "u32"], 200),
        **dict.fromkeys(["f32", "f64"], float("nan")),
        "bool": True,
        "str": "x" * 300,
        "bin": b"\xff",
        "date": dt.date(1969, 12, 31),
        "time": dt.time(23, 59, 59, 999_999),
        "ms": dt.datetime(1969, 1, 1, 0, 0, 0, 1000),
        **dict.fromkeys(["us", "ns"], moment),
        **dict.fromkeys(["utc", "berlin", "ns_berlin"], moment.replace(tzinfo=dt.UTC)),
        "dur_ms": dt.timedelta(milliseconds=-1),
        "dur_us": dt.timedelta(microseconds=-1),
        "dur_ns": dt.timedelta(microseconds=1),
        "dec": Decimal("-123456789012.123456788"),
        "list": [1, None],
        "struct": {"a": 1, "b": ["x", None]},
    }
    frame = pl.DataFrame(
        {
            n: pl.Series(n, [values[n]]).cast(d)
            if n != "dec"
            else pl.Series(n, [values[n]], dtype=d)
            for n, d in EVERY.items()
        }
    )
    with t.txn() as txn:
        txn.write(frame)
    assert_frame_equal(t.scan().to_polars(), frame)
    # Other readers of Delta see the same table.
    others = deltalake.DeltaTable(uri).to_pyarrow_table()
    assert others.num_rows == 1
    assert others["u32"][0].as_py() == 200
    assert others["utc"][0].as_py() == values["utc"]


def test_nanoseconds_are_kept(uri: str) -> None:
    dtype = pl.Datetime("ns", "UTC")
    t = piot.create_table(uri, {"k": dtype}, key="k")
    ticks = pl.Series("k", [1, 2, 3], dtype=pl.Int64).cast(dtype)
    with t.txn() as txn:
        txn.write(ticks.to_frame())
    assert t.scan().to_polars()["k"].to_physical().to_list() == [1, 2, 3]
    assert t.scan(where=t["k"] == pl.lit(2).cast(dtype)).to_polars().height == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"k": [1], "w": [1]}, "column 'w', which the table does not"),
        (pl.DataFrame({"k": [1], "w": [1]}), "column 'w', which the table does not"),
        ({"v": ["a"]}, "lack the column 'k', which may not be null"),
        ({"k": [1, None]}, "'k' may not be null, and 1 of 2 rows are"),
        ({"k": [1.5]}, "do not fit"),
        ({"k": ["1"]}, "do not fit"),
        (pl.DataFrame({"k": [1.5]}), "1.5 .* cannot be stored exactly as Int64"),
        (pl.DataFrame({"k": ["1"]}), "'k' is String in the rows and Int64 in the table"),
        (pl.DataFrame({"k": [2**63]}, {"k": pl.UInt64}), "'k' cannot become Int64"),
        (pl.DataFrame({"k": [1], "v": [1]}), "'v' is Int64 in the rows and String"),
        ({"k": [1, 2, 1]}, "the key k=1 would be there more than once"),
    ],
)
def test_rows_that_do_not_fit_are_refused(t: piot.Table, rows: Any, message: str) -> None:
    with pytest.raises(piot.InvalidRowsError, match=message):
        _write(t, {"k": [10]}, rows)
    assert t.snapshot().version == 0
    assert not data_files(t)


def test_moments_between_ticks_are_refused(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Datetime("us")}, key="k")
    ns = pl.Series("k", [1], dtype=pl.Int64).cast(pl.Datetime("ns")).to_frame()
    with pytest.raises(piot.InvalidRowsError, match="cannot be stored exactly"), t.txn() as txn:
        txn.write(ns)
    zoned = pl.Series("k", [0], dtype=pl.Int64).cast(pl.Datetime("us", "UTC")).to_frame()
    with pytest.raises(piot.InvalidRowsError, match="in the rows and"), t.txn() as txn:
        txn.write(zoned)


def test_other_things_are_no_rows(t: piot.Table) -> None:
    with pytest.raises(TypeError, match="a dict of columns or a list of dicts, not str"):
        t.txn().write("k")


def test_files_are_sorted_and_named_by_the_transaction(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write(FRAME)
        txn.write({"k": [7]})
    assert data_files(t) == {f"part-{txn.id}-{i}.parquet" for i in range(2)}
    assert pl.read_parquet(f"{t.uri}/part-{txn.id}-0.parquet")["k"].to_list() == [1, 2, 3]


def test_statistics_are_exact_or_absent(uri: str) -> None:
    schema = {
        "k": pl.Datetime("us", "UTC"),
        "dec": pl.Decimal(10, 2),
        "f": pl.Float64,
        "nan": pl.Float64,
        "s": pl.String,
        "long": pl.String,
        "d": pl.Date,
        "n": pl.Int32,
    }
    t = piot.create_table(uri, schema, key="k")
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.UTC)
    row: dict[str, Any] = {"k": moment, "dec": Decimal("1.5"), "f": 1.5, "nan": float("nan")}
    row |= {"s": 'é"', "long": "x" * 257, "d": dt.date(1960, 1, 1), "n": None}
    with t.txn() as txn:
        txn.write([row])
    [entry] = [
        json.loads(line)["add"]
        for line in (Path(uri) / "_delta_log" / f"{1:020}.json").read_text().splitlines()
        if line.startswith('{"add"')
    ]
    stats = json.loads(entry["stats"])
    bounds = {"k": "1969-12-31T23:59:59.999999Z", "f": 1.5, "s": 'é"', "d": "1960-01-01"}
    assert stats["numRecords"] == 1
    assert stats["minValues"] == stats["maxValues"] == bounds
    assert stats["nullCount"] == {**dict.fromkeys(schema, 0), "n": 1}
    assert t.snapshot().actions["min"].struct.field("k").item() == moment


def test_constraints_are_checked(t: piot.Table) -> None:
    deltalake.DeltaTable(t.uri).alter.add_constraint({"small": "k < 10"})
    with t.txn() as txn:
        txn.write({"k": [9]})
    with pytest.raises(piot.InvalidRowsError, match=r"1 of 2 rows break .* 'small' \(k < 10\)"):
        t.txn().write({"k": [1, 10]})


def test_tables_that_cannot_be_written_say_why(t: piot.Table) -> None:
    deltalake.DeltaTable(t.uri).alter.add_feature(
        deltalake.TableFeatures.RowTracking, allow_protocol_versions_increase=True
    )
    with pytest.raises(piot.TableError, match="rowTracking"):
        t.txn()


def test_a_query_is_written_batch_by_batch(t: piot.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polars_io_tools.tables._rows._CHUNK_BYTES", 1)
    frame = pl.DataFrame({"k": range(500_000)})
    path = f"{t.uri}.parquet"
    frame.write_parquet(path, row_group_size=100_000)
    with t.txn() as txn:
        txn.write(pl.scan_parquet(path))
    assert len(data_files(t)) > 1
    assert t.scan("k").to_polars().sort("k").equals(frame)
    with pytest.raises(piot.InvalidRowsError, match="more than once"), t.txn() as txn:
        txn.write(pl.concat([frame, frame]).select(pl.col("k") + 500_000).lazy())


def test_large_frames_become_files_of_a_size(
    t: piot.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polars_io_tools.tables._files._FILE_BYTES", 8_000)
    with t.txn() as txn:
        txn.write(pl.DataFrame({"k": range(10_000, 0, -1)}))
    bounds = (
        t.snapshot()
        .actions.select(
            pl.col("min").struct.field("k").alias("lo"), pl.col("max").struct.field("k").alias("hi")
        )
        .sort("lo")
    )
    assert bounds.height > 5
    assert (bounds["lo"][1:] > bounds["hi"][:-1]).all()
