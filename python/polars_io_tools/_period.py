"""The parts of a split: calendar periods, and other partitions.

Each has a label, options of its own or none, and a wire form of builtins in which it travels to a
worker.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools._partitions import exact_column
from polars_io_tools._polars.pickling import functions_by_value

__all__ = [
    "NULL_LABEL",
    "AnyPartition",
    "Partition",
    "Period",
    "alike",
    "filter_of",
    "from_wire",
    "named",
    "window_of",
]

# The label of the part that holds the rows without a date or value.
NULL_LABEL = "null"


@dataclass(frozen=True, slots=True)
class Period:
    """One part of a split by the calendar: rows with a date in [start, end), or without a date.

    Attributes:
        label: what the period is called, such as "2024-01", or "null".
        start: first value, as the physical integer of the date column (days since 1970-01-01 for
            a Date; ms, us or ns since 1970-01-01T00:00 for a Datetime); None for null dates.
        end: the value after the last, likewise.
    """

    label: str
    start: int | None
    end: int | None

    @property
    def options(self) -> None:
        """Ray options of its own: a period has none."""
        return

    def wire(self) -> tuple[Any, ...]:
        """Return the period as `from_wire` takes it."""
        return (self.label, self.start, self.end)


@dataclass(frozen=True, eq=False, slots=True)
class Partition:
    """One part of another split: the rows on which a predicate is true.

    Attributes:
        label: what the partition is called, such as "XNYS", "[0, 9]" or "null".
        key: the value, the pair of ends, or the key that the user gave.
        predicate: a condition on the columns of the query's result.
        options: Ray options of its own, None for none.
    """

    label: str
    key: Any
    predicate: pl.Expr
    options: Mapping[str, Any] | None = None

    def wire(self) -> tuple[Any, ...]:
        """Return the partition as `from_wire` takes it."""
        with functions_by_value(lambda obj: obj):
            return (self.label, self.predicate.meta.serialize())


AnyPartition = Period | Partition


def from_wire(wire: tuple[Any, ...]) -> AnyPartition:
    """Return the period or partition that `wire` gave."""
    if len(wire) > len(("label", "predicate")):
        return Period(*wire)
    label, predicate = wire
    return Partition(label, None, pl.Expr.deserialize(io.BytesIO(predicate)))


def alike(parts: Sequence[AnyPartition]) -> Sequence[AnyPartition]:
    """Return those at the beginning that have the same options, so that they may share a task."""
    wanted = parts[0].options
    count = next((i for i, part in enumerate(parts) if part.options != wanted), len(parts))
    return parts[:count]


def named(labels: Sequence[str]) -> str:
    """Return a name for neighbouring periods."""
    return labels[0] if len(labels) == 1 else f"{labels[0]}…{labels[-1]}"


def window_of(part: Period, dtype: pl.DataType | None) -> str:
    """Return the window of a period for people: "2024-01-01 to 2024-02-01", without its end."""
    if part.start is None or part.end is None:
        return "no date"
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    ends = pl.Series([part.start, part.end], dtype=physical).cast(dtype or physical())
    return " to ".join(ends.cast(pl.String))


def filter_of(part: AnyPartition, dtype: pl.DataType | None, column: str) -> pl.Expr:
    """Return the filter of a part; of a period in physical integers of the column's own type."""
    if isinstance(part, Partition):
        return part.predicate
    date = exact_column(column)
    if part.start is None or part.end is None:
        return date.is_null()
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    start = pl.lit(part.start, dtype=physical).cast(dtype)  # type: ignore[arg-type]  # a period has it
    end = pl.lit(part.end, dtype=physical).cast(dtype)  # type: ignore[arg-type]  # likewise
    return (date >= start) & (date < end)
