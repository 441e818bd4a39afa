"""pack and unpack with the layouts that Polars does not give itself, from another producer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

from polars_io_tools import _gocore
from tests.boundary.streams import Holder

LONG = "a string that is too long to be stored inline"

ARRAYS: dict[str, pa.Array] = {
    "bool": pa.array([True, None, False] * 5),
    "float16": pa.array([1.5, None, -0.0] * 5, pa.float16()),
    "string": pa.array(["", None, "ä", LONG] * 5, pa.string()),
    "large string": pa.array(["", None, "ä", LONG] * 5, pa.large_string()),
    "string view": pa.array(["", None, "ä", LONG] * 5, pa.string_view()),
    "binary": pa.array([b"", None, b"\0", LONG.encode()] * 5, pa.binary()),
    "large binary": pa.array([b"", None, b"\0"] * 5, pa.large_binary()),
    "fixed-size binary": pa.array([b"abc", None] * 9, pa.binary(3)),
    "binary of size 0": pa.array([b"", None] * 9, pa.binary(0)),
    "decimal32": pa.array([Decimal("1.5"), None] * 9, pa.decimal32(5, 2)),
    "decimal64": pa.array([Decimal("1.5"), None] * 9, pa.decimal64(15, 2)),
    "decimal128": pa.array([Decimal("1.5"), None] * 9, pa.decimal128(30, 2)),
    "decimal256": pa.array([Decimal("1.5"), None] * 9, pa.decimal256(60, 2)),
    "date64": pa.array([dt.date(2024, 1, 1), None] * 9, pa.date64()),
    "time32": pa.array([dt.time(1), None] * 9, pa.time32("s")),
    "month, day, nano": pa.array([pa.MonthDayNano([1, 2, 3]), None] * 9),
    "list": pa.array([[1, None], None, [], [2]] * 5, pa.list_(pa.int16())),
    "large list": pa.array([["a", LONG], None, []] * 5, pa.large_list(pa.string())),
    "list view": pa.array([[1, None], None, [], [2]] * 5, pa.list_view(pa.int16())),
    "large list view": pa.array([["a", LONG], None, []] * 5, pa.large_list_view(pa.string())),
    "list view in disorder": pa.ListViewArray.from_arrays(
        pa.array([4, 0, 2, 2] * 4, pa.int32()),
        pa.array([2, 3, 0, 4] * 4, pa.int32()),
        pa.array(range(9)),
    ),
    "fixed-size list": pa.array([[1, 2], None] * 9, pa.list_(pa.int8(), 2)),
    "list of size 0": pa.array([[], None] * 9, pa.list_(pa.int8(), 0)),
    "struct": pa.array([{"a": 1, "b": [True]}, None, {"a": None, "b": None}] * 5),
    "struct without fields": pa.array([{}, None] * 9, pa.struct([])),
    "map": pa.array([[("k", 1)], None, []] * 5, pa.map_(pa.string(), pa.int8())),
    "null": pa.nulls(17),
    "dictionary": pa.array(["x", None, LONG, "x"] * 5).dictionary_encode(),
    "dictionary of structs": pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1] * 5, pa.int8()), pa.array([{"a": [1]}, {"a": None}])
    ),
    "list of dictionaries": pa.ListArray.from_arrays(
        [0, 2, 3, 3], pa.array(["x", None, "y"]).dictionary_encode()
    ),
}


def packed(table: pa.Table, limit: int = 0) -> tuple[bytes, list[bytes]]:
    _, description, buffers = _gocore.pack(table.__arrow_c_stream__(), limit)
    return description, [bytes(b) for b in buffers]


@pytest.mark.parametrize("name", ARRAYS)
def test_layouts(name: str) -> None:
    array = ARRAYS[name]
    table = pa.table({name: pa.chunked_array([array, array[1:], array[3:-1], array[:0]])})
    table = table.append_column("tagged", table.column(0))
    table = table.cast(table.schema.with_metadata({"key": "value"}))
    part = packed(table)
    got = pa.table(Holder(_gocore.unpack([part, part])))
    got.validate(full=True)
    assert got.schema.equals(table.schema)
    assert got.equals(pa.concat_tables([table, table]))


def test_metadata_and_flags_stay() -> None:
    kind = pa.dictionary(pa.int8(), pa.string(), ordered=True)
    field = pa.field("d", kind, nullable=False, metadata={"a": "1", "": "2"})
    table = pa.table([pa.array(["x"]).dictionary_encode().cast(kind)], schema=pa.schema([field]))
    got = pa.table(Holder(_gocore.unpack([packed(table)])))
    assert got.schema.equals(table.schema, check_metadata=True)


@pytest.mark.parametrize(
    "array",
    [
        pa.UnionArray.from_dense(
            pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])]
        ),
        pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
        pa.RunEndEncodedArray.from_arrays([3], [1]),
    ],
    ids=str,
)
def test_what_polars_never_gives_is_refused(array: pa.Array) -> None:
    with pytest.raises(ValueError, match=r'pack: field "u": type .*: type cannot be packed'):
        packed(pa.table({"u": array}))


def test_a_list_that_is_sliced_ships_its_own_items() -> None:
    items = pa.array([[f"item {i:030}"] * 100 for i in range(1000)])
    for kind in (
        pa.list_(pa.string()),
        pa.large_list(pa.string_view()),
        pa.list_(pa.string(), 100),
    ):
        table = pa.table({"l": items.cast(kind)})
        whole, part = packed(table), packed(table.slice(501, 10))
        assert sum(map(len, part[1])) < sum(map(len, whole[1])) / 90
        assert pa.table(Holder(_gocore.unpack([part]))).equals(table.slice(501, 10))


@pytest.mark.parametrize(
    "cut",
    [
        lambda f: f.filter(pl.col("x") % 100 == 0),
        lambda f: f.head(1000),
        lambda f: f.slice(50_001, 1000),
        lambda f: f.filter(pl.col("x") % 2 == 0),
        lambda f: pl.concat([f.head(10), f.tail(10)], rechunk=False),
        lambda f: f.sample(0.3, seed=1),
    ],
    ids=["filter", "head", "slice", "half", "chunks", "sample"],
)
def test_little_travels_that_is_not_needed(cut: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    n = 100_000
    frame = pl.DataFrame({"x": range(n)}).with_columns(
        s=pl.format("some text that is long {}", "x"),
        n=pl.when(pl.col("x") % 3 > 0).then(pl.format("some other text that is long {}", "x")),
        l=pl.concat_list(pl.format("an item that is long {}", "x"), pl.lit("short")),
        b=pl.col("x") % 2 == 0,
        c=pl.struct(
            a=pl.col("x").cast(pl.Int16, strict=False), t=pl.format("in a struct, long {}", "x")
        ),
    )
    part = cut(frame)
    _, _, buffers = _gocore.pack(part.to_struct("").__arrow_c_stream__(), 0)
    shipped = sum(memoryview(b).nbytes for b in buffers)
    row = 8 + 4 * 16 + 16 + 8 + 2 + 4 / 8
    texts = part.select(
        pl.col("s").str.len_bytes().sum(),
        pl.col("n").str.len_bytes().sum(),
        pl.col("l").list.get(0).str.len_bytes().sum(),
        pl.col("c").struct.field("t").str.len_bytes().sum(),
    ).row(0)
    needed = row * part.height + sum(texts)
    # Each of some tens of small buffers ends at a multiple of 64.
    assert shipped <= 1.2 * needed + 5_000
