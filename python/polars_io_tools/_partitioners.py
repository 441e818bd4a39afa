"""The functions that say what to split by; they check arguments as far as they need no query."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._partitions import (
    ByQuantile,
    ByRange,
    ByTime,
    ByValue,
    KeyPartitions,
    ReadPartition,
    exact_column,
    membership,
)

__all__ = [
    "by_key",
    "by_quantile",
    "by_range",
    "by_time",
    "by_value",
    "cartesian_partitions",
    "discrete_partitions",
]

_WORDS = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y", "hour": "1h"}


def by_time(column: str, every: str | int = "1mo") -> ByTime:
    """Split a column of dates into calendar periods, as `date_column` and `time_unit` do.

    The periods follow from the filters of the query; those of a column with a time zone are local.

    Args:
        column: a column of type Date or Datetime.
        every: a duration string such as "1mo", "2w", "6h" or "15m", a unit such as "monthly" or
            "month", or a number of days.

    Raises:
        ValueError: `every` is not a unit.
        TypeError: an argument is of the wrong type.

    Example:
        >>> import polars_io_tools as piot
        >>> piot.by_time("date", "1q")
        ByTime(on='date', every='1q')
    """
    _check_name("by_time", column)
    if isinstance(every, bool) or not isinstance(every, str | int):
        raise TypeError(f'every must be a str such as "1mo" or a number of days, not {every!r}')
    if isinstance(every, int):
        if every < 1:
            raise ValueError(f"every must be a positive number of days, not {every}")
        unit = f"{every}d"
    else:
        unit = _WORDS.get(every.strip().lower(), every.strip())
        unit = f"1{unit}" if unit in {"d", "w", "mo", "q", "y", "h", "m", "s"} else unit
    try:
        _gocore.check_unit(unit.encode(), b"datetime[us]")
    except ValueError as error:
        why = str(error).removeprefix("calendar: ")
        raise ValueError(f"every={every!r} is no unit: {why}") from None
    return ByTime(column, unit)


def by_value(column: str, values: Iterable[Any] | None = None) -> ByValue:
    """Make one partition for each value of a column, or for each group of values.

    Args:
        column: the column.
        values: the values; each is a scalar, None for null, or a collection of them, which is one
            partition. Without them they follow from the filters of the query, and from the type of
            the column if that has few values, as a Boolean or an Enum.

    Raises:
        TypeError: an argument is of the wrong type.

    Example:
        >>> import polars_io_tools as piot
        >>> piot.by_value("exchange", ["XNYS", ["XETR", "XPAR"], None]).values
        ('XNYS', ['XETR', 'XPAR'], None)
    """
    _check_name("by_value", column)
    if values is not None and not _is_collection(values):
        raise TypeError(f"values must be a list of values, not {values!r}; write [{values!r}]")
    return ByValue(column, None if values is None else tuple(values))


def by_range(column: str, every: float | Decimal) -> ByRange:
    """Split a column of numbers into ranges of a width.

    Each interval that the filters of the query leave is cut from its lower end on: `[lo, lo +
    every)` and so on; the last range ends where the interval does.

    Args:
        column: a column of integers, floats or decimals.
        every: the width, in units of the column.

    Raises:
        ValueError: `every` is not positive.
        TypeError: an argument is of the wrong type.

    Example:
        >>> import polars_io_tools as piot
        >>> piot.by_range("id", 1000)
        ByRange(on='id', every='1000')
    """
    _check_name("by_range", column)
    if isinstance(every, dt.timedelta):
        raise TypeError("every must be a number; by_time splits dates")
    if isinstance(every, bool) or not isinstance(every, int | float | Decimal):
        raise TypeError(f"every must be a number, not {every!r}")
    if not every > 0 or math.isinf(every):
        raise ValueError(f"every must be a positive number, not {every!r}")
    return ByRange(column, str(every))


def by_quantile(column: str, n: int) -> ByQuantile:
    """Split into ranges of a column that hold about equal numbers of rows.

    Equal values are never split, so there may be fewer than `n`, and a value that many rows have
    makes a large one. No filter is needed. The cuts are found when the query is planned, by running
    it on the driver for that one column: exactly for up to two million rows, of more from a sample.

    Args:
        column: a column of numbers, dates, strings or another type that has an order.
        n: how many partitions to make, at least one.

    Raises:
        ValueError: `n` is less than one.
        TypeError: an argument is of the wrong type.

    Example:
        >>> import polars_io_tools as piot
        >>> piot.by_quantile("price", 16)
        ByQuantile(on='price', n=16)
    """
    _check_name("by_quantile", column)
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"n must be a number of partitions, not {n!r}")
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    return ByQuantile(column, n)


def by_key(partitions: Any, by: Any, *, partition_remote_options: Any = None) -> KeyPartitions:
    """Make one partition for each key of a list, by equality.

    Args:
        partitions: the keys: a frame with a row for each, or, where `by` is one column or an
            expression, a Series or a sequence. A null key stands for rows without a value.
        by: the key columns: a name, a list of names, or a selector; or an expression over the
            query's columns, such as `pl.col("id") % 8`.
        partition_remote_options: Ray options by key: a mapping from a key (a tuple if there are
            several columns) to options, a function from a key to options, or the name of a struct
            column of `partitions`.

    What is wrong with them is raised by `execute_on_ray`, which knows the columns.

    Example:
        >>> import polars as pl, polars_io_tools as piot
        >>> by_bucket = piot.by_key(range(8), by=pl.col("id") % 8)
    """
    return KeyPartitions(partitions, by, partition_remote_options)


def discrete_partitions(
    column: str, groups: Iterable[Sequence[Any]] | Mapping[Any, Sequence[Any]]
) -> list[ReadPartition]:
    """Return one partition for each group of values of a column.

    Args:
        column: the column.
        groups: lists of values, or a mapping from the key of a partition to its values.

    Raises:
        TypeError: an argument is of the wrong type.

    Example:
        >>> import polars_io_tools as piot
        >>> parts = piot.discrete_partitions("id", {"small": [1, 2], "rest": [3, 4, 5]})
        >>> [part.key for part in parts]
        ['small', 'rest']
    """
    _check_name("discrete_partitions", column)
    items = list(groups.items() if isinstance(groups, Mapping) else enumerate(groups))
    for key, members in items:
        if not _is_collection(members):
            raise TypeError(
                f"group {key!r} must be a list of values, not {members!r}; write [{members!r}]"
            )
    target = exact_column(column)
    return [ReadPartition(membership(target, list(members)), key) for key, members in items]


def cartesian_partitions(
    *,
    date_windows: Iterable[tuple[Any, Any]],
    buckets: Iterable[Any] | Mapping[Any, Any],
    date_column: str,
    bucket: str | pl.Expr,
) -> list[ReadPartition]:
    """Return one partition for each pair of a window of dates and a bucket.

    Args:
        date_windows: pairs of the first date of a window and the first one after it.
        buckets: values of `bucket`, each a scalar, None or a list; or a mapping from the key of a
            bucket to its value.
        date_column: the column of dates.
        bucket: the column of the buckets, or an expression.

    Returns:
        Partitions with keys `((lower, upper), key of the bucket)`, window by window.

    Raises:
        TypeError: an argument is of the wrong type.

    Example:
        >>> import datetime as dt, polars_io_tools as piot
        >>> windows = [(dt.date(2024, 1, 1), dt.date(2024, 2, 1))]
        >>> parts = piot.cartesian_partitions(
        ...     date_windows=windows, buckets=["A", "B"], date_column="date", bucket="id"
        ... )
        >>> len(parts)
        2
    """
    if not isinstance(bucket, str | pl.Expr):
        raise TypeError(f"bucket must be a name or an expression, not {bucket!r}")
    _check_name("cartesian_partitions", date_column)
    target = exact_column(bucket) if isinstance(bucket, str) else bucket
    dates = exact_column(date_column)
    items = list(buckets.items() if isinstance(buckets, Mapping) else enumerate(buckets))
    return [
        ReadPartition(
            (dates >= lower) & (dates < upper) & membership(target, value), ((lower, upper), key)
        )
        for lower, upper in _windows(date_windows)
        for key, value in items
    ]


def _windows(given: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for window in given:
        if not isinstance(window, Sequence) or len(window) != len(("lower", "upper")):
            raise TypeError(
                "each of date_windows must be a pair of its first date and the first after it, "
                f"not {window!r}"
            )
        yield window[0], window[1]


def _is_collection(values: Any) -> bool:
    return isinstance(values, Iterable) and not isinstance(values, str | bytes)


def _check_name(function: str, column: str) -> None:
    if not isinstance(column, str):
        raise TypeError(f"the column of {function} must be a name, not {column!r}")
