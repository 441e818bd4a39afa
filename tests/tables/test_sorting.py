"""Rows are sorted by their keys, whichever way is taken."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from polars_io_tools.tables import _sorting
from polars_io_tools.tables._sorting import in_order, sort_rows
from tests.tables.keys import KEYS, rows


@pytest.mark.parametrize("dtypes", KEYS, ids=lambda d: ", ".join(map(str, d)))
@given(data=st.data())
def test_rows_of_any_key_are_sorted(dtypes: list[pl.DataType], data: st.DataObject) -> None:
    frame = data.draw(rows(dtypes))
    key = [name for name in frame.columns if name != "v"]
    assert_frame_equal(sort_rows(frame, key), frame.sort(key))
    assert in_order(frame, key) == frame.equals(frame.sort(key))


# Of many rows only some are looked at; columns, and whether they are sorted one after another.
MANY = 20_000
COLUMNS = {
    "few texts": (["few", "number"], True),
    "bytes": (["bytes", "number"], True),
    "many texts": (["text", "number"], False),
    "many texts alone": (["text"], False),
    "numbers": (["tens", "number"], True),
}


@pytest.mark.parametrize("columns", COLUMNS)
def test_both_ways_sort(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key, one_by_one = COLUMNS[columns]
    i = pl.col("i")
    numbers = pl.int_range(MANY, eager=True).shuffle(seed=5).to_frame("i")
    frame = numbers.select(
        few=pl.format("S{}", i % 100),
        bytes=pl.format("{}", i % 700).cast(pl.Binary),
        text=pl.format("symbol-{}", i),
        tens=i // 10,
        number=i,
    )
    taken = []
    repeats = _sorting._repeats

    def noted(values: pl.Series) -> bool:
        taken.append(repeats(values))
        return taken[-1]

    monkeypatch.setattr(_sorting, "_repeats", noted)
    assert_frame_equal(sort_rows(frame, key), frame.sort(key))
    assert all(taken) == one_by_one


def test_rows_with_equal_keys_all_stay() -> None:
    frame = pl.DataFrame({"k": ["b", "a"] * 500, "v": range(1000)})
    assert sorted(sort_rows(frame, ["k"]).rows()) == sorted(frame.rows())


def test_no_rows_are_in_order() -> None:
    empty = pl.DataFrame(schema={"k": pl.String})
    assert_frame_equal(sort_rows(empty, ["k"]), empty)
