"""Which types come back from workers exactly, and that the others are refused by name."""

from __future__ import annotations

from typing import get_args

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from polars_io_tools._transport import ReturnAs, decode, encode, unsupported
from tests.dtypes import SERIES

FORMATS = get_args(ReturnAs)

# What a format has no column for.
MISSING = {"Struct without fields": ["parquet"], "Map": FORMATS}

REFUSED: dict[str, pl.DataType] = {
    "object": pl.Object(),
    "list": pl.List(pl.Object),
    "struct": pl.Struct({"a": pl.Int8, "b": pl.Struct({"c": pl.Object()})}),
    "empty": pl.Array(pl.Int64, 0),
    "nested": pl.List(pl.Array(pl.Int64, (2, 0))),
}


@pytest.mark.parametrize("return_as", FORMATS)
@pytest.mark.parametrize("name", SERIES)
def test_rows_come_back_exactly_or_are_refused(name: str, return_as: ReturnAs) -> None:
    frame = SERIES[name].alias(name).to_frame().with_row_index()
    if return_as in MISSING.get(name, ()):
        assert unsupported(frame.schema, return_as) == [f"{name!r}: {frame.schema[name]}"]
        return
    assert unsupported(frame.schema, return_as) == []
    frames = [frame, frame.head(0), frame.tail(1), frame]
    parts = [encode(f, return_as) for f in frames]
    assert [decode(p).schema for p in parts] == [frame.schema] * 4
    together = decode([part for some in parts for part in some])
    assert_frame_equal(together, pl.concat(frames, rechunk=False), check_exact=True)


def test_unsupported_types_are_named() -> None:
    schema = pl.Schema({"fine": pl.Int8(), **REFUSED, "too": pl.List(pl.String())})
    named = [f"{name!r}: {dtype}" for name, dtype in REFUSED.items()]
    assert unsupported(schema, "arrow") == named
