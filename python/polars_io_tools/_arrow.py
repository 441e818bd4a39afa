"""Frames to Arrow streams and back, without copying."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from polars_io_tools import _gocore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["concat_frames", "unsupported_dtypes"]


class _Stream:
    """Gives a capsule to a consumer that asks for `__arrow_c_stream__`."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._capsule


def concat_frames(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put frames of equal schema below one another, without copying their data.

    Each chunk of each frame becomes a chunk of the result. A frame whose columns are chunked
    differently from one another is the exception: Polars copies it into one chunk first. The
    frames stay as they are.

    Raises:
        ValueError: There are no frames.
        SchemaMismatchError: The schemas differ; the message names the frame ("stream") and the
            first column that does.
    """
    if len(frames) == 1:
        return frames[0]
    if frames and all(frame.width == 0 for frame in frames):
        # A frame without columns may still have rows, which Arrow structs would lose.
        return pl.DataFrame(height=sum(frame.height for frame in frames))
    # A struct Series exports its chunks as they are; DataFrame's own export would merge them,
    # and do so in the frame it was called on.
    streams = [frame.to_struct("").__arrow_c_stream__() for frame in frames]
    return pl.DataFrame(_Stream(_gocore.concat(streams)))


def unsupported_dtypes(schema: Mapping[str, pl.DataType]) -> list[tuple[str, pl.DataType]]:
    """Name the columns that cannot pass through Arrow streams, with their dtypes.

    These are the columns that hold, at any depth, an `Object`, whose Python values Arrow does
    not know, or an `Array` of width 0, which Polars writes but cannot read again.
    """
    return [(name, dtype) for name, dtype in schema.items() if _is_unsupported(dtype)]


def _is_unsupported(dtype: object) -> bool:
    if isinstance(dtype, pl.Array) and dtype.size == 0:
        return True
    # Inner dtypes may be classes, as in `pl.List(pl.Object)`.
    kind = dtype if isinstance(dtype, type) else type(dtype)
    return issubclass(kind, (pl.Object, pl.Unknown)) or any(map(_is_unsupported, _inner(dtype)))


def _inner(dtype: object) -> list[object]:
    if isinstance(dtype, (pl.List, pl.Array)):
        return [dtype.inner]
    if isinstance(dtype, pl.Struct):
        return [field.dtype for field in dtype.fields]
    if isinstance(dtype, pl.Map):
        return [dtype.key, dtype.value]
    if isinstance(dtype, pl.BaseExtension):
        return [dtype.ext_storage()]
    return []
