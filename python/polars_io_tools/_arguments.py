"""The arguments that say how to split, checked as far as that needs no query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._partitions import (
    ByQuantile,
    ByRange,
    ByTime,
    ByValue,
    KeyPartitions,
    Partitioner,
    RayPartition,
    ReadPartition,
)
from polars_io_tools._polars import type_name

__all__ = ["check_calendar", "check_count", "check_elements", "check_method", "check_unit"]

# What is no list of partitions.
_METHODS = (ByTime, ByValue, ByRange, ByQuantile, KeyPartitions, Partitioner)


def check_method(
    partitions: Any, *, date_column: str | None, time_unit: str | None, max_periods: int
) -> Any:
    """Return the partitions checked as far as that is possible without the query, lists as lists.

    Raises:
        ValueError: an unknown unit, a number out of range, or arguments that exclude one another.
        TypeError: an argument is of the wrong type.
    """
    check_count("max_periods", max_periods)
    if partitions is None:
        check_calendar("date_column", date_column, time_unit)
        return None
    if date_column is not None or time_unit is not None:
        raise ValueError("give either partitions, or date_column and time_unit, not both")
    if isinstance(partitions, ByTime):
        check_calendar("by_time", partitions.on, partitions.every)
    elif isinstance(partitions, type) or not isinstance(partitions, _METHODS):
        partitions = _elements(partitions)
        check_elements(partitions)
    return partitions


def check_calendar(argument: str, column: str | None, unit: str | None) -> tuple[str, str]:
    """Return the column and the unit of a split by the calendar, checked.

    Raises:
        ValueError: one is missing, or the unit is unknown.
        TypeError: one is no string.
    """
    if column is None or unit is None:
        missing = "date_column" if column is None else "time_unit"
        raise ValueError(
            f'{missing} is missing: write date_column="…" and time_unit="monthly", or partitions=…'
        )
    if not isinstance(column, str):
        raise TypeError(f"{argument} must be the name of a column, not {column!r}")
    if not isinstance(unit, str):
        raise TypeError(f'time_unit must be a str such as "monthly" or "6h", not {unit!r}')
    check_unit(argument, unit, pl.Datetime("us"))  # which has all units
    return column, unit


def check_unit(argument: str, unit: str, dtype: pl.DataType) -> None:
    """Check that a unit divides a type of dates.

    Raises:
        ValueError: it does not.
    """
    try:
        _gocore.check_unit(unit.encode(), type_name(dtype).encode())
    except ValueError as error:
        why = str(error).removeprefix("calendar: ")
        name = "every" if argument == "by_time" else "time_unit"
        raise ValueError(f"{name} {unit!r} cannot be used: {why}") from None


def _elements(partitions: Any) -> list[Any]:
    if isinstance(partitions, str) or not isinstance(partitions, Iterable):
        remedy = "; write it in a list" if isinstance(partitions, ReadPartition) else ""
        raise TypeError(
            "partitions must be by_time(…) or another partitioner, or a list of ReadPartition, "
            f"not {partitions!r}{remedy}"
        )
    return list(partitions)


def check_elements(parts: Sequence[Any]) -> None:
    """Check that a list holds partitions.

    Raises:
        TypeError: an element is no partition, or its options are no mapping.
    """
    for position, part in enumerate(parts):
        if not isinstance(part, ReadPartition) or not isinstance(part.predicate, pl.Expr):
            raise TypeError(
                f"element {position} of partitions must be a ReadPartition with an expression, "
                f'such as ReadPartition(pl.col("id") < 10), not {part!r}'
            )
        options = part.remote_options if isinstance(part, RayPartition) else None
        if options is not None and not hasattr(options, "keys"):
            raise TypeError(
                f"remote_options of element {position} of partitions must be a mapping of Ray task "
                f"options, not {type(options).__name__}"
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
