"""The examples of the documentation for work in other processes, as they stand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot

FIRST = """\
t = piot.create_table(uri, schema, key=["symbol", "ts"], unique=True)        # or piot.table(uri); t.key_schema, t.schema, t.table_id
predicate = t["ts"] > datetime(2020, 3, 1)                                     # t[name] is pl.col(name), checked against the schema
snap = t.snapshot(); snap.asof                                               # fixes the state; str and JSON round trip
scan = t.scan("symbol", "ts", "price", where=predicate, asof=snap.asof)
scan.to_polars(); scan.lazy(); scan.to_table(); scan.to_pandas(); scan.to_record_batches()     # each accepts shard= / shards=
scan.shards()                 # cheap: physical layout
scan.compute_shards(n=64)     # scans keys: equal rows, ties never split
ds = scan.to_ray_dataset()
copy = piot.create_table(uri2, t.schema, key_schema=t.key_schema)             # key= or key_schema=
with copy.txn() as txn:
    ds.write_datasink(txn.to_ray_datasink())
"""  # noqa: E501  (as it is in the documentation)

READING = """\
def read(shard_json):                                    # code on another node
    return piot.table(uri).scan(where=predicate, asof=asof, shard=piot.Shard.from_json(shard_json)).to_table()
with ThreadPoolExecutor() as ex:
    parts = list(ex.map(read, [s.to_json() for s in piot.table(uri).scan(where=predicate, asof=asof).shards()]))
"""  # noqa: E501  (as it is in the documentation)

WRITING = """\
def write(i):                                            # code on another node
    txn = piot.table(squares).txn()
    txn.write({"key": [i], "square": [i * i]})
    return txn.take().to_json()
with piot.table(squares).txn() as txn:                   # the driver's transaction starts first
    with ThreadPoolExecutor() as ex:
        for ops in ex.map(write, range(4)):
            txn.include(piot.TransactionOps.from_json(ops))
"""


@pytest.mark.ray
@pytest.mark.parametrize("months", [0, 12])
def test_the_whole_way(uri: str, months: int) -> None:
    schema = {"symbol": pl.String, "ts": pl.Datetime("us"), "price": pl.Float64}
    names: dict[str, Any] = {"piot": piot, "datetime": datetime, "schema": schema}
    names |= {"uri": uri, "uri2": f"{uri}2"}
    first, rest = FIRST.split("\n", 1)
    exec(first, names)
    for symbol in "ABC" if months else "":
        rows = {
            "symbol": [symbol] * months,
            "ts": [datetime(2020, m + 1, 1) for m in range(months)],
        }
        with names["t"].txn() as txn:
            txn.write(rows)
    exec(rest, names)
    found = piot.table(f"{uri}2").scan().to_polars()
    assert_frame_equal(found, names["scan"].to_polars(), check_row_order=False)
    assert found.height == (27 if months else 0)
    # The first two make the table: one with timestamps without a zone lists its features.
    assert piot.table(f"{uri}2").history().height == (3 if months else 2)


def test_reading_elsewhere(uri: str) -> None:
    schema = {"symbol": pl.String, "ts": pl.Datetime("us"), "price": pl.Float64}
    t = piot.create_table(uri, schema, key=["symbol", "ts"], unique=True)
    for symbol in "ABC":
        rows = {"symbol": [symbol] * 12, "ts": [datetime(2020, m + 1, 1) for m in range(12)]}
        with t.txn() as txn:
            txn.write(rows)
    names: dict[str, Any] = {
        "piot": piot,
        "ThreadPoolExecutor": ThreadPoolExecutor,
        "uri": uri,
        "predicate": t["ts"] > datetime(2020, 3, 1),
        "asof": t.snapshot().asof,
    }
    exec(READING, names)
    found = pl.concat([pl.DataFrame(p) for p in names["parts"]])
    assert found.height == 27
    assert found["symbol"].unique().sort().to_list() == ["A", "B", "C"]


def test_writing_elsewhere(uri: str) -> None:
    piot.create_table(uri, {"key": pl.Int64, "square": pl.Int64}, key="key")
    exec(WRITING, {"piot": piot, "ThreadPoolExecutor": ThreadPoolExecutor, "squares": uri})
    found = piot.table(uri).scan().to_polars().sort("key")
    assert found.rows() == [(0, 0), (1, 1), (2, 4), (3, 9)]
    assert piot.table(uri).history()["version"].to_list() == [1, 0]
