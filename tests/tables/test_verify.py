from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import polars_io_tools as piot
from tests.lake import delete_rows, rewrite_log
from tests.tables.keys import KEYS, rows


@pytest.fixture
def t(uri: str) -> piot.Table:
    schema = {"k": pl.Int64, "ts": pl.Datetime("us", "UTC"), "v": pl.String}
    made = piot.create_table(uri, schema, key="k")
    for i in range(2):
        with made.txn() as txn:
            txn.write({"k": range(i, 100, 2), "v": [None, "x"] * 25})
    return made


def found(t: piot.Table) -> list[Any]:
    report = t.verify()
    assert report.ok == (report.findings.height == 0)
    return report.findings.select("check", "message").rows()


def first(t: piot.Table) -> Path:
    name: str = t.snapshot().actions.sort("modification_time")["path"][0]
    return Path(t.uri) / name


def lie(t: piot.Table, change: Any) -> None:
    """Change the statistics of the files in the log."""

    def changed(add: dict[str, Any]) -> None:
        stats = json.loads(add["stats"])
        change(stats)
        add["stats"] = json.dumps(stats)

    rewrite_log(Path(t.uri), changed)


def replace(t: piot.Table, frame: pl.DataFrame) -> None:
    """Replace the rows of the first file, with what the log says of its size."""
    path = first(t)
    frame.write_parquet(path)
    name, size = path.name, path.stat().st_size

    def changed(add: dict[str, Any]) -> None:
        if add["path"] == name:
            add["size"] = size

    rewrite_log(Path(t.uri), changed)


def test_a_table_in_order_has_no_findings(t: piot.Table) -> None:
    assert found(t) == []
    foreign = pl.DataFrame({"k": [300, 200], "ts": [None, None], "v": ["", None]}, t.schema)
    deltalake.write_deltalake(t.uri, foreign, mode="append")
    assert found(t) == [], "files of others need not be sorted"
    assert t.verify().findings.columns == ["file", "check", "message"]


@settings(max_examples=3, suppress_health_check=[*HealthCheck], deadline=None)
@pytest.mark.parametrize("dtypes", KEYS, ids=str)
@given(data=st.data())
def test_tables_of_all_keys_are_in_order(dtypes: list[pl.DataType], data: st.DataObject) -> None:
    frame = data.draw(rows(dtypes))
    with tempfile.TemporaryDirectory() as folder:
        key = [f"k{i}" for i in range(len(dtypes))]
        t = piot.create_table(f"{folder}/t", frame.schema, key=key)
        for part in (frame[::2], frame[1::2]):
            with t.txn() as txn:
                txn.write(part)
        assert found(t) == []


def test_files_that_are_gone_or_others_are_missing(t: piot.Table) -> None:
    path = first(t)
    path.write_bytes(path.read_bytes() + b"x")
    [(check, message)] = found(t)
    assert (check, "where the log says" in message) == ("missing", True)
    path.unlink()
    assert found(t) == [("missing", "the file is not there")]


def test_rows_that_break_the_key_are_found(t: piot.Table) -> None:
    good = pl.read_parquet(first(t))
    replace(t, good.reverse())
    assert [check for check, _ in found(t)] == ["order"]
    replace(t, good.with_columns(k=pl.col("k") // 4 * 4))
    assert "uniqueness" in [check for check, _ in found(t)]
    replace(t, good.with_columns(k=pl.col("k") + 1))
    assert "uniqueness" in [check for check, _ in found(t)]
    replace(t, good.with_columns(k=pl.when(pl.col("k") > 50).then("k")))
    assert "nullability" in [check for check, _ in found(t)]


@pytest.mark.parametrize(
    ("which", "name", "value", "message"),
    [
        ("minValues", "k", 5, "'k' is from"),
        ("maxValues", "k", 5, "'k' is from"),
        ("maxValues", "v", "a", "'v' is from 'x' to 'x', where the log says 'x' to 'a'"),
        ("nullCount", "v", 3, "25 nulls of 'v', the log says 3"),
    ],
)
def test_wrong_statistics_are_found(
    t: piot.Table, which: str, name: str, value: Any, message: str
) -> None:
    lie(t, lambda stats: stats[which].update({name: value}))
    assert all(check == "statistics" and message in text for check, text in found(t))
    assert len(found(t)) == 2


def test_wrong_numbers_of_rows_are_found(t: piot.Table) -> None:
    lie(t, lambda stats: stats.update(numRecords=7))
    assert found(t) == [("statistics", "50 rows, where the log says 7")] * 2


def test_bounds_of_decimals_are_found(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64, "x": pl.Decimal(10, 2)}, key="k")
    with t.txn() as txn:
        txn.write({"k": [1], "x": [Decimal(1)]})
    assert found(t) == []
    # The property that keeps other writers from it is removed.
    log = deltalake.DeltaTable(uri)
    log.alter.set_table_properties({"delta.dataSkippingStatsColumns": "k,x"})
    lie(t, lambda stats: stats["minValues"].update(x=1.0))
    [(check, message)] = found(t)
    assert (check, "decimals 'x'" in message) == ("statistics", True)


def test_rows_that_are_deleted_do_not_count(t: piot.Table) -> None:
    delete_rows(Path(t.uri), 1, [0])
    assert found(t) == []
