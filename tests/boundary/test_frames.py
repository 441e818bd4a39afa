"""Frames through concat: every dtype comes back as it was, and no buffer is copied."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from polars_io_tools._arrow import concat_frames
from polars_io_tools.errors import SchemaMismatchError
from tests.dtypes import DAY, LONG, NAMED, SERIES, SMALL


@pytest.mark.parametrize("name", SERIES)
def test_dtypes_and_values_survive(name: str) -> None:
    frame = SERIES[name].alias(name).to_frame().with_row_index()
    frames = [frame, frame.head(0), frame.tail(1), frame]
    expected = pl.concat(frames, rechunk=False)
    got = concat_frames(frames)
    assert got.schema == frame.schema
    assert_frame_equal(got, expected, check_exact=True)


def test_all_dtypes_are_here() -> None:
    """A dtype that a later Polars adds has to be tried, or refused by name."""
    refused = {pl.Object, pl.Unknown, pl.Extension, pl.BaseExtension}
    abstract = {pl.DataType}
    known = {series.dtype.base_type() for series in SERIES.values()} | refused | abstract
    every = {v for v in vars(pl).values() if isinstance(v, type) and issubclass(v, pl.DataType)}
    assert {t.__name__ for t in every - known} == set()


@pytest.mark.filterwarnings("ignore")
def test_extension_types_survive() -> None:
    ext = pl.Extension("boundary.test", pl.Int64(), "meta")
    frame = pl.Series("e", [1, 2]).ext.to(ext).to_frame()
    assert concat_frames([frame, frame]).schema == frame.schema
    other = pl.Series("e", [1]).ext.to(pl.Extension("boundary.test", pl.Int64(), "x")).to_frame()
    with pytest.raises(SchemaMismatchError, match='field "e": type metadata ARROW:extension'):
        concat_frames([frame, other])


def test_categoricals_that_differ() -> None:
    frames = [
        pl.DataFrame({"c": pl.Series(values, dtype=pl.Categorical)})
        for values in (["a", "b", None], ["z", "b"], [], ["a"])
    ]
    assert concat_frames(frames)["c"].to_list() == ["a", "b", None, "z", "b", "a"]


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (pl.Int64, pl.Int32, 'field "c": type int32 ("i"), in stream 0 int64 ("l")'),
        (pl.Datetime("us"), pl.Datetime("us", "UTC"), 'field "c": type datetime (us) ("tsu:UTC")'),
        (pl.Decimal(10, 2), pl.Decimal(10, 3), 'field "c": type decimal ("d:10,3'),
        (pl.List(pl.Int64), pl.List(pl.Int8), 'field "c.item": type int8 ("c")'),
        (pl.Struct({"a": pl.Int64}), pl.Struct({"b": pl.Int64}), 'field "c.a": name "b"'),
        # Polars itself would read the second one's values as nulls.
        (SMALL, pl.Enum(["c", "a"]), 'field "c": type metadata _PL_ENUM_VALUES'),
        (pl.Categorical, NAMED, 'field "c": '),
        (pl.Categorical, SMALL, 'field "c": '),
    ],
)
def test_schemas_that_differ(left: pl.DataType, right: pl.DataType, message: str) -> None:
    frames = [pl.DataFrame({"c": pl.Series([], dtype=t)}) for t in (left, left, right)]
    with pytest.raises(SchemaMismatchError) as raised:
        concat_frames(frames)
    assert str(raised.value).startswith(f"concat: stream 2: {message}")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["a"], 'field "b": is absent, in stream 0 present'),
        (["a", "b", "c"], 'field "c": is present, in stream 0 absent'),
        (["b", "a"], 'field "a": name "b", in stream 0 "a"'),
        ([], 'field "a": is absent, in stream 0 present'),
    ],
)
def test_columns_that_differ(columns: list[str], message: str) -> None:
    frames = [pl.DataFrame({n: [1] for n in names}) for names in (["a", "b"], columns)]
    with pytest.raises(SchemaMismatchError, match=f"stream 1: {message}"):
        concat_frames(frames)


def test_no_frames() -> None:
    with pytest.raises(ValueError, match="no streams"):
        concat_frames([])


def test_one_frame_is_itself() -> None:
    frame = pl.DataFrame({"a": [1]})
    assert concat_frames([frame]) is frame


def test_frames_without_rows() -> None:
    frame = pl.DataFrame({"a": [1], "b": ["x"]}).head(0)
    assert_frame_equal(concat_frames([frame, frame]), frame)


def test_frames_without_columns() -> None:
    assert concat_frames([pl.DataFrame(), pl.DataFrame()]).shape == (0, 0)
    assert concat_frames([pl.DataFrame(height=2), pl.DataFrame(height=3)]).shape == (5, 0)


def addresses(frame: pl.DataFrame, name: str) -> list[tuple[int, ...]]:
    """Where the buffers of a column's chunks lie."""
    return [
        tuple(buffer.address for buffer in chunk.buffers() if buffer is not None)
        for chunk in pa.chunked_array(frame[name]).chunks
    ]


def test_nothing_is_copied() -> None:
    n = 1000
    part = pl.DataFrame(
        {
            "i": pl.Series(range(n)),
            "f": pl.Series([1.5, None] * (n // 2)),
            "d": pl.Series([DAY] * n),
            "b": pl.Series([True, None] * (n // 2)),
            "s": pl.Series([LONG, "x"] * (n // 2)),
            "l": pl.Series([[1, 2], None] * (n // 2)),
            "st": pl.Series([{"a": 1}] * n),
        }
    )
    frames = [part, part.select(pl.all().reverse()), pl.concat([part, part.clone()])]
    assert [f.n_chunks() for f in frames] == [1, 1, 2]
    before = {name: [a for f in frames for a in addresses(f, name)] for name in part.columns}
    got = concat_frames(frames)
    assert got.n_chunks("all") == [4] * part.width
    assert {name: addresses(got, name) for name in part.columns} == before
    assert [f.n_chunks() for f in frames] == [1, 1, 2], "the frames stay as they are"


def test_columns_chunked_differently_are_right() -> None:
    def split(name: str, at: int) -> pl.Series:
        return pl.concat([pl.Series(name, range(at)), pl.Series(name, range(at, 9))], rechunk=False)

    frame = pl.DataFrame([split("p", 2), split("q", 5)])
    assert frame.n_chunks("all") == [2, 2]
    assert_frame_equal(concat_frames([frame, frame]), pl.concat([frame, frame]))
    assert frame.n_chunks("all") == [2, 2]


def test_the_result_outlives_its_parts() -> None:
    parts = [pl.DataFrame({"s": [LONG + str(i)] * 1000}) for i in range(5)]
    got = concat_frames(parts)
    del parts
    assert got["s"].n_unique() == 5
