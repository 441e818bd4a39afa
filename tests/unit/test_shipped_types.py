"""Every type travels exactly in every format, and what cannot is refused by name."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any, get_args

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from polars_io_tools._arrow import concat_frames
from polars_io_tools._transport import Part, ReturnAs, decode, encode, size_of, unsupported
from polars_io_tools.errors import SchemaMismatchError
from tests.dtypes import EXTENSIONS, SERIES, assert_same

FORMATS = get_args(ReturnAs)

# Extension types that nobody registered make Polars warn.
pytestmark = pytest.mark.filterwarnings("ignore:.*xtension")

ALL = {**SERIES, **EXTENSIONS}

REFUSED: dict[str, pl.DataType] = {
    "object": pl.Object(),
    "list": pl.List(pl.Object),
    "struct": pl.Struct({"a": pl.Int8, "b": pl.Struct({"c": pl.Object()})}),
    "extension of what no format has": pl.Extension(
        "x", pl.Struct({"a": pl.Struct([]), "b": pl.Array(pl.Int8, 0)}), None
    ),
}


def travel(parts: Sequence[Part]) -> list[Part]:
    """Return the parts as another process sees them: pickled, with new buffers."""
    arrived = []
    for part in parts:
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(part, protocol=5, buffer_callback=buffers.append)
        assert len(data) < 100_000, "buffers travel beside the pickle"
        arrived.append(pickle.loads(data, buffers=[bytes(b) for b in buffers]))
    return arrived


@pytest.mark.parametrize("return_as", FORMATS)
@pytest.mark.parametrize("name", ALL)
def test_rows_come_back_exactly(name: str, return_as: ReturnAs) -> None:
    frame = ALL[name].alias(name).to_frame().with_row_index()
    assert unsupported(frame.schema, return_as) == []
    frames = [frame, frame.head(0), frame.tail(1), frame[:1], frame]
    shipped = [decode(travel(encode(f, return_as))) for f in frames]
    for got, expected in zip(shipped, frames, strict=True):
        assert_same(got, expected)
    whole = pl.concat(frames, rechunk=False)
    assert_same(concat_frames(shipped), whole)
    assert_same(decode(travel(encode(whole, return_as))), whole)
    together = [part for f in frames for part in travel(encode(f, return_as))]
    assert_same(decode(together), whole)


@pytest.mark.parametrize("return_as", FORMATS)
def test_all_types_beside_one_another(return_as: ReturnAs) -> None:
    frame = pl.DataFrame([s.head(1).alias(name) for name, s in ALL.items()])
    assert_same(decode(travel(encode(frame, return_as))), frame)
    tall = pl.concat([frame] * 9, rechunk=False)
    parts = travel(encode(tall, return_as, max_bytes=2000))
    assert len(parts) > 1
    assert_same(decode(parts), tall)


@pytest.mark.parametrize("return_as", FORMATS)
@pytest.mark.parametrize(
    "name", ["", "^date.*$", "a.b", "a\"b'c`d", "ünïcödé 🦀", "*", "a\0b", " "]
)
def test_names_come_back_exactly(name: str, return_as: ReturnAs) -> None:
    # A column with another way to travel makes the frame one of two sections.
    odd = ALL["all at once"][:1]
    for frame in (
        pl.DataFrame({name: [1], "date1": ["x"]}),
        pl.DataFrame([pl.Series("date2", [1]), odd.alias(name), pl.Series("z", ["z"])]),
        pl.DataFrame({"s": [{name: 1, "date3": None}, None]}),
    ):
        assert_same(decode(travel(encode(frame, return_as))), frame)


@pytest.mark.parametrize("return_as", FORMATS)
@pytest.mark.parametrize("height", [0, 3])
def test_rows_without_columns_are_counted(height: int, return_as: ReturnAs) -> None:
    part = travel(encode(pl.DataFrame(height=height), return_as))
    assert decode(part).shape == (height, 0)
    assert decode([*part, *part]).shape == (2 * height, 0)


@pytest.mark.parametrize("return_as", FORMATS)
def test_categories_that_differ_from_part_to_part(return_as: ReturnAs) -> None:
    values: list[list[str | None]] = [["a", "b", None], ["z", "b"], [], ["a"]]
    frames = [pl.DataFrame({"c": pl.Series(v, dtype=pl.Categorical)}) for v in values]
    parts = [part for frame in frames for part in travel(encode(frame, return_as))]
    assert decode(parts)["c"].to_list() == ["a", "b", None, "z", "b", "a"]


def test_unsupported_types_are_named() -> None:
    schema = pl.Schema({"fine": pl.Int8(), **REFUSED, "too": pl.List(pl.String())})
    named = [f"{name!r}: {dtype}" for name, dtype in REFUSED.items()]
    for return_as in FORMATS:
        assert unsupported(schema, return_as) == named


def test_a_frame_that_cannot_travel_is_refused() -> None:
    values: list[Any] = [object()]
    frame = pl.DataFrame({"o": pl.Series(values, dtype=pl.Object)})
    with pytest.raises(ValueError, match="cannot travel: 'o': Object"):
        encode(frame, "arrow")


@pytest.mark.parametrize("return_as", FORMATS)
def test_parts_of_other_types_are_refused(return_as: ReturnAs) -> None:
    frames = [pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1.5]})]
    parts = [part for frame in frames for part in encode(frame, return_as)]
    with pytest.raises(SchemaMismatchError):
        decode(parts)
    narrow = encode(SERIES["Array of width 0"].alias("a").to_frame(), return_as)
    if return_as != "parquet":
        with pytest.raises(SchemaMismatchError, match="part 1 has columns"):
            decode([*encode(frames[0], return_as), *narrow])


def test_no_parts() -> None:
    with pytest.raises(ValueError, match="no parts"):
        decode([])


@pytest.mark.parametrize("return_as", FORMATS)
def test_large_frames_are_cut_between_rows(return_as: ReturnAs) -> None:
    # The last row is as large as all others together: cutting into equal rows is not enough.
    frame = pl.DataFrame({"t": [f"{i:01000}" for i in range(1000)] + ["x" * 1_000_000]})
    parts = encode(frame, return_as, max_bytes=200_000)
    assert len(parts) > 5
    assert [part[1] for part in parts[-2:]][-1] >= 1
    assert all(size_of(part) <= 250_000 for part in parts[:-1])
    assert_frame_equal(decode(travel(parts)), frame)
    assert len(encode(frame[-1:], return_as, max_bytes=1)) == 1


@pytest.mark.parametrize("return_as", FORMATS)
def test_what_frames_hold_beyond_their_rows_stays(return_as: ReturnAs) -> None:
    texts = pl.Series([f"{i:050}" for i in range(50_000)])
    big = pl.DataFrame([texts.alias("t"), texts.cast(pl.Binary).alias("b")]).with_row_index()
    grown = big.head(2).clone().extend(big.tail(3))
    for frame in (big[500:510], big.filter(pl.col("index") % 9000 == 1), big.head(0), grown):
        parts = encode(frame, return_as)
        assert sum(map(size_of, parts)) < 20_000
        assert_same(decode(travel(parts)), frame)


def test_size_counts_buffers_wherever_they_are() -> None:
    [part] = encode(pl.DataFrame({"x": range(100_000)}), "arrow")
    assert 800_000 <= size_of(part) <= 801_000
    assert size_of(travel([part])[0]) == size_of(part)


def test_encoding_copies_nothing_large_and_keeps_the_chunks() -> None:
    chunk = pl.DataFrame({"x": range(100_000), "t": [f"{i:020}" for i in range(100_000)]})
    frame = pl.concat([chunk, chunk.reverse()], rechunk=False)
    [part] = encode(frame, "arrow")
    got = decode([part])
    assert got.n_chunks("all") == [2, 2] == frame.n_chunks("all")

    def places(series: pl.Series, buffer: int) -> int:
        newest = pl.CompatLevel.newest()
        address: int = series.to_arrow(compat_level=newest).buffers()[buffer].address
        return address

    # The last data buffer is a large one.
    for name, buffers in {"x": [1], "t": [1, -1]}.items():
        for i in range(2):
            one, other = (f[name].get_chunks()[i] for f in (got, frame))
            assert [places(one, b) for b in buffers] == [places(other, b) for b in buffers]
