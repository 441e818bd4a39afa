from __future__ import annotations

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools.tables import _commit


@pytest.fixture
def t(uri: str) -> piot.Table:
    made = piot.create_table(uri, {"k": pl.Int64, "v": pl.Int64}, key="k")
    with made.txn() as txn:
        txn.write({"k": [*range(10)], "v": [0] * 10})
    with made.txn() as txn:
        txn.write({"k": [*range(10, 20)], "v": [0] * 10})
    return made


def write(t: piot.Table, *frames: Any, mode: Any = "append") -> None:
    """Write in one transaction."""
    with t.txn(mode=mode) as txn:
        for frame in frames:
            txn.write(frame)


def rows(t: piot.Table) -> dict[int, Any]:
    found = t.scan().to_polars()
    assert found["k"].is_unique().all()
    return dict(found.sort("k").rows())


def data_files(t: piot.Table) -> set[str]:
    return {p.name for p in Path(t.uri).iterdir() if p.is_file()}


def live(t: piot.Table) -> set[str]:
    return {*t.snapshot().actions["path"]}


def test_nothing_is_visible_before_the_end_nor_after_an_exception(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [20]})
        assert len(rows(t)) == 20
    assert len(rows(t)) == 21
    files = data_files(t)
    with pytest.raises(piot.InvalidRowsError, match="'k' may not be null"):
        write(t, {"k": [21]}, {"k": [None]})
    assert len(rows(t)) == 21
    assert data_files(t) == files


def test_an_exception_of_the_caller_leaves_nothing(t: piot.Table) -> None:
    files, before = data_files(t), t.snapshot().asof

    def write_and_fail() -> None:
        with t.txn(mode="upsert") as txn:
            txn.write({"k": [5, 21], "v": [1, 1]})
            txn.delete_keys({"k": [12]})
            assert data_files(t) > files, "the files are there before the commit"
            raise KeyError("of the caller")

    with pytest.raises(KeyError, match="of the caller"):
        write_and_fail()
    assert t.snapshot().asof == before
    assert rows(t) == dict.fromkeys(range(20), 0)
    assert data_files(t) == files


def test_a_transaction_ends_once(t: piot.Table) -> None:
    taken = t.txn()
    taken.take()
    aborted = t.txn()
    aborted.abort()
    aborted.abort()
    with t.txn() as committed:
        committed.write({"k": [20]})
    for txn, state in ((taken, "taken"), (aborted, "aborted"), (committed, "committed")):
        for use in (txn.take, txn.commit, partial(txn.write, {"k": [1]})):
            with pytest.raises(piot.TransactionClosedError, match=state):
                use()
    with t.txn() as left:
        left.abort()
    assert left.version is None


def test_a_transaction_without_changes_commits_nothing(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": []})
        txn.delete_keys({"k": [99]})
    assert txn.version is None
    assert t.snapshot().version == 2


def test_keys_that_are_there_are_refused(t: piot.Table) -> None:
    files = data_files(t)
    with pytest.raises(piot.InvalidRowsError, match="the key k=7 would be there more than once"):
        write(t, {"k": [7]})
    with pytest.raises(piot.InvalidRowsError, match="the key k=30 would"):
        write(t, {"k": [30, 31]}, {"k": [29, 30]})
    assert data_files(t) == files


def test_two_that_add_the_same_key_do_not_both_get_in(t: piot.Table) -> None:
    first, second, third = t.txn(), t.txn(), t.txn()
    first.write({"k": [20, 22]})
    second.write({"k": [21, 23]})
    third.write({"k": [22]})
    assert first.commit() == 3
    assert second.commit() == 4
    with pytest.raises(piot.InvalidRowsError, match="the key k=22 would"):
        third.commit()
    assert sorted(rows(t)) == [*range(24)]


def test_files_that_come_between_two_tries_are_compared(
    t: piot.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap, tries = _commit._swap, []

    def after_another(intent: Any, log: Any) -> bool:
        tries.append(intent.txn)
        if len(tries) == 1:
            write(t, {"k": [30], "v": [1]})
        return swap(intent, log)

    monkeypatch.setattr(_commit, "_swap", after_another)
    with pytest.raises(piot.InvalidRowsError, match="k=30"):
        write(t, {"k": [30], "v": [2]})
    assert len({*tries}) == 2, "the other one did not come between"
    assert rows(t)[30] == 1


def test_repeated_keys_are_fine_where_they_are_allowed(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64}, key="k", unique=False)
    for _ in range(2):
        with t.txn() as txn:
            txn.write({"k": [1, 1]})
    assert t.scan().to_polars().height == 4


def test_delete_keys(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [30, 31]})
        txn.delete_keys({"k": [3, 12, 31, 99], "v": [0, 0, 0, 0]})
    assert sorted(rows(t)) == sorted({*range(20), 30} - {3, 12})


def test_files_without_the_keys_stay(t: piot.Table) -> None:
    before = live(t)
    with t.txn() as txn:
        txn.delete_keys({"k": [3]})
    assert len(before & live(t)) == 1
    with t.txn() as txn:
        txn.delete_keys({"k": [*range(10)]})
    assert len(live(t)) == 1


def test_replace_range_is_half_open(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.replace_range(5, 15, {"k": [5, 14], "v": [1, 1]})
    expected = {**dict.fromkeys([*range(5), *range(15, 20)], 0), 5: 1, 14: 1}
    assert rows(t) == expected
    with t.txn() as txn:
        txn.replace_range(None, 5)
        txn.replace_range(15, None, {"k": [1000]})
    assert sorted(rows(t)) == [5, 14, 1000]


def test_replace_range_refuses_rows_outside_and_ranges_without_keys(t: piot.Table) -> None:
    for k in (4, 15):
        with pytest.raises(piot.InvalidRowsError, match=rf"outside of the range .*'k': {k}"):
            t.txn().replace_range(5, 15, {"k": [7, k]})
    for lo, hi in ((5, 5), (6, 5)):
        with pytest.raises(piot.InvalidRowsError, match="lo has to be before hi"):
            t.txn().replace_range(lo, hi)
    for bad in ("x", 1.5, True, (None,), dt.date(2020, 1, 1)):
        with pytest.raises(piot.InvalidRowsError, match="is no value of key column 'k'"):
            t.txn().replace_range(bad, None)
    with pytest.raises(piot.TableSchemaError, match="2 values, the key"):
        t.txn().replace_range((1, 2), None)
    assert t.snapshot().version == 2


def test_replace_range_takes_prefixes(uri: str) -> None:
    t = piot.create_table(uri, {"s": pl.String, "d": pl.Date}, key=["s", "d"])
    days = [dt.date(2020, 1, i) for i in (1, 2, 3)]
    with t.txn() as txn:
        txn.write({"s": ["a"] * 3 + ["b"] * 3 + ["ba"] * 3, "d": days * 3})
    with t.txn() as txn:
        txn.replace_range("b", ("ba", days[1]), {"s": ["b"], "d": [dt.date(2021, 1, 1)]})
    left = t.scan().to_polars().sort("s", "d").rows()
    assert left == [
        *(("a", d) for d in days),
        ("b", dt.date(2021, 1, 1)),
        ("ba", days[1]),
        ("ba", days[2]),
    ]


def test_upsert(t: piot.Table) -> None:
    with t.txn(mode="upsert") as txn:
        txn.write({"k": [3, 12, 40], "v": [1, 1, 1]})
        txn.write({"k": [4, 41]})
    expected = {**dict.fromkeys(range(20), 0), 3: 1, 12: 1, 40: 1, 4: None, 41: None}
    assert rows(t) == expected


def test_repeated_keys_within_an_upsert_are_refused(t: piot.Table) -> None:
    with pytest.raises(piot.InvalidRowsError, match="k=3 would"):
        t.txn(mode="upsert").write({"k": [3, 3]})
    with pytest.raises(piot.InvalidRowsError, match="k=3 would"):
        write(t, {"k": [3]}, {"k": [3]}, mode="upsert")
    assert t.snapshot().version == 2


def test_conflicts_go_by_ranges_of_keys(t: piot.Table) -> None:
    replaces, far = t.txn(), t.txn()
    replaces.replace_range(100, 200, {"k": [100]})
    far.write({"k": [300]})
    far.commit()
    assert replaces.commit() == 4
    loses, wins = t.txn(), t.txn()
    loses.replace_range(100, 200, {"k": [101]})
    wins.write({"k": [150]})
    wins.commit()
    with pytest.raises(piot.CommitConflictError, match="run it again"):
        loses.commit()
    assert sorted(rows(t)) == [*range(20), 100, 150, 300]


def test_of_two_that_replace_the_same_rows_one_loses(t: piot.Table) -> None:
    for ranges in (((3, 4), (4, 5)), ((0, 5), (1, 2))):
        one, two = t.txn(), t.txn()
        for txn, (lo, hi) in zip((one, two), ranges, strict=True):
            txn.replace_range(lo, hi)
        one.commit()
        with pytest.raises(piot.CommitConflictError):
            two.commit()


def test_a_compaction_meanwhile_doubles_no_rows(t: piot.Table) -> None:
    replace = t.txn()
    replace.replace_range(5, 15, {"k": [7]})
    deltalake.DeltaTable(t.uri).optimize.compact()
    with pytest.raises(piot.CommitConflictError, match="run it again"):
        replace.commit()
    assert sorted(rows(t)) == [*range(20)]


def test_delta_rs_still_doubles_rows_itself(t: piot.Table) -> None:
    # The reason for the loop of our own: once this fails, it may go.
    log = deltalake.DeltaTable(t.uri)
    from deltalake.transaction import AddAction, RemoveAction

    removed = min(live(t))
    deltalake.DeltaTable(t.uri).optimize.compact()
    name = "part-canary.parquet"
    pl.read_parquet(f"{t.uri}/{removed}").write_parquet(f"{t.uri}/{name}")
    size = (Path(t.uri) / name).stat().st_size
    add = AddAction(name, size, {}, 0, data_change=True, stats='{"numRecords":10}')
    remove = RemoveAction(removed, data_change=True, deletion_timestamp=0, size=1)
    log.create_write_transaction([add, remove], "append", log.schema())
    assert pl.scan_delta(t.uri).collect().height == 30


def test_changes_of_the_columns_meanwhile_are_conflicts(t: piot.Table) -> None:
    txn = t.txn()
    txn.write({"k": [50]})
    log = deltalake.DeltaTable(t.uri)
    field = {"name": "w", "type": "long", "nullable": True, "metadata": {}}
    log.alter.add_columns(
        deltalake.Schema.from_json(json.dumps({"type": "struct", "fields": [field]})).fields
    )
    with pytest.raises(piot.CommitConflictError, match="columns"):
        txn.commit()
    with t.txn() as txn:
        txn.write({"k": [50], "w": [1]})
        txn.delete_keys({"k": [3]})
    assert t.scan("k", "w").to_polars().height == 20


def test_applications_are_committed_once(t: piot.Table) -> None:
    for version, skipped in ((1, False), (1, True), (2, False), (1, True)):
        with t.txn(app_id="daily", app_version=version) as txn:
            txn.write({"k": [100 + t.snapshot().version]})
        assert txn.skipped is skipped
        assert (txn.version is None) is skipped
    assert len(rows(t)) == 22
    assert data_files(t) == live(t)
    with pytest.raises(ValueError, match="both"):
        t.txn(app_id="daily")


def test_an_application_without_rows_is_committed_as_well(t: piot.Table) -> None:
    for skipped in (False, True):
        with t.txn(app_id="empty", app_version=1) as txn:
            pass
        assert txn.skipped is skipped


def test_two_runs_of_an_application_at_the_same_time(t: piot.Table) -> None:
    one, two = (t.txn(app_id="daily", app_version=1) for _ in range(2))
    one.write({"k": [100]})
    two.write({"k": [100]})
    one.commit()
    two.commit()
    assert (one.skipped, two.skipped) == (False, True)


def test_a_lost_acknowledgement_is_a_commit(t: piot.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    real = deltalake.DeltaTable.create_write_transaction
    for error in (deltalake.exceptions.CommitFailedError, OSError, deltalake.exceptions.DeltaError):
        calls: list[int] = []

        def lost(self: Any, *args: Any, error: Any = error, calls: Any = calls, **kw: Any) -> None:
            calls.append(1)
            real(self, *args, **kw)
            if len(calls) == 1:
                raise error("the answer got lost")

        monkeypatch.setattr(deltalake.DeltaTable, "create_write_transaction", lost)
        before = t.snapshot().version
        with t.txn() as txn:
            txn.write({"k": [100 + before]})
        assert (txn.version, len(calls)) == (before + 1, 1)
    assert len(rows(t)) == 23


def test_a_commit_that_fails_leaves_the_files_it_may_have_committed(
    t: piot.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("the disk is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(deltalake.DeltaTable, "create_write_transaction", broken)
        with pytest.raises(piot.TableError, match="the disk is on fire"), t.txn() as txn:
            txn.write({"k": [100]})
    assert len(rows(t)) == 20


def test_many_writers_at_once(t: piot.Table) -> None:
    start = threading.Barrier(8)

    def write(i: int) -> int | None:
        start.wait()
        with piot.table(t.uri).txn() as txn:
            txn.write({"k": [100 + i]})
        return txn.version

    with ThreadPoolExecutor(8) as pool:
        versions = [*pool.map(write, range(8))]
    assert sorted(v or 0 for v in versions) == [*range(3, 11)]
    assert sorted(rows(t)) == [*range(20), *range(100, 108)]


def test_foreign_writers_and_ours_get_along(t: piot.Table) -> None:
    moment = pl.DataFrame({"k": [50], "v": [5]})
    txn = t.txn()
    txn.write({"k": [51]})
    deltalake.write_deltalake(t.uri, moment, mode="append")
    txn.commit()
    with pytest.raises(piot.InvalidRowsError, match="k=50"), t.txn() as txn:
        txn.write({"k": [50]})
    with t.txn(mode="upsert") as txn:
        txn.write({"k": [50], "v": [6]})
    assert rows(t)[50] == 6
    assert deltalake.DeltaTable(t.uri).to_pyarrow_table().num_rows == 22


def test_bounds_that_others_cut_to_milliseconds_hide_no_key(tmp_path: Path) -> None:
    t = piot.create_table(tmp_path / "m", {"k": pl.Datetime("us")}, key="k")
    moments = [dt.datetime(1969, 12, 31, 23, 59, 59, n) for n in (100, 200, 999)]
    frame = pl.DataFrame({"k": moments}, t.schema)
    deltalake.write_deltalake(t.uri, frame, mode="append")
    cut = t.snapshot().actions["max"].struct.field("k").item()
    assert cut < moments[-1], "delta-rs writes microseconds now"
    with pytest.raises(piot.InvalidRowsError, match="more than once"):
        write(t, frame.tail(1))


def test_no_file_is_left_that_no_commit_names(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [100, 101]})
        txn.delete_keys({"k": [100]})
        txn.replace_range(100, 200)
    assert txn.version is None
    assert data_files(t) == live(t)


def test_the_attempts_have_an_end(t: piot.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_commit, "_TRIES", 3)
    monkeypatch.setattr(_commit, "_swap", lambda *_: False)
    with pytest.raises(piot.CommitConflictError, match="3 times in a row"), t.txn() as txn:
        txn.write({"k": [100]})
    assert data_files(t) == live(t)
