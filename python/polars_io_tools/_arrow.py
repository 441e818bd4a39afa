"""Frames to Arrow streams and back, without copying."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._carriers import carrier_of
from polars_io_tools.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Stream", "concat_frames", "stream_of"]


class Stream:
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
    if not all(_survives(name, dtype) for frame in frames for name, dtype in frame.schema.items()):
        try:
            return pl.concat(frames, rechunk=False)
        except (pl.exceptions.SchemaError, pl.exceptions.ShapeError) as error:
            raise SchemaMismatchError(f"concat: {error}") from error
    return pl.DataFrame(Stream(_gocore.concat([stream_of(frame) for frame in frames])))


def stream_of(frame: pl.DataFrame) -> object:
    """Return the capsule of an Arrow stream of the rows of a frame, chunk by chunk."""
    # A struct Series exports its chunks as they are; DataFrame's own export would merge them,
    # and do so in the frame it was called on.
    return frame.to_struct("").__arrow_c_stream__()


def _survives(name: str, dtype: object) -> bool:
    """Tell whether a column comes back from an Arrow stream as it was."""
    carrier = carrier_of(name, dtype, "arrow")
    return carrier is not None and carrier.way == "arrow" and not carrier.cast
