"""Frames to buffers and back, in the formats that a column can travel in.

Invariant: what is decoded at the same time is bounded in bytes, not in frames.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._arrow import Stream, concat_frames, stream_of
from polars_io_tools._carriers import ReturnAs

__all__ = ["Written", "read", "write"]

# Decoded bytes that may be in the making at the same time; a larger frame is decoded alone.
_IN_FLIGHT = 512 * 2**20


class Written(NamedTuple):
    """A frame as buffers.

    Attributes:
        description: what reading needs besides the buffers.
        buffers: objects with the buffer protocol.
    """

    description: bytes
    buffers: Sequence[Any]


def write(frame: pl.DataFrame, way: ReturnAs, max_bytes: int) -> Written | int:
    """Return a frame as buffers, or the number of pieces to cut it into before."""
    if way == "arrow":
        pieces, description, buffers = _gocore.pack(stream_of(frame), max_bytes)
        return Written(description, buffers) if pieces == 1 else pieces
    size = int(frame.estimated_size())
    if size > max_bytes and frame.height > 1:
        return min(-(-size // max_bytes), frame.height)
    file = io.BytesIO()
    if way == "parquet":
        frame.write_parquet(file)
    else:
        frame.write_ipc_stream(file, compression="lz4")
    return Written(str(size).encode(), [file.getbuffer()])


def read(written: Sequence[Written], way: ReturnAs) -> pl.DataFrame:
    """Return one frame of what was written of frames of equal schema, in their order.

    Raw buffers are used where they are. Files are read in parallel, within the bound.
    """
    if way == "arrow":
        return pl.DataFrame(Stream(_gocore.unpack(written)))
    if len(written) == 1:
        return _read_file(written[0].buffers[0], way)
    budget = _Budget(_IN_FLIGHT)

    def read_one(one: Written) -> pl.DataFrame:
        with budget.share(int(one.description)):
            return _read_file(one.buffers[0], way)

    with ThreadPoolExecutor(min(len(written), pl.thread_pool_size())) as pool:
        return concat_frames(list(pool.map(read_one, written)))


def _read_file(file: Any, way: ReturnAs) -> pl.DataFrame:
    return pl.read_parquet(bytes(file)) if way == "parquet" else pl.read_ipc_stream(bytes(file))


class _Budget:
    """Bytes that threads share: each waits until there is room for its own."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def share(self, size: int) -> Iterator[None]:
        """Take bytes for as long as the context lasts, all of them for more than there are."""
        wanted = min(size, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._used + wanted <= self._size)
            self._used += wanted
        try:
            yield
        finally:
            with self._changed:
                self._used -= wanted
                self._changed.notify_all()
