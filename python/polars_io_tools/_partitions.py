"""What users say to split by, as data: the specifications that `partitions=` takes.

Names and meanings are those of polars-io-tools 0.2.6. What a specification means for a query is the
matter of `_split` and `_plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import polars as pl
import polars.selectors as cs

__all__ = [
    "ByQuantile",
    "ByRange",
    "ByTime",
    "ByValue",
    "KeyPartitions",
    "KeyedPartition",
    "Partitioner",
    "RayPartition",
    "ReadPartition",
    "equal_to",
    "exact_column",
    "is_one_of",
    "membership",
]


@dataclass(frozen=True, eq=False)
class ReadPartition:
    """One partition of a query's rows: those on which a predicate is true.

    Attributes:
        predicate: a condition on the columns of the query's result.
        key: what the partition is called, None for its position in the list.

    Example:
        >>> import polars as pl, polars_io_tools as piot
        >>> piot.ReadPartition(pl.col("id") < 10, key="small").key
        'small'
    """

    predicate: pl.Expr
    key: Any = None


@dataclass(frozen=True, eq=False)
class RayPartition(ReadPartition):
    """A partition with Ray options of its own.

    Attributes:
        remote_options: options that take precedence over those of `execute_on_ray`, as a whole
            each; None for none.

    Example:
        >>> import polars as pl, polars_io_tools as piot
        >>> large = piot.RayPartition(pl.col("id") == 7, remote_options={"num_cpus": 2})
        >>> large.remote_options
        {'num_cpus': 2}
    """

    remote_options: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class KeyedPartition(RayPartition):
    """A partition whose key is a value, so that None is the null, and not a key that is missing."""


@runtime_checkable
class Partitioner(Protocol):
    """Makes partitions from the filter that Polars pushes into the call.

    Write one for a split that the functions of this package do not make.

    Attributes:
        on: the column that the partitions filter on.
    """

    on: str

    def build(self, predicate: pl.Expr | None) -> list[ReadPartition] | None:
        """Return the partitions of a filter, None where there can be none without a bound."""


@dataclass(frozen=True)
class ByTime:
    """Calendar periods of a column, see `by_time`."""

    on: str
    every: str


@dataclass(frozen=True)
class ByValue:
    """One partition for each value of a column, or group of values, see `by_value`."""

    on: str
    values: tuple[Any, ...] | None


@dataclass(frozen=True)
class ByRange:
    """Ranges of a width, see `by_range`."""

    on: str
    every: str


@dataclass(frozen=True)
class ByQuantile:
    """Ranges of equal shares of the rows, see `by_quantile`."""

    on: str
    n: int


@dataclass(frozen=True, eq=False)
class KeyPartitions:
    """Partitions by keys that the user lists, see `by_key`."""

    partitions: Any
    by: Any
    partition_remote_options: Any = None


def exact_column(name: str) -> pl.Expr:
    """Return the column of exactly this name: `pl.col("^a$")` would be a pattern."""
    return cs.by_name(name).as_expr() if name.startswith("^") else pl.col(name)


def membership(target: pl.Expr, value: Any, dtype: pl.DataType | None = None) -> pl.Expr:
    """Return the condition that an expression has a value, or one of a collection of values.

    Values are of a type, where one is given. A null counts as a value.

    Raises:
        TypeError: a value is not of the type, or does not fit it.
        polars.exceptions.PolarsError: likewise.
    """
    many = isinstance(value, list | tuple | set | frozenset | pl.Series)
    members = list(value) if many else [value]
    if dtype is not None:
        typed = pl.Series(members, dtype=dtype, strict=True)
        return is_one_of(target, typed) if many else equal_to(target, typed)
    if not many:
        return target.is_null() if value is None else target == value
    inside = target.is_in([v for v in members if v is not None])
    return inside | target.is_null() if None in members else inside


def equal_to(target: pl.Expr, value: pl.Series) -> pl.Expr:
    """Return the condition that an expression has the only value of a Series.

    Times go by their physical integers: as Python values they would lose nanoseconds and folds.
    """
    dtype = value.dtype
    if value.null_count():
        return target.is_null()
    if isinstance(dtype, pl.Datetime | pl.Duration | pl.Time):
        return target == pl.lit(value.to_physical().item(), dtype=pl.Int64).cast(dtype)
    # Not `item`, which gives a Series of a list.
    return target == pl.lit(value.to_list()[0], dtype=dtype)


def is_one_of(target: pl.Expr, values: pl.Series) -> pl.Expr:
    """Return the condition that an expression has one of the values of a Series."""
    inside = target.is_in(pl.Series([values.drop_nulls()], dtype=pl.List(values.dtype)))
    return inside | target.is_null() if values.null_count() else inside
