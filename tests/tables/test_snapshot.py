from __future__ import annotations

import datetime as dt
import json
import pickle
import shutil
import time

import deltalake
import polars as pl
import pytest

import polars_io_tools as piot


@pytest.fixture
def t(uri: str) -> piot.Table:
    return piot.create_table(uri, {"k": pl.Int64}, key="k")


def commit(t: piot.Table) -> None:
    deltalake.write_deltalake(t.uri, pl.DataFrame({"k": [1]}), mode="append")


def test_a_state_travels(t: piot.Table) -> None:
    asof = t.snapshot().asof
    for again in (
        piot.Asof.from_json(asof.to_json()),
        piot.Asof.parse(str(asof)),
        pickle.loads(pickle.dumps(asof)),
    ):
        assert again == asof
        assert hash(again) == hash(asof)
    for form in (asof, str(asof), asof.to_json()):
        assert t.snapshot(form).asof == asof


def test_states_compare(t: piot.Table, tmp_path: object) -> None:
    first = t.snapshot().asof
    commit(t)
    second = t.snapshot().asof
    assert first < second
    assert second >= first
    assert first != second
    other = piot.create_table(f"{tmp_path}/other", {"k": pl.Int64}, key="k").snapshot().asof
    assert first != other
    with pytest.raises(TypeError, match="no order"):
        assert first < other


def test_a_state_stays(t: piot.Table) -> None:
    before = t.snapshot().asof
    commit(t)
    assert t.snapshot(before).version == 0
    assert t.snapshot().version == 1


def test_a_time_is_the_state_of_then(t: piot.Table) -> None:
    first = dt.datetime.now(dt.UTC)
    time.sleep(0.02)
    commit(t)
    assert t.snapshot(first).version == 0
    assert t.snapshot(dt.datetime.now(dt.UTC)).version == 1
    assert t.snapshot(dt.datetime.now()).version == 1  # local, without a zone


@pytest.mark.parametrize(
    ("days", "message"), [(-1, "before the first known commit"), (1, "in the future")]
)
def test_times_out_of_range_say_what_range(t: piot.Table, days: int, message: str) -> None:
    when = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    with pytest.raises(piot.SnapshotNotFoundError, match=message) as caught:
        t.snapshot(when)
    assert "the table has states from" in str(caught.value)


def test_a_version_that_is_not_there_yet(t: piot.Table) -> None:
    with pytest.raises(piot.SnapshotNotFoundError, match="no version 7 yet, its newest is 0"):
        t.snapshot(f"{t.table_id}@7")


def test_a_table_made_again_at_the_same_place_is_another(t: piot.Table) -> None:
    asof = t.snapshot().asof
    shutil.rmtree(t.uri)
    again = piot.create_table(t.uri, {"k": pl.Int64}, key="k")
    for handle, stale in ((t, None), (again, asof)):
        with pytest.raises(piot.SnapshotNotFoundError, match="made later at the same place"):
            handle.snapshot(stale)
    assert again.snapshot().version == 0


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "@1", "t@", "t@-1", "t@1.0", "{}", "[]", "{", "{" * 100_000),
        json.dumps({"v": 1, "table": "t", "version": 1}),
        json.dumps({"table": "t", "version": "1"}),
        json.dumps({"table": 5, "version": 1}),
        json.dumps({"table": "t", "version": True}),
        json.dumps({"table": "t", "version": -1}),
        json.dumps({"table": "t", "version": 2**70}),
        json.dumps({"table": "t", "version": 1, "more": 1}),
    ],
)
def test_what_is_no_state_is_refused(t: piot.Table, text: str) -> None:
    with pytest.raises(piot.SnapshotNotFoundError):
        t.snapshot(text)


def test_wrong_types_are_named(t: piot.Table) -> None:
    with pytest.raises(TypeError, match="not int"):
        t.snapshot(3)  # type: ignore[arg-type]  # is what is tested
