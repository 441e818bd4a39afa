from __future__ import annotations

import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pytest

import polars_io_tools as piot

NO_KEY = '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}'
SCHEMA: dict[str, Any] = {"symbol": pl.String, "ts": pl.Datetime("us", "UTC"), "price": pl.Float64}


def test_what_was_made_is_what_is_opened(uri: str) -> None:
    made = piot.create_table(uri, SCHEMA, key=["symbol", "ts"])
    opened = piot.table(uri)
    assert opened.schema == made.schema == pl.Schema(SCHEMA)
    assert opened.key_schema == pl.Schema({"symbol": pl.String, "ts": SCHEMA["ts"]})
    assert opened.table_id == made.table_id
    assert opened.unique
    assert pickle.loads(pickle.dumps(opened)).table_id == made.table_id


def test_keys_are_not_null_and_properties_tell_of_them(uri: str) -> None:
    schema = {"venue": pl.String, **SCHEMA}
    piot.create_table(uri, schema, key=["ts", "symbol"], unique=False)
    log = deltalake.DeltaTable(uri)
    nullable = {f.name: f.nullable for f in log.schema().fields}
    assert nullable == {"venue": True, "symbol": False, "ts": False, "price": True}
    assert json.loads(log.metadata().configuration["piot.key"]) == ["ts", "symbol"]
    assert json.loads(log.metadata().configuration["piot.unique"]) is False
    # Key columns first, in the order of the key; floats not at all, see Layout.properties.
    named = log.metadata().configuration["delta.dataSkippingStatsColumns"]
    assert named == "`ts`,`symbol`,`venue`"


def test_tables_whose_features_are_listed_say_that_columns_are_not_null(uri: str) -> None:
    """Spark refuses others; without a list it is a matter of the version of the protocol."""
    piot.create_table(uri, {"ts": pl.Datetime("us")}, key="ts")
    assert "invariants" in (deltalake.DeltaTable(uri).protocol().writer_features or [])
    # One that was killed in between is made whole by the next one.
    entry = Path(uri) / "_delta_log" / f"{1:020}.json"
    entry.unlink()
    piot.create_table(uri, {"ts": pl.Datetime("us")}, key="ts", exist_ok=True)
    assert "invariants" in (deltalake.DeltaTable(uri).protocol().writer_features or [])
    assert entry.exists()


@pytest.mark.parametrize(
    "schema",
    [
        pl.Schema(SCHEMA),
        SCHEMA,
        pa.schema(
            [("symbol", pa.large_string()), ("ts", pa.timestamp("us", "UTC")), ("price", "f8")]
        ),
    ],
)
def test_schemas_come_in_three_forms(uri: str, schema: Any) -> None:
    assert piot.create_table(uri, schema, key=["symbol"]).schema == pl.Schema(SCHEMA)


def test_arrow_fields_that_are_not_nullable_stay_so(uri: str) -> None:
    schema = pa.schema([pa.field("k", pa.int64()), pa.field("v", pa.int64(), nullable=False)])
    piot.create_table(uri, schema, key="k")
    assert [f.nullable for f in deltalake.DeltaTable(uri).schema().fields] == [False, False]


def test_a_key_schema_is_a_key(uri: str) -> None:
    t = piot.create_table(uri, SCHEMA, key=["symbol", "ts"])
    copy = piot.create_table(uri + "2", t.schema, key_schema=t.key_schema)
    assert copy.key_schema == t.key_schema


EVERY: dict[str, Any] = {
    "i8": pl.Int8(),
    "i16": pl.Int16(),
    "i32": pl.Int32(),
    "i64": pl.Int64(),
    "u8": pl.UInt8(),
    "u16": pl.UInt16(),
    "u32": pl.UInt32(),
    "f32": pl.Float32(),
    "f64": pl.Float64(),
    "bool": pl.Boolean(),
    "str": pl.String(),
    "bin": pl.Binary(),
    "date": pl.Date(),
    "time": pl.Time(),
    "ms": pl.Datetime("ms"),
    "us": pl.Datetime("us"),
    "ns": pl.Datetime("ns"),
    "utc": pl.Datetime("us", "UTC"),
    "berlin": pl.Datetime("us", "Europe/Berlin"),
    "ns_berlin": pl.Datetime("ns", "Europe/Berlin"),
    "dur_ms": pl.Duration("ms"),
    "dur_us": pl.Duration("us"),
    "dur_ns": pl.Duration("ns"),
    "dec": pl.Decimal(38, 9),
    "list": pl.List(pl.Int64()),
    "struct": pl.Struct({"a": pl.Int64(), "b": pl.List(pl.String())}),
}


def test_types_come_back_as_they_were(uri: str) -> None:
    assert piot.create_table(uri, EVERY, key="i8").schema == pl.Schema(EVERY)
    assert piot.table(uri).schema == pl.Schema(EVERY)


@pytest.mark.parametrize(
    ("dtype", "use"),
    [
        (pl.UInt64(), "use Int64"),
        (pl.Int128(), "use Int64"),
        (pl.Enum(["a"]), "use String"),
        (pl.Categorical(), "use String"),
        (pl.Array(pl.Int64, 2), "use List"),
        (pl.Null(), "give the column a type"),
        (pl.Object(), "give the column a type"),
        (pl.List(pl.UInt64), "use Int64"),
        (pl.List(pl.UInt8), "cast it to Int16"),
        (pl.Struct({"x": pl.Datetime("ns")}), "cast it to Int64"),
    ],
)
def test_types_that_cannot_be_stored_are_named(uri: str, dtype: Any, use: str) -> None:
    with pytest.raises(piot.TableSchemaError, match=use) as caught:
        piot.create_table(uri, {"k": pl.Int64(), "column x": dtype}, key="k")
    assert "'column x'" in str(caught.value)
    assert not Path(uri).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give a key"),
        ({"key": "symbol", "key_schema": {"symbol": pl.String}}, "give a key"),
        ({"key": []}, "no columns"),
        ({"key": ["symbol", "symbol"]}, "twice"),
        ({"key": ["other"]}, "'other' is not in the schema: it has 'symbol', 'ts', 'price'"),
        ({"key": ["price"]}, "'price' is Float64: floats cannot be keys"),
        ({"key_schema": {"symbol": pl.Int64}}, "is Int64 in key_schema and String in schema"),
    ],
)
def test_what_is_no_key_is_refused(uri: str, arguments: Any, message: str) -> None:
    with pytest.raises(piot.TableSchemaError, match=message):
        piot.create_table(uri, SCHEMA, **arguments)


def test_lists_are_no_keys(uri: str) -> None:
    with pytest.raises(piot.TableSchemaError, match="lists and structs cannot be keys"):
        piot.create_table(uri, {"k": pl.List(pl.Int64)}, key="k")


def test_columns_that_differ_in_case_only_are_refused(uri: str) -> None:
    with pytest.raises(piot.TableSchemaError, match="'a' and 'A'"):
        piot.create_table(uri, {"a": pl.Int64, "A": pl.Int64}, key="a")


def test_a_table_that_is_there_is_an_error_unless_it_is_equal(uri: str) -> None:
    made = piot.create_table(uri, SCHEMA, key="symbol")
    with pytest.raises(piot.TableError, match="exist_ok=True"):
        piot.create_table(uri, SCHEMA, key="symbol")
    assert piot.create_table(uri, SCHEMA, key="symbol", exist_ok=True).table_id == made.table_id
    with pytest.raises(piot.TableError, match=r"its key is \['symbol'\], not \['ts'\]"):
        piot.create_table(uri, SCHEMA, key="ts", exist_ok=True)
    with pytest.raises(piot.TableError, match="unique=True"):
        piot.create_table(uri, SCHEMA, key="symbol", unique=False, exist_ok=True)
    with pytest.raises(piot.TableError, match="its columns are"):
        piot.create_table(uri, {"symbol": pl.String}, key="symbol", exist_ok=True)


def test_places_without_tables_say_what_to_do(uri: str) -> None:
    with pytest.raises(piot.TableNotFoundError, match="make one by piot"):
        piot.table(uri)
    deltalake.DeltaTable.create(uri, deltalake.Schema.from_json(NO_KEY))
    with pytest.raises(piot.TableNotFoundError, match="has no key"):
        piot.table(uri)
    with pytest.raises(piot.TableNotFoundError, match="on local disks and on S3"):
        piot.table("gs://bucket/table")


def test_columns_are_checked(uri: str) -> None:
    t = piot.create_table(uri, SCHEMA, key="symbol")
    assert t["price"].meta.eq(pl.col("price"))
    with pytest.raises(piot.TableSchemaError, match="no column 'prize'; it has 'symbol', 'ts'"):
        t["prize"]


def test_relative_paths_are_those_of_the_folder_of_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = piot.create_table("here", SCHEMA, key="symbol")
    monkeypatch.chdir("/")
    assert t.snapshot().version == 0
    assert t.uri == str(tmp_path / "here")


def test_history_is_a_frame(uri: str) -> None:
    history = piot.create_table(uri, SCHEMA, key="symbol").history()
    assert history.select("version", "operation").rows() == [(0, "CREATE TABLE")]
    assert history.schema["timestamp"] == pl.Datetime("ms", "UTC")


def test_of_several_that_make_a_table_one_does(uri: str) -> None:
    names = "abcd"
    together = threading.Barrier(len(names))

    def make(name: str, place: str) -> str | None:
        together.wait()
        try:
            piot.create_table(place, {name: pl.Int64}, key=name)
        except piot.TableError:
            return None
        return name

    with ThreadPoolExecutor(len(names)) as pool:
        for number in range(20):
            place = f"{uri}{number}"
            made = [n for n in pool.map(make, names, [place] * len(names)) if n is not None]
            assert made == [*piot.table(place).schema]
            assert piot.table(place).history().height == 1
