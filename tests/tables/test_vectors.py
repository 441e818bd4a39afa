"""Tables of which another writer deleted rows by deletion vectors: read, and not written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import polars_io_tools as piot
from tests.lake import delete_rows


@pytest.fixture
def t(uri: str) -> piot.Table:
    made = piot.create_table(uri, {"k": pl.Int64, "v": pl.Int64}, key="k")
    with made.txn() as txn:
        txn.write({"k": [*range(10)], "v": [0] * 10})
    return made


def keys(t: piot.Table) -> list[int]:
    return t.scan().to_polars()["k"].sort().to_list()


def test_rows_that_are_deleted_are_not_read(t: piot.Table) -> None:
    delete_rows(Path(t.uri), 1, [2, 5])
    assert keys(t) == [0, 1, 3, 4, 6, 7, 8, 9]
    [shard] = t.scan().shards()
    assert shard.rows is None


def test_such_tables_are_not_written(t: piot.Table) -> None:
    delete_rows(Path(t.uri), 1, [2])
    with pytest.raises(piot.TableError, match="deletion vectors"):
        t.txn()


def test_a_deleted_row_does_not_come_back(t: piot.Table) -> None:
    stale = t.txn(mode="upsert")
    files = {*Path(t.uri).glob("*.parquet")}
    stale.write({"k": [7], "v": [1]})
    # The files of the table are still the same: nothing but the vector tells of the change.
    delete_rows(Path(t.uri), 1, [2])
    with pytest.raises(piot.CommitConflictError, match="deletion vectors"):
        stale.commit()
    assert 2 not in keys(t)
    assert {*Path(t.uri).glob("*.parquet")} == files
