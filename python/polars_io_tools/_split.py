"""How a query is split, checked against its schema: what the arguments of the call mean for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from polars_io_tools._arguments import (
    check_calendar,
    check_count,
    check_elements,
    check_method,
    check_unit,
)
from polars_io_tools._keys import key_partitions
from polars_io_tools._partitions import (
    ByQuantile,
    ByRange,
    ByTime,
    ByValue,
    KeyedPartition,
    KeyPartitions,
    Partitioner,
    ReadPartition,
    exact_column,
    membership,
)
from polars_io_tools._polars.failures import reason
from polars_io_tools._polars.types import wire_column
from polars_io_tools._suggest import suggest

__all__ = [
    "FixedListing",
    "Listing",
    "Method",
    "Split",
    "check_count",
    "check_partitions",
    "check_split",
]

Method = Literal["calendar", "values", "ranges", "quantiles", "listed"]

# Makes the partitions that a user lists, from the filter after the call; None for no list.
Listing = Callable[[pl.Expr | None], Sequence[ReadPartition] | None]


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
    partitions = check_method(
        partitions, date_column=date_column, time_unit=time_unit, max_periods=max_periods
    )
    if partitions is None:
        return _calendar(lf, "date_column", date_column, time_unit, max_periods)
    if isinstance(partitions, ByTime):
        return _calendar(lf, "by_time", partitions.on, partitions.every, max_periods)
    if isinstance(partitions, ByValue | ByRange | ByQuantile):
        return _by_column(lf, partitions, max_periods)
    if isinstance(partitions, KeyPartitions):
        return _listed(lf, key_partitions(lf, partitions), max_periods)
    if isinstance(partitions, Partitioner) and not isinstance(partitions, type):
        return Split("listed", "", None, max_periods, listing=partitions.build)
    return _listed(lf, partitions, max_periods)


def _calendar(
    lf: pl.LazyFrame, argument: str, column: str | None, unit: str | None, max_periods: int
) -> Split:
    column, unit = check_calendar(argument, column, unit)
    dtype = _type_of(lf, argument, column)
    if not (isinstance(dtype, pl.Datetime) or dtype == pl.Date):
        name = f'pl.col("{column}")'
        remedy = f"; convert it before: {name}.str.to_date()" if dtype == pl.String else ""
        what = f"{argument} {column!r}" if argument == "date_column" else f"the column {column!r}"
        raise TypeError(f"{what} is a {dtype}, but has to be a Date or a Datetime{remedy}")
    check_unit(argument, unit, dtype)
    return Split("calendar", column, dtype, max_periods, unit)


def _type_of(lf: pl.LazyFrame, argument: str, column: str) -> pl.DataType:
    if not isinstance(column, str):
        raise TypeError(f"{argument} must be the name of a column, not {column!r}")
    schema = lf.collect_schema()
    if column not in schema:
        what = (
            f"{argument} {column!r}" if argument == "date_column" else f"{column!r} of {argument}"
        )
        raise ValueError(
            f"{what} is not a column of the query; "
            f"{suggest(column, schema.names(), 'its columns are')}"
        )
    return schema[column]


def _by_column(lf: pl.LazyFrame, by: ByValue | ByRange | ByQuantile, max_periods: int) -> Split:
    name = {ByValue: "by_value", ByRange: "by_range", ByQuantile: "by_quantile"}[type(by)]
    dtype = _type_of(lf, name, by.on)
    if isinstance(by, ByValue) and by.values is not None:
        return _listed(lf, _values(by, dtype), max_periods)
    if wire_column(by.on, dtype) is None:
        listable = name == "by_value" and not dtype.is_nested()
        remedy = "; give its values, as by_value(…, values=[…])" if listable else ""
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
    parts = list(partitions)
    check_partitions(lf, parts)
    return Split("listed", "", None, max_periods, listing=FixedListing(parts))


@dataclass(frozen=True)
class FixedListing:
    """A listing that does not depend on filters; a class, as it travels inside of plans."""

    parts: list[ReadPartition]

    def __call__(self, _: pl.Expr | None) -> list[ReadPartition]:
        return self.parts


def check_partitions(lf: pl.LazyFrame, parts: Sequence[Any]) -> None:
    """Check that a list holds partitions, and their predicates conditions on a query's columns.

    Raises:
        TypeError: an element is no partition, or its predicate no condition.
        polars.exceptions.PolarsError: Polars refuses a predicate.
    """
    check_elements(parts)
    for position, dtype in enumerate(_types(lf, parts).dtypes()):
        if dtype != pl.Boolean:
            raise TypeError(
                f"the predicate of element {position} of partitions must be a condition, not a "
                f"{dtype}: {parts[position].predicate}"
            )


def _types(lf: pl.LazyFrame, parts: Sequence[ReadPartition]) -> pl.Schema:
    named = [part.predicate.alias(str(i)) for i, part in enumerate(parts)]
    try:
        return lf.select(named).collect_schema()
    except pl.exceptions.PolarsError:
        lf.collect_schema()  # the query itself may be what is wrong
        for which, predicate in enumerate(named):
            try:
                lf.select(predicate).collect_schema()
            except pl.exceptions.PolarsError as error:
                raise type(error)(
                    f"the predicate of element {which} of partitions is not valid: {reason(error)}"
                ) from None
        raise
