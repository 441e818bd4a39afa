"""Frames to parts that travel between processes, and back.

A part is one object of an object store: a tuple of builtins and `pickle.PickleBuffer`, whose
buffers travel beside the pickle and not in it::

    (format, height, sections, *buffers)

A section is some of the columns in one way of carrying them: `"arrow"` (raw Arrow buffers, which
Go describes), `"ipc"` or `"parquet"` (what Polars writes). Nearly always there is one, in the
format that was asked for; a column that the format cannot carry exactly has another.

Invariant: decoded parts equal the frame bit by bit, whatever the format. What cannot be carried
at all is named by `unsupported`. Nothing here knows of Ray, or keeps state.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl
import polars.selectors as cs

from polars_io_tools._carriers import Carrier, ReturnAs, carrier_of, carrier_type
from polars_io_tools._formats import Written, read, write
from polars_io_tools.errors import SchemaMismatchError

__all__ = ["MAX_BYTES", "Part", "ReturnAs", "decode", "encode", "size_of", "unsupported"]

Part = tuple[Any, ...]

# Larger objects take long to move, and are given back only in one piece.
MAX_BYTES = 256 * 2**20


class _Section(NamedTuple):
    """What a part says of one of its sections; it travels as a plain tuple.

    Attributes:
        way: how the columns are carried.
        places: their places in the frame.
        restore: the types to cast them back to, pickled; empty if they were not cast.
        description: what reading needs besides the buffers.
        buffers: how many buffers of the part are the section's.
    """

    way: ReturnAs
    places: tuple[int, ...]
    restore: bytes
    description: bytes
    buffers: int


def unsupported(schema: pl.Schema, return_as: ReturnAs) -> list[str]:
    """Return "name: type" of each column that cannot travel when a format is wanted."""
    return [
        f"{name!r}: {dtype}"
        for name, dtype in schema.items()
        if carrier_of(name, dtype, return_as) is None
    ]


def encode(frame: pl.DataFrame, return_as: ReturnAs, *, max_bytes: int = MAX_BYTES) -> list[Part]:
    """Return the rows of a frame as at least one part.

    As "arrow", nothing is copied but what is small, and strings of which the frame uses little:
    the buffers are the frame's own memory, and keep it.

    Args:
        frame: the rows; they are cut into several parts where they are too large for one.
        return_as: the format.
        max_bytes: the size of one part, about; a single row may be larger.

    Raises:
        ValueError: A column cannot travel; see `unsupported`.
    """
    bad = unsupported(frame.schema, return_as)
    if bad:
        raise ValueError(f"columns of these types cannot travel: {', '.join(bad)}")
    sections: list[tuple[Any, ...]] = []
    buffers: list[pickle.PickleBuffer] = []
    for carrier, places in _grouped(frame.schema, return_as).items():
        columns = frame if len(places) == frame.width else frame[:, list(places)]
        restore = b""
        if carrier.cast:
            restore = pickle.dumps(dict(columns.schema))
            columns = _cast(columns, {n: carrier_type(t) for n, t in columns.schema.items()})
        written = write(columns, carrier.way, max_bytes)
        if isinstance(written, int):
            return _encode_pieces(frame, written, return_as, max_bytes)
        section = _Section(carrier.way, places, restore, written.description, len(written.buffers))
        sections.append(tuple(section))
        buffers += map(pickle.PickleBuffer, written.buffers)
    return [(return_as, frame.height, tuple(sections), *buffers)]


def _grouped(schema: pl.Schema, return_as: ReturnAs) -> dict[Carrier, tuple[int, ...]]:
    """Return the places of the columns that travel in the same way, by that way."""
    groups: dict[Carrier, tuple[int, ...]] = {}
    for place, (name, dtype) in enumerate(schema.items()):
        carrier = carrier_of(name, dtype, return_as)
        if carrier is not None:
            groups[carrier] = (*groups.get(carrier, ()), place)
    return groups


def _encode_pieces(
    frame: pl.DataFrame, pieces: int, return_as: ReturnAs, max_bytes: int
) -> list[Part]:
    """Encode a frame that is too large, in pieces of equal rows; one may still be too large."""
    ends = [frame.height * i // pieces for i in range(pieces + 1)]
    return [
        part
        for start, end in pairwise(ends)
        for part in encode(frame[start:end], return_as, max_bytes=max_bytes)
    ]


def decode(parts: Sequence[Part]) -> pl.DataFrame:
    """Return the rows of parts that were made of frames of equal schema, in their order.

    Of parts in the format "arrow" nothing is copied: the frame uses their buffers, and keeps
    those alive for as long as one of its columns does.

    Raises:
        ValueError: There are no parts.
        SchemaMismatchError: The schemas differ.
    """
    if not parts:
        raise ValueError("decode: no parts")
    sections = [_Section(*section) for section in parts[0][2]]
    shape = [section[:3] for section in sections]
    for i, part in enumerate(parts):
        if [tuple(section[:3]) for section in part[2]] != shape:
            raise SchemaMismatchError(f"part {i} has columns of other types than part 0")
    if not sections:
        return pl.DataFrame(height=sum(part[1] for part in parts))
    frames = [_decode_section(parts, i, section) for i, section in enumerate(sections)]
    if len(frames) == 1:
        return frames[0]
    places = [place for section in sections for place in section.places]
    columns = [column for frame in frames for column in frame.get_columns()]
    return pl.DataFrame([columns[places.index(place)] for place in range(len(columns))])


def _decode_section(parts: Sequence[Part], index: int, section: _Section) -> pl.DataFrame:
    """Return the columns of one section of all parts."""
    written = []
    for part in parts:
        start = 3 + sum(_Section(*s).buffers for s in part[2][:index])
        own = _Section(*part[2][index])
        written.append(Written(own.description, part[start : start + own.buffers]))
    frame = read(written, section.way)
    return _cast(frame, pickle.loads(section.restore)) if section.restore else frame  # noqa: S301  (from our own task)


def _cast(frame: pl.DataFrame, types: dict[str, Any]) -> pl.DataFrame:
    return frame.select(cs.by_name(name).cast(dtype) for name, dtype in types.items())


def size_of(part: Part) -> int:
    """Return about how many bytes a part takes in the object store."""
    _, _, sections, *buffers = part
    return sum(len(s[3]) for s in sections) + sum(memoryview(b).nbytes for b in buffers)
