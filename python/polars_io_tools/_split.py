"""How a query is split, checked against its schema: what the arguments of the call mean for it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._keys import key_partitions
from polars_io_tools._partitions import (
    ByQuantile,
    ByRange,
    ByTime,
    ByValue,
    KeyedPartition,
    KeyPartitions,
    Partitioner,
    RayPartition,
    ReadPartition,
    exact_column,
    membership,
)
from polars_io_tools._polars import type_name
from polars_io_tools._polars.types import wire_column

__all__ = ["FixedListing", "Listing", "Method", "Split", "check_count", "check_split", "suggest"]

Method = Literal["calendar", "values", "ranges", "quantiles", "listed"]

# Makes the partitions that a user lists, from the filter after the call; None for no list.
Listing = Callable[[pl.Expr | None], Sequence[ReadPartition] | None]

_MAX_LISTED = 20


@dataclass(frozen=True)
class Split:
    """How to split.

    Attributes:
        method: what the parts are.
        column: the column that they follow from, "" if they are listed.
        dtype: its type, None if they are listed.
        max_periods: the most parts that may follow from bounds.
        unit: the calendar unit, the width of a range, or the number of quantiles.
        listing: makes listed partitions.
        cuts: where quantiles begin, as texts, None while that is not known.
    """

    method: Method
    column: str
    dtype: pl.DataType | None
    max_periods: int
    unit: str = ""
    listing: Listing | None = None
    cuts: tuple[str, ...] | None = None

    @property
    def calendar(self) -> bool:
        """Whether the parts are periods."""
        return self.method == "calendar"

    def __str__(self) -> str:
        """Return what the split is, to be read after the name of the column."""
        words = {
            "calendar": self.unit,
            "values": "by value",
            "ranges": f"ranges of {self.unit}",
            "quantiles": f"{self.unit} quantiles",
            "listed": "listed partitions",
        }
        return words[self.method]


def check_split(
    lf: pl.LazyFrame,
    partitions: Any,
    *,
    date_column: str | None,
    time_unit: str | None,
    max_periods: int,
) -> Split:
    """Return how to split `lf`.

    Raises:
        ValueError: an unknown column or unit, a number out of range, a value that does not fit its
            column, or arguments that exclude one another.
        TypeError: an argument, or the column, is of the wrong type.
    """
    check_count("max_periods", max_periods)
    if partitions is None:
        return _calendar(lf, "date_column", date_column, time_unit, max_periods)
    if date_column is not None or time_unit is not None:
        raise ValueError("give either partitions, or date_column and time_unit, not both")
    if isinstance(partitions, ByTime):
        return _calendar(lf, "by_time", partitions.on, partitions.every, max_periods)
    if isinstance(partitions, ByValue | ByRange | ByQuantile):
        return _by_column(lf, partitions, max_periods)
    if isinstance(partitions, KeyPartitions):
        return _listed(lf, key_partitions(lf, partitions), max_periods)
    if isinstance(partitions, Partitioner):
        return Split("listed", "", None, max_periods, listing=partitions.build)
    return _listed(lf, partitions, max_periods)


def _calendar(
    lf: pl.LazyFrame, argument: str, column: str | None, unit: str | None, max_periods: int
) -> Split:
    if column is None or unit is None:
        missing = "date_column" if column is None else "time_unit"
        raise ValueError(
            f'{missing} is missing: write date_column="…" and time_unit="monthly", or partitions=…'
        )
    dtype = _type_of(lf, argument, column)
    if not isinstance(unit, str):
        raise TypeError(f'time_unit must be a str such as "monthly" or "6h", not {unit!r}')
    if not (isinstance(dtype, pl.Datetime) or dtype == pl.Date):
        name = f'pl.col("{column}")'
        remedy = f"; convert it before: {name}.str.to_date()" if dtype == pl.String else ""
        what = f"{argument} {column!r}" if argument == "date_column" else f"the column {column!r}"
        raise TypeError(f"{what} is a {dtype}, but has to be a Date or a Datetime{remedy}")
    try:
        _gocore.check_unit(unit.encode(), type_name(dtype).encode())
    except ValueError as error:
        why = str(error).removeprefix("calendar: ")
        raise ValueError(f"time_unit {unit!r} cannot be used: {why}") from None
    return Split("calendar", column, dtype, max_periods, unit)


def _type_of(lf: pl.LazyFrame, argument: str, column: str) -> pl.DataType:
    if not isinstance(column, str):
        raise TypeError(f"{argument} must be the name of a column, not {column!r}")
    schema = lf.collect_schema()
    if column not in schema:
        raise ValueError(
            f"{argument} {column!r} is not a column of the query; "
            f"{suggest(column, schema.names(), 'its columns are')}"
        )
    return schema[column]


def _by_column(lf: pl.LazyFrame, by: ByValue | ByRange | ByQuantile, max_periods: int) -> Split:
    name = {ByValue: "by_value", ByRange: "by_range", ByQuantile: "by_quantile"}[type(by)]
    dtype = _type_of(lf, name, by.on)
    if isinstance(by, ByValue) and by.values is not None:
        return _listed(lf, _values(by, dtype), max_periods)
    if wire_column(by.on, dtype) is None:
        remedy = "; give its values, as by_value(…, values=[…])" if name == "by_value" else ""
        raise TypeError(f"{name} cannot split the column {by.on!r}, which is a {dtype}{remedy}")
    if isinstance(by, ByRange):
        if not dtype.is_numeric():
            remedy = "; by_time splits dates" if dtype.is_temporal() else ""
            raise TypeError(f"by_range needs a column of numbers; {by.on!r} is a {dtype}{remedy}")
        return Split("ranges", by.on, dtype, max_periods, by.every)
    if isinstance(by, ByQuantile):
        return Split("quantiles", by.on, dtype, max_periods, str(by.n))
    return Split("values", by.on, dtype, max_periods)


def _values(by: ByValue, dtype: pl.DataType) -> list[ReadPartition]:
    parts: list[ReadPartition] = []
    for value in by.values or ():
        try:
            predicate = membership(exact_column(by.on), value, dtype)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
            raise ValueError(
                f"value {value!r} does not fit the column {by.on!r}, which is a {dtype}"
            ) from error
        key = tuple(value) if isinstance(value, list | set | frozenset | pl.Series) else value
        parts.append(KeyedPartition(predicate, key))
    return parts


def _listed(lf: pl.LazyFrame, partitions: Iterable[Any], max_periods: int) -> Split:
    if isinstance(partitions, str) or not isinstance(partitions, Iterable):
        raise TypeError(
            "partitions must be by_time(…) or another partitioner, or a list of ReadPartition, "
            f"not {partitions!r}"
        )
    parts = list(partitions)
    for position, part in enumerate(parts):
        if not isinstance(part, ReadPartition) or not isinstance(part.predicate, pl.Expr):
            raise TypeError(
                f"element {position} of partitions must be a ReadPartition with an expression, "
                f"not {part!r}"
            )
        options = part.remote_options if isinstance(part, RayPartition) else None
        if options is not None and not hasattr(options, "keys"):
            raise TypeError(
                f"remote_options of element {position} of partitions must be a mapping of Ray task "
                f"options, not {type(options).__name__}"
            )
    check_predicates(lf, parts)
    return Split("listed", "", None, max_periods, listing=FixedListing(parts))


@dataclass(frozen=True)
class FixedListing:
    """A listing that does not depend on filters; a class, as it travels inside of plans."""

    parts: list[ReadPartition]

    def __call__(self, _: pl.Expr | None) -> list[ReadPartition]:
        return self.parts


def check_predicates(lf: pl.LazyFrame, parts: Sequence[ReadPartition]) -> None:
    """Check that all predicates are conditions on columns of the query.

    Raises:
        TypeError: one is not.
        polars.exceptions.PolarsError: what Polars raises for an expression that is not valid.
    """
    named = [part.predicate.alias(str(i)) for i, part in enumerate(parts)]
    types = lf.select(named).collect_schema()
    for part, (position, dtype) in zip(parts, types.items(), strict=True):
        if dtype != pl.Boolean:
            raise TypeError(
                f"the predicate of element {position} of partitions must be a condition, not a "
                f"{dtype}: {part.predicate}"
            )


def check_count(name: str, value: int, expected: str = "a positive integer") -> None:
    """Check that an argument is a positive integer.

    Raises:
        ValueError: it is less than one.
        TypeError: it is no integer.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be {expected}, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be {expected}, not {value!r}")


def suggest(value: object, names: Iterable[str], intro: str = "use one of") -> str:
    """Return the names near to a mistyped one, or all of them while they are few."""
    known = list(names)
    near = difflib.get_close_matches(str(value), known, n=3)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    shown = ", ".join(map(repr, known[:_MAX_LISTED]))
    return f"{intro} {shown}{', …' if len(known) > _MAX_LISTED else ''}"
