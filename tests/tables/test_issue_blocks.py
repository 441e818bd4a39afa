"""The examples of the documentation for work in other processes, as they stand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import polars as pl

import polars_io_tools as piot

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
