"""Answers of all libraries, made comparable: the number of rows, and checksums of all values."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

__all__ = ["Columns", "Summary", "columns", "summarise"]


class Summary(NamedTuple):
    """What two equal answers have in common, whatever the order of their rows."""

    rows: int
    checksum: str


class Columns(NamedTuple):
    """What the columns of an answer are like, one by one.

    Attributes:
        checksums: of the values of each, in the type that it should have.
        types: of those that came in another one, that one.
    """

    checksums: dict[str, str]
    types: dict[str, str]


def columns(answer: Any, schema: Mapping[str, pl.DataType]) -> Columns:
    """Return what the columns are like, each by itself: which ones differ from those of others."""
    frame = _stored(_to_polars(answer))
    found = {name: str(frame.schema[name]) for name in schema}
    return Columns(
        {name: summarise(frame, {name: dtype}).checksum for name, dtype in schema.items()},
        {name: text for name, text in found.items() if text != str(schema[name])},
    )


def summarise(answer: Any, schema: Mapping[str, pl.DataType]) -> Summary:
    """Return the summary of a frame or query of Polars, a frame of pandas, or a table of pyarrow.

    Libraries differ in the types that they give back: columns are compared as those of `schema`.
    Floats are compared to the last bit.

    Raises:
        polars.exceptions.PolarsError: a column is missing, or does not fit its type.
    """
    frame = _stored(_to_polars(answer)).select(
        pl.col(name).cast(dtype) for name, dtype in schema.items()
    )
    hashes = frame.hash_rows(0)
    # In halves, since the sum of millions of 64-bit hashes does not fit into 64 bits.
    low, high = hashes % 2**32, hashes // 2**32
    return Summary(frame.height, f"{int(low.sum()):x}-{int(high.sum()):x}")


def _to_polars(answer: Any) -> pl.DataFrame:
    if isinstance(answer, pl.DataFrame):
        return answer
    if isinstance(answer, pl.LazyFrame):  # of what was written
        return answer.collect()
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(answer, pandas.DataFrame):
        return pl.from_pandas(answer)
    return pl.DataFrame(answer)


def _stored(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with what types of other systems are stored as."""
    foreign = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.BaseExtension)]
    return frame.with_columns(pl.col(foreign).ext.storage()) if foreign else frame
