"""Tables in which delta-rs writes, deletes, compacts and vacuums between our own transactions.

Its files are unsorted, overlap with ours, have statistics that are cut to milliseconds, decimals in
them as floats, or none, of all columns or of some.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from typing import Any

import deltalake
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from tests.tables.keys import KEYS, rows


def _is_stored_as_it_is(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.Datetime):
        return dtype.time_unit == "us" and dtype.time_zone in (None, "UTC")
    return not isinstance(dtype, pl.UInt32 | pl.Duration | pl.Time)


# Of the other types delta-rs knows the stored ones only.
THEIRS = [dtypes for dtypes in KEYS if all(map(_is_stored_as_it_is, dtypes))]


def by_us(t: piot.Table, part: pl.DataFrame) -> None:
    with t.txn() as txn:
        txn.write(part)


def by_them(t: piot.Table, part: pl.DataFrame) -> None:
    deltalake.write_deltalake(t.uri, part.reverse(), mode="append")


def with_statistics_of(*names: str) -> Callable[[piot.Table, pl.DataFrame], None]:
    def write(t: piot.Table, part: pl.DataFrame) -> None:
        columns = {"delta.dataSkippingStatsColumns": ",".join(names)}
        deltalake.DeltaTable(t.uri).alter.set_table_properties(columns)
        by_them(t, part)

    return write


WRITE = {
    "ours": by_us,
    "theirs": by_them,
    "statistics of all columns": with_statistics_of("k0", "k1", "k2", "v"),
    "statistics of the first column": with_statistics_of("k0"),
    "statistics of no key column": with_statistics_of("v"),
}


def change(kind: str, t: piot.Table, wanted: pl.DataFrame) -> pl.DataFrame:
    """Change a table, and return the rows that it has then."""
    log = deltalake.DeltaTable(t.uri)
    key = list(t.key_schema)
    if kind == "compacted by them":
        log.optimize.compact()
    elif kind == "compacted by us":
        t.compact(target_rows=3)
    elif kind == "vacuumed":
        log.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
    elif kind == "checkpoint":
        log.create_checkpoint()
    elif kind == "deleted by them":
        log.delete("v % 3 = 0")
        return wanted.filter(pl.col("v") % 3 != 0)
    elif kind == "deleted by us":
        with t.txn() as txn:
            txn.delete_keys(wanted[::3].select(key))
        return wanted.join(wanted[::3], on=key, how="anti")
    elif kind == "upsert":
        with t.txn(mode="upsert") as txn:
            txn.write(wanted[::2].with_columns(pl.col("v") + 100))
        return pl.concat([wanted[::2].with_columns(pl.col("v") + 100), wanted[1::2]])
    return wanted


CHANGES = ["compacted by them", "compacted by us", "vacuumed", "checkpoint", "deleted by them"]
CHANGES += ["deleted by us", "upsert"]


def check(t: piot.Table, wanted: pl.DataFrame) -> None:
    """Compare the scan and its shards with the rows that there should be."""
    same: dict[str, Any] = {"check_row_order": False}
    assert_frame_equal(t.scan().to_polars(), wanted, **same)
    for where in (None, pl.col("v") % 2 == 0):
        scan = t.scan(where=where)
        some = wanted if where is None else wanted.filter(where)
        for shards in (scan.shards(), scan.compute_shards(n=3)):
            parts = [scan.to_polars(shard=s) for s in shards]
            assert_frame_equal(pl.concat(parts), some, **same)
            counted = [(s.rows, p.height) for s, p in zip(shards, parts, strict=True)]
            assert all(said in (None, there) for said, there in counted)
    for row in wanted[:2].iter_slices(1):
        with pytest.raises(piot.InvalidRowsError, match="more than once"):
            by_us(t, row)
    found = t.verify().findings.filter(~pl.col("message").str.contains("bounds of the decimals"))
    assert found.height == 0, found.rows()


@settings(max_examples=3, suppress_health_check=[*HealthCheck], deadline=None)
@pytest.mark.parametrize("dtypes", THEIRS, ids=str)
@given(data=st.data())
def test_what_others_write_is_read_and_checked(
    dtypes: list[pl.DataType], data: st.DataObject
) -> None:
    frame = data.draw(rows(dtypes, most=12))
    with tempfile.TemporaryDirectory() as folder:
        t = piot.create_table(f"{folder}/t", frame.schema, key=frame.columns[1:])
        wanted = frame.clear()
        for part in frame.iter_slices(4):
            write = WRITE[data.draw(st.sampled_from([*WRITE]))]
            write(t, part)
            wanted = pl.concat([wanted, part])
            for kind in data.draw(st.lists(st.sampled_from(CHANGES), max_size=2)):
                wanted = change(kind, t, wanted)
        check(t, wanted)


def test_a_property_that_they_set_leaves_the_table_writable(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Datetime("us"), "v": pl.Int64}, key="k")
    with_statistics_of("k")(t, pl.DataFrame(schema=t.schema))
    assert "variantType" in (deltalake.DeltaTable(uri).protocol().writer_features or [])
    by_us(t, pl.DataFrame({"k": [dt.datetime(1970, 1, 1)], "v": [1]}))
    assert t.scan().to_polars().height == 1


def test_a_table_that_they_partition_is_read_and_not_written(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64, "v": pl.Int64}, key="k")
    wanted = pl.DataFrame({"k": [3, 1, 2], "v": [1, 1, 2]})
    deltalake.write_deltalake(
        uri, wanted, mode="overwrite", schema_mode="overwrite", partition_by=["v"]
    )
    for shards in (t.scan().shards(), t.scan().compute_shards(n=2)):
        parts = [t.scan().to_polars(shard=s).select("k", "v") for s in shards]
        assert_frame_equal(pl.concat(parts), wanted, check_row_order=False)
    with pytest.raises(piot.TableError, match="partitions by v"):
        t.txn()


@pytest.mark.ray
@pytest.mark.parametrize("writer", ["ours", "theirs", "statistics of no key column"])
def test_no_row_is_lost_on_ray(uri: str, writer: str) -> None:
    """Statistics that are cut to milliseconds end up to 999 µs before the last row."""
    t = piot.create_table(uri, {"ts": pl.Datetime("us"), "v": pl.Int64}, key="ts")
    midnight = dt.datetime(1970, 1, 1)
    for day in range(-2, 3):
        ends = [
            midnight + dt.timedelta(days=day, microseconds=us) for us in (0, 999, 86_399_999_999)
        ]
        part = pl.DataFrame({"ts": ends, "v": [day] * 3}, schema=dict(t.schema))
        WRITE[writer](t, part)
    end = midnight + dt.timedelta(days=3)
    whole = pl.col("ts").is_between(midnight - dt.timedelta(days=2), end, closed="left")
    late = pl.col("ts").dt.microsecond() == 999_999
    for wanted in (whole, whole & late):
        lf = t.scan().lazy().filter(wanted)
        split = piot.PiotNamespace(lf).execute_on_ray(date_column="ts", time_unit="daily")
        found = split.collect()
        assert_frame_equal(found.sort("ts"), t.scan(where=wanted).to_polars().sort("ts"))
        assert found.height == (15 if wanted is whole else 5)


def test_timestamps_that_delta_rs_cuts_are_found(uri: str) -> None:
    """In the log the greatest is 0 for both; Polars 2.0 takes that for what it says."""
    t = piot.create_table(uri, {"k": pl.Datetime("us", "UTC"), "v": pl.Int64}, key="k")
    rows = pl.DataFrame({"k": [0, 1], "v": [0, 1]}, schema=t.schema)
    rows.write_delta(t.uri, mode="append")
    late = dt.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC)
    assert t.scan("v", where=t["k"] >= late).to_polars()["v"].to_list() == [1]
    scan = t.scan("v")
    assert [scan.to_polars(shard=s)["v"].to_list() for s in scan.compute_shards(n=2)] == [[0], [1]]
