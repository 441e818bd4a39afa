from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import deltalake
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.tables import _commit, _upkeep

WEEK = dt.timedelta(days=7)


@pytest.fixture
def t(uri: str) -> piot.Table:
    """Four files that overlap, one of them of another writer."""
    made = piot.create_table(uri, {"k": pl.Int64, "v": pl.String}, key="k")
    for i in range(3):
        with made.txn() as txn:
            txn.write(part(i))
    deltalake.write_deltalake(uri, part(3), mode="append")
    return made


def part(i: int) -> pl.DataFrame:
    return pl.DataFrame({"k": range(i, 400, 4), "v": [str(i)] * 100}).reverse()


def files(t: piot.Table) -> set[str]:
    return {p.name for p in Path(t.uri).glob("*.parquet")}


def age(t: piot.Table, name: str, days: int) -> None:
    moment = dt.datetime.now().timestamp() - days * 86400
    os.utime(Path(t.uri) / name, (moment, moment))


def test_a_compacted_table_has_the_same_rows_in_order(t: piot.Table) -> None:
    before = t.scan().to_polars()
    asof = t.snapshot().asof
    assert t.compact(target_rows=150) == 5
    assert_frame_equal(t.scan().to_polars(), before.sort("k"))
    assert [s.rows for s in t.scan().shards()] == [133, 133, 134]
    assert_frame_equal(t.scan(asof=asof).to_polars(), before)
    assert_frame_equal(pl.scan_delta(t.uri).collect(), before.sort("k"))
    assert t.compact(target_rows=150) is None
    log = (Path(t.uri) / "_delta_log" / f"{5:020}.json").read_text().splitlines()
    changed = [a["dataChange"] for e in map(json.loads, log) for a in e.values() if "path" in a]
    assert changed == [False] * 7


def test_a_table_is_optimized_by_compaction(t: piot.Table) -> None:
    before = t.scan().to_polars()
    assert t.optimize(target_rows=150) == 5
    assert_frame_equal(t.scan().to_polars(), before.sort("k"))
    assert [s.rows for s in t.scan().shards()] == [133, 133, 134]
    assert t.optimize(150) is None


def test_others_append_while_a_table_is_compacted(
    t: piot.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later(intent: _commit.Intent) -> object:
        with t.txn() as txn:
            txn.write({"k": [1000]})
        return _commit.commit(intent)

    monkeypatch.setattr(_upkeep, "commit", later)
    assert t.compact() == 6
    assert t.scan().to_polars()["k"].sort().to_list() == [*range(400), 1000]
    assert t.scan().to_polars().height == 401


def test_of_a_compaction_and_a_replacement_one_loses(
    t: piot.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = t.txn()
    stale.replace_range(0, 5, {"k": [1]})

    def later(intent: _commit.Intent) -> object:
        with t.txn() as txn:
            txn.replace_range(0, 10, {"k": [2]})
        return _commit.commit(intent)

    with monkeypatch.context() as patch:
        patch.setattr(_upkeep, "commit", later)
        with pytest.raises(piot.CommitConflictError, match="compact: "):
            t.compact()
    assert t.scan().to_polars()["k"].sort().to_list() == [2, *range(10, 400)]
    assert t.compact() == 6
    with pytest.raises(piot.CommitConflictError):
        stale.commit()
    assert t.scan().to_polars()["k"].sort().to_list() == [2, *range(10, 400)]
    assert t.clean(dt.timedelta(0)) == [], "what lost left no files"


def test_only_files_of_dead_transactions_are_removed(t: piot.Table) -> None:
    committed = files(t)
    with t.txn() as txn:
        txn.replace_range(0, 200)
    dead, young, running = t.txn(), t.txn(), t.txn()
    for at, other in enumerate((dead, young, running)):
        other.write({"k": [1000 + at]})
    running.write({"k": [2000]})
    foreign = Path(t.uri) / "part-00000-of-another.parquet"
    foreign.touch()
    for name in files(t):
        if not name.startswith((f"part-{young.id}", f"part-{running.id}-1")):
            age(t, name, 8)
    before = files(t)
    assert t.clean(dt.timedelta(days=9)) == []
    assert t.clean() == [f"part-{dead.id}-0.parquet"]
    assert files(t) == before - {f"part-{dead.id}-0.parquet"}
    assert committed < files(t), "files of older states stay"
    assert t.scan(asof=t.snapshot().asof).to_polars().height == 200
    assert running.commit() is not None


def test_files_that_were_included_stay(t: piot.Table) -> None:
    with t.txn() as txn:
        worker = t.txn()
        worker.write({"k": [1000]})
        txn.include(worker.take())
    assert t.clean(dt.timedelta(0)) == []
    assert t.scan().to_polars().height == 401


def test_ages_are_checked(t: piot.Table) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        t.clean(-WEEK)
    with pytest.raises(TypeError, match="must be a timedelta, not int"):
        t.clean(7)  # type: ignore[arg-type]  # is what is tested
