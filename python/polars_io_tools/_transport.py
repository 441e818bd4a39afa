"""How the rows of a period travel back: frames to parts, and parts to frames.

A part is one object of an object store: a tuple of builtins and `pickle.PickleBuffer`, whose first
element names the format.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any, Literal

import polars as pl

from polars_io_tools._arrow import concat_frames

__all__ = ["Part", "ReturnAs", "decode", "encode", "size_of", "unsupported"]

ReturnAs = Literal["arrow", "ipc", "parquet"]

Part = tuple[Any, ...]


def encode(frame: pl.DataFrame, return_as: ReturnAs) -> list[Part]:
    """Return the rows of a frame as at least one part."""
    buffer = io.BytesIO()
    if return_as == "parquet":
        frame.write_parquet(buffer)
    elif return_as == "ipc":
        frame.write_ipc_stream(buffer, compression="lz4")
    else:
        frame.write_ipc_stream(buffer, compression="uncompressed")
    return [(return_as, pickle.PickleBuffer(buffer.getvalue()))]


def decode(parts: Sequence[Part]) -> pl.DataFrame:
    """Return the rows of parts that `encode` made of frames of equal schema, in their order."""
    return concat_frames([_decode(part) for part in parts])


def _decode(part: Part) -> pl.DataFrame:
    return_as, buffer = part
    if return_as == "parquet":
        return pl.read_parquet(bytes(buffer))
    return pl.read_ipc_stream(bytes(buffer))


def size_of(part: Part) -> int:
    """Return about how many bytes a part takes in the object store."""
    return sum(len(memoryview(e)) for e in part if isinstance(e, pickle.PickleBuffer))


# Types that come back exactly in every format; the tests hold the table. Nested types count by
# what is inside.
_FLAT = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128),
    *(pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.UInt128),
    *(pl.Float16, pl.Float32, pl.Float64, pl.Decimal, pl.Boolean, pl.Null),
    *(pl.String, pl.Binary, pl.Categorical, pl.Enum),
    *(pl.Date, pl.Time, pl.Datetime, pl.Duration),
)


def unsupported(schema: pl.Schema, return_as: ReturnAs) -> list[str]:
    """Return "name: type" of each column whose type cannot be sent back in the format."""
    return [f"{name!r}: {dtype}" for name, dtype in schema.items() if not _ships(dtype, return_as)]


def _ships(dtype: Any, return_as: ReturnAs) -> bool:
    if isinstance(dtype, pl.List):
        return _ships(dtype.inner, return_as)
    if isinstance(dtype, pl.Array):
        return dtype.size > 0 and _ships(dtype.inner, return_as)
    if isinstance(dtype, pl.Struct):
        # Parquet has no column for a struct without fields.
        empty = not dtype.fields and return_as == "parquet"
        return not empty and all(_ships(f.dtype, return_as) for f in dtype.fields)
    return dtype.base_type() in _FLAT
