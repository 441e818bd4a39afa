from __future__ import annotations

import datetime as dt
import pickle
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.tables._keys import key_texts
from polars_io_tools.tables._schema import new_layout
from polars_io_tools.tables._shard import Shard
from tests.conftest import child_environment
from tests.tables.keys import KEYS, rows

SCHEMA: dict[str, Any] = {
    "symbol": pl.String,
    "ts": pl.Datetime("us", "UTC"),
    "price": pl.Float64,
}
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def days(count: int, symbol: str = "A") -> pl.DataFrame:
    moments = [START + dt.timedelta(days=i) for i in range(count)]
    prices = [float(i) for i in range(count)]
    return pl.DataFrame({"symbol": [symbol] * count, "ts": moments, "price": prices}, SCHEMA)


@pytest.fixture
def t(uri: str) -> piot.Table:
    made = piot.create_table(uri, SCHEMA, key=["symbol", "ts"])
    for symbol in "AB":
        with made.txn() as txn:
            txn.write(days(100, symbol))
    return made


def test_all_ways_to_read_give_the_same(t: piot.Table) -> None:
    predicate = t["ts"] > START + dt.timedelta(days=60)
    scan = t.scan("symbol", "price", where=predicate)
    both = pl.concat([days(100, "A"), days(100, "B")])
    expected = both.filter(predicate).select("symbol", "price")
    found = scan.to_polars()
    assert_frame_equal(found, expected, check_row_order=False)
    assert_frame_equal(scan.lazy().collect(), found)
    assert_frame_equal(pl.DataFrame(scan.to_table()), found)
    reader = scan.to_record_batches()
    assert reader.schema == scan.to_table().schema
    assert_frame_equal(pl.DataFrame(reader.read_all()), found)
    assert scan.schema == found.schema
    assert scan.key_schema == t.key_schema
    assert t.scan(limit=3).to_polars().height == 3


def test_pandas_is_asked_for_by_name(t: piot.Table) -> None:
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "import polars_io_tools as piot\n"
        f"try: piot.table({t.uri!r}).scan().to_pandas()\n"
        "except piot.MissingDependencyError as error: print(error)\n"
    )
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, capture_output=True, text=True, env=child_environment(), check=True)
    assert "pip install pandas" in out.stdout


def test_an_empty_table_has_its_columns_and_one_shard(uri: str) -> None:
    scan = piot.create_table(uri, SCHEMA, key="symbol").scan("price")
    assert scan.to_polars().schema == pl.Schema({"price": pl.Float64})
    assert scan.to_record_batches().read_all().num_rows == 0
    [shard] = scan.shards()
    assert (shard.lo, shard.hi) == (None, None)


def test_a_state_is_read_whatever_comes_later(t: piot.Table) -> None:
    asof = t.snapshot().asof
    with t.txn() as txn:
        txn.write(days(1, "C"))
    for form in (asof, str(asof), asof.to_json()):
        assert t.scan(asof=form).to_polars().height == 200
    assert t.scan().to_polars().height == 201


def test_a_lazy_frame_that_travels_reads_its_state(t: piot.Table) -> None:
    lf = t.scan().lazy()
    scan = t.scan("price", where=t["symbol"] == "A")
    with t.txn() as txn:
        txn.write(days(1, "C"))
    assert pickle.loads(pickle.dumps(lf)).collect().height == 200
    assert pickle.loads(pickle.dumps(scan)).to_polars().height == 100


def test_a_scan_of_a_vacuumed_state_says_so(t: piot.Table) -> None:
    before = t.snapshot().asof
    scan = t.scan()
    with t.txn() as txn:
        txn.replace_range(None, None)
    log = deltalake.DeltaTable(t.uri)
    log.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
    with pytest.raises(piot.SnapshotNotFoundError, match="vacuumed"):
        t.scan(asof=before)
    with pytest.raises(piot.SnapshotNotFoundError, match="vacuumed"):
        scan.to_polars()
    assert t.scan().to_polars().height == 0


def test_a_table_made_again_at_the_same_place_is_refused(t: piot.Table) -> None:
    asof = t.snapshot().asof
    shutil.rmtree(t.uri)
    again = piot.create_table(t.uri, SCHEMA, key=["symbol", "ts"])
    with pytest.raises(piot.SnapshotNotFoundError, match="made later at the same place"):
        t.scan()
    with pytest.raises(piot.SnapshotNotFoundError, match="made later at the same place"):
        again.scan(asof=asof)


def test_columns_are_checked(t: piot.Table) -> None:
    with pytest.raises(piot.TableSchemaError, match="no column 'x'"):
        t.scan("x")
    with pytest.raises(piot.TableSchemaError, match="no column 'y'"):
        t.scan(where=pl.col("y") > 1)
    with pytest.raises(ValueError, match="limit must be at least 0"):
        t.scan(limit=-1)
    shard = t.scan().shards()[0]
    with pytest.raises(TypeError, match="not both"):
        t.scan(shard=shard, shards=[shard])
    with pytest.raises(TypeError, match=r"see piot\.Shard\.from_json"):
        t.scan(shards=[shard.to_json()])  # type: ignore[list-item]  # is what is tested


def test_shards_follow_the_files(t: piot.Table) -> None:
    scan = t.scan()
    first, second = scan.shards()
    assert (first.lo, first.hi, second.hi) == (None, second.lo, None)
    assert (second.lo or ())[0] == "B"
    assert [s.rows for s in (first, second)] == [100, 100]
    assert all(s.nbytes for s in (first, second))
    assert [scan.to_polars(shard=s).height for s in (first, second)] == [100, 100]
    assert len(scan.shards(target_rows=1000)) == 1
    assert [s.rows for s in t.scan(where=t["price"] > 5).shards()] == [None, None]


def test_shards_of_shards_lie_within(t: piot.Table) -> None:
    whole = t.scan().shards()[0]
    within = Shard(whole.key, ("A", "1577923200000000"), ("B", "1580515200000000"))
    scan = t.scan(shard=within)
    parts = scan.shards()
    assert (parts[0].lo, parts[-1].hi) == (within.lo, within.hi)
    assert len(parts) == 2
    assert sum(scan.to_polars(shard=s).height for s in parts) == scan.to_polars().height == 130


def test_files_without_statistics_are_in_a_shard(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Decimal(10, 2)}, key="k")
    for k in range(3):
        with t.txn() as txn:
            txn.write({"k": [Decimal(k)]})
    scan = t.scan()
    assert sum(scan.to_polars(shard=s).height for s in scan.shards()) == 3


def test_shards_of_other_tables_are_refused(t: piot.Table, tmp_path: Path) -> None:
    [shard] = piot.create_table(tmp_path / "o", {"k": pl.Int64}, key="k").scan().shards()
    with pytest.raises(piot.ShardNotFoundError, match="a shard of another table"):
        t.scan(shard=shard)


def test_decimals_in_statistics_of_others_lose_no_rows(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64, "x": pl.Decimal(38, 9)}, key="k")
    value = Decimal("123456789012.123456788")
    frame = pl.DataFrame({"k": [1], "x": [value]}, schema=t.schema)
    # The property that keeps other writers from it is removed.
    log = deltalake.DeltaTable(uri)
    log.alter.set_table_properties({"delta.dataSkippingStatsColumns": "k,x"})
    deltalake.write_deltalake(uri, frame, mode="append")
    wanted = pl.col("x") == pl.lit(value, dtype=t.schema["x"])
    assert pl.scan_delta(uri).filter(wanted).collect().height == 0, "the canary of delta-rs is well"
    assert t.scan().lazy().filter(wanted).collect().height == 1
    assert t.scan(where=wanted).to_polars().height == 1
    assert pickle.loads(pickle.dumps(t.scan().lazy())).filter(wanted).collect().height == 1


def test_other_writers_leave_decimals_out_of_statistics(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64, "x": pl.Decimal(38, 9)}, key="k")
    frame = pl.DataFrame({"k": [1], "x": [Decimal(1)]}, schema=t.schema)
    deltalake.write_deltalake(uri, frame, mode="append")
    names = pl.DataFrame(deltalake.DeltaTable(uri).get_add_actions(flatten=True)).columns
    assert "max.k" in names
    assert "max.x" not in names


def test_polars_skips_files_by_a_shard(t: piot.Table) -> None:
    shard = Shard(t.scan().shards()[0].key, ("B",), None)
    # The file of A is gone, and nobody asks for it.
    first = t.snapshot().actions.sort("modification_time")["path"][0]
    (Path(t.uri) / first).unlink()
    assert t.scan(shard=shard).lazy().collect()["symbol"].unique().to_list() == ["B"]
    with pytest.raises(piot.SnapshotNotFoundError):
        t.scan().to_polars()


@settings(max_examples=15, suppress_health_check=[*HealthCheck], deadline=None)
@pytest.mark.parametrize("dtypes", KEYS, ids=str)
@given(data=st.data())
def test_shards_cover_everything_once(dtypes: list[pl.DataType], data: st.DataObject) -> None:
    frame = data.draw(rows(dtypes))
    key = [f"k{i}" for i in range(len(dtypes))]
    with tempfile.TemporaryDirectory() as folder:
        t = piot.create_table(f"{folder}/t", frame.schema, key=key)
        # Files that overlap; some of another writer, some by one that gives no statistics.
        at = data.draw(st.integers(0, frame.height))
        for part in (frame[:at:2], frame[1:at:2], frame[at:]):
            with t.txn() as txn:
                txn.write(part)
        assert_frame_equal(
            t.scan().to_polars(), frame, check_row_order=False, check_column_order=False
        )
        layout = new_layout(frame.schema, key, None, unique=True)
        ends = sorted_ends(frame, key, data, layout)
        wire = t.scan().shards()[0].key
        shards = [Shard(wire, lo, hi) for lo, hi in zip([None, *ends], [*ends, None], strict=True)]
        travelled = [Shard.from_json(s.to_json()) for s in shards]
        assert travelled == shards
        for found in (travelled, t.scan().shards()):
            parts = [t.scan(shard=s).to_polars() for s in found]
            assert_frame_equal(
                pl.concat(parts), frame, check_row_order=False, check_column_order=False
            )
            together = t.scan(shards=found).to_polars()
            assert_frame_equal(together, frame, check_row_order=False, check_column_order=False)


def sorted_ends(
    frame: pl.DataFrame, key: list[str], data: st.DataObject, layout: Any
) -> list[tuple[str, ...]]:
    """Return keys of some rows, or their first columns, in the order of Polars."""
    cuts = frame.select(key).sort(key)
    chosen = data.draw(st.lists(st.integers(0, max(frame.height - 1, 0)), max_size=3))
    texts = key_texts(cuts, layout)
    ends = [tuple(texts[i]) for i in sorted({*chosen}) if i < len(texts)]
    if data.draw(st.booleans()) and ends:
        ends[0] = ends[0][:1]
    return sorted({*ends}, key=ends.index)
