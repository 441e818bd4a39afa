from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools.tables import _ranks, _scan
from tests.lake import delete_rows
from tests.tables.keys import KEYS, rows


def table_of(uri: str | Path, *files: list[int], unique: bool = True) -> piot.Table:
    """Make a table of one file for each list of keys, with their squares."""
    schema = {"k": pl.Int64, "v": pl.Int64}
    t = piot.create_table(uri, schema, key="k", unique=unique)
    for keys in files:
        with t.txn() as txn:
            txn.write({"k": keys, "v": [k * k for k in keys]})
    return t


def counted(scan: piot.TableScan, shards: list[piot.Shard]) -> list[int | None]:
    """Return the rows of shards, which are compared with what is read of them."""
    parts = [scan.to_polars(shard=shard) for shard in shards]
    assert [part.height for part in parts] == [shard.rows for shard in shards]
    assert_frame_equal(pl.concat(parts), scan.to_polars(), check_row_order=False)
    return [shard.rows for shard in shards]


@pytest.fixture
def no_keys_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("all keys are read")

    monkeypatch.setattr(_scan, "counted_parts", refuse)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note of each call whether it went by ranks."""
    found: list[bool] = []

    def noted(*args: Any) -> Any:
        parts = _ranks.ranked_parts(*args)
        found.append(parts is not None)
        return parts

    monkeypatch.setattr(_scan, "ranked_parts", noted)
    return found


@pytest.mark.usefixtures("no_keys_are_counted")
def test_files_in_order_are_cut_by_ranks(uri: str) -> None:
    t = table_of(uri, [*range(70, 100)], [*range(70)], [])
    scan = t.scan()
    found = scan.compute_shards(n=4)
    assert counted(scan, found) == [25, 25, 25, 25]
    assert [s.lo for s in found] == [None, ("25",), ("50",), ("75",)]
    assert all(s.nbytes for s in found)
    assert counted(scan, scan.compute_shards(rows=40)) == [33, 33, 34]
    even = t.scan("v", where=t["k"] % 2 == 0)
    assert counted(even, even.compute_shards(n=5)) == [10] * 5


@pytest.mark.usefixtures("no_keys_are_counted")
def test_a_filter_is_counted_in_blocks(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ranks, "_BLOCK", 7)
    t = table_of(uri, [*range(100, 150)], [*range(100)])
    scan = t.scan(where=(t["v"] % 3 == 1) | (t["k"] > 120))
    found = counted(scan, scan.compute_shards(n=6))
    assert {*found} == {18, 19}


@pytest.mark.parametrize("where", [False, True])
def test_ties_are_never_split(uri: str, ways: list[bool], where: bool) -> None:
    keys = sorted([1, *[3] * 40, 5, 6, 7, *[9] * 10])
    t = table_of(uri, keys[:20], keys[20:30], keys[30:], unique=False)
    scan = t.scan(where=t["v"] > 1) if where else t.scan()
    found = scan.compute_shards(n=5)
    assert counted(scan, found) == ([42, 11] if where else [1, 42, 11])
    assert ways == [True], "keys that end a file and begin the next"


def test_other_tables_are_cut_by_counting(t3: piot.Table, ways: list[bool]) -> None:
    foreign = pl.DataFrame({"k": [*range(300, 330)], "v": [0] * 30})
    deltalake.write_deltalake(t3.uri, foreign, mode="append")
    scan = t3.scan()
    assert counted(scan, scan.compute_shards(n=3)) == [110, 110, 110]
    delete_rows(Path(t3.uri), 1, [*range(50)])
    scan = piot.table(t3.uri).scan(where=pl.col("v") > -1)
    assert counted(scan, scan.compute_shards(n=4)) == [70, 70, 70, 70]
    assert ways == [False, False]


@pytest.fixture
def t3(uri: str) -> piot.Table:
    """Three files that overlap."""
    return table_of(uri, *([*range(i, 300, 3)] for i in range(3)))


def test_files_that_overlap_are_counted(t3: piot.Table, ways: list[bool]) -> None:
    scan = t3.scan(where=t3["k"] >= 100)
    assert counted(scan, scan.compute_shards(n=8)) == [25] * 8
    assert ways == [False]


def test_shards_of_shards_lie_within(t3: piot.Table) -> None:
    whole = t3.scan().compute_shards(n=6)
    # One of them twice, two that touch, and a gap.
    scan = t3.scan(shards=[whole[1], whole[4], whole[2], whole[1]])
    found = scan.compute_shards(n=3)
    assert sum(scan.to_polars(shard=s).height for s in found) == 150
    assert [s.rows for s in found if s.rows is not None] == [50, 50, 50]
    assert (found[0].lo, found[-1].hi) == (whole[1].lo, whole[4].hi)
    assert sum(scan.to_polars(shard=s).height for s in scan.shards()) == 150


def test_no_rows_are_one_shard(uri: str) -> None:
    t = table_of(uri)
    [shard] = t.scan().compute_shards(n=4)
    assert (shard.lo, shard.hi, shard.rows) == (None, None, 0)
    t = table_of(f"{uri}2", [1, 2])
    [shard] = t.scan(where=t["k"] > 9).compute_shards(rows=1)
    assert (shard.lo, shard.hi, shard.rows) == (None, None, 0)
    assert [s.rows for s in t.scan(limit=1).compute_shards(n=2)] == [None, None]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "give n=, how many shards, or rows="),
        ({"n": 1, "rows": 1}, "give n=, how many shards, or rows="),
        ({"n": 0}, "n must be a number above 0, not 0"),
        ({"rows": -1}, "rows must be a number above 0, not -1"),
        ({"n": 1.5}, "n must be a number above 0, not 1.5"),
    ],
)
def test_numbers_are_checked(uri: str, asked: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table_of(uri).scan().compute_shards(**asked)


@settings(max_examples=5, suppress_health_check=[*HealthCheck], deadline=None)
@pytest.mark.parametrize("dtypes", KEYS, ids=str)
@given(data=st.data())
def test_rows_are_exact_and_as_equal_as_ties_allow(
    dtypes: list[pl.DataType], data: st.DataObject
) -> None:
    frame = data.draw(rows(dtypes))
    key = [f"k{i}" for i in range(len(dtypes))]
    unique = data.draw(st.booleans())
    if not unique:
        frame = frame.sample(fraction=data.draw(st.integers(1, 4)), with_replacement=True, seed=1)
    frame = frame.sort(key)
    in_order = data.draw(st.booleans())
    n = data.draw(st.integers(1, 9))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ranks, "_BLOCK", data.draw(st.sampled_from([1, 3, 1 << 17])))
        t = piot.create_table(f"{folder}/t", frame.schema, key=key, unique=unique)
        at = data.draw(st.integers(0, frame.height))
        parts = [frame[:at], frame[at:]] if in_order else [frame[::2], frame[1::2]]
        for part in parts:
            with t.txn() as txn:
                txn.write(part)
        where = data.draw(st.sampled_from([None, pl.col("v") % 2 == 0]))
        scan = t.scan(where=where)
        left = frame if where is None else frame.filter(where)
        found = counted(scan, scan.compute_shards(n=n))
        # No cut is farther from its place than the rows of one key.
        group = max(left.group_by(key).len()["len"].to_list(), default=0)
        ends = [sum(r or 0 for r in found[:i]) for i in range(1, len(found))]
        places = [left.height * i // n for i in range(1, n)]
        assert all(any(abs(end - place) < group for place in places) for end in ends)
        assert all(
            min(abs(end - place) for end in [0, *ends, left.height]) < max(group, 1)
            for place in places
        )
