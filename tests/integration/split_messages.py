"""Errors of `partitions=`, for the table of `test_messages`: what users get wrong in a split."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot
from tests.messages import Case, Patch

__all__ = ["LF", "SPLIT_CASES", "explain"]

LF = pl.LazyFrame(
    {"date": [dt.date(2024, 1, 5)], "number": [1], "text": ["2024-01-05"]},
    schema_overrides={"number": pl.Int64},
)
LISTS = LF.with_columns(pl.concat_list("number").alias("list"))

number = pl.col("number")


def explain(lf: pl.LazyFrame = LF, **arguments: Any) -> piot.RayPlan:
    call = {"date_column": "date", "time_unit": "monthly"} | arguments
    return piot.PiotNamespace(lf).explain_on_ray(**call)


def split(make: Callable[[], Any], lf: pl.LazyFrame = LF) -> Callable[[Patch, Path], object]:
    """Return what splits by the partitions that `make` makes, as a user would write them."""
    return lambda *_: piot.PiotNamespace(lf).explain_on_ray(make())


class Silent:
    """A partitioner that never has partitions."""

    on = "number"

    def build(self, predicate: pl.Expr | None) -> list[piot.ReadPartition] | None:
        return None


KEYS = pl.DataFrame({"number": [1], "options": [{"num_cpus": 2}]})
WINDOWS = [(dt.date(2024, 1, 1), dt.date(2024, 2, 1))]

SPLIT_CASES = {
    # What is given to the call.
    "two splits": Case(
        lambda *_: explain(partitions=piot.by_time("date")),
        ValueError,
        "give either partitions, or date_column and time_unit, not both",
    ),
    "no split": Case(
        split(lambda: None),
        ValueError,
        "date_column is missing: write ",
        'date_column="…" and time_unit="monthly", or partitions=…',
    ),
    "partitions of text": Case(
        split(lambda: "date"),
        TypeError,
        "partitions must be by_time(…) or another partitioner, or a list of ReadPartition, "
        "not 'date'",
    ),
    "a partition alone": Case(
        split(lambda: piot.ReadPartition(number < 1)),
        TypeError,
        "partitions must be by_time(…) or another partitioner, or a list of ReadPartition, not ",
        "write it in a list",
    ),
    "a partitioner's class": Case(split(lambda: Silent), TypeError, "partitions must be by_time(…"),
    "expressions as partitions": Case(
        split(lambda: [number < 1]),
        TypeError,
        "element 0 of partitions must be a ReadPartition with an expression",
        'ReadPartition(pl.col("id") < 10)',
    ),
    "options of a partition": Case(
        split(lambda: [piot.RayPartition(number < 1, remote_options=3)]),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "remote_options of element 0 of partitions must be a mapping of Ray task options, not int",
    ),
    "no condition": Case(
        split(lambda: [piot.ReadPartition(number + 1)]),
        TypeError,
        "the predicate of element 0 of partitions must be a condition, not a Int64: ",
        'col("number")',
    ),
    "unknown column in a partition": Case(
        split(lambda: [piot.ReadPartition(number < 1), piot.ReadPartition(pl.col("numbers") < 1)]),
        pl.exceptions.ColumnNotFoundError,
        'the predicate of element 1 of partitions is not valid: unable to find column "numbers"',
        'Did you mean "number"?',
    ),
    "partitioner without partitions": Case(
        lambda *_: piot.PiotNamespace(LF).explain_on_ray(Silent(), predicate=number < 3),
        piot.UnboundedPredicateError,
        "the partitioner has no partitions for this query: its build() returned None",
        'it sees the filters after the call only, here [(col("number")) < ',
    ),
    "no periods": Case(
        lambda *_: piot.PiotNamespace(LF).explain_on_ray(piot.by_value("number", [1])).periods,
        ValueError,
        "this split has no periods; see RayPlan.partitions",
    ),
    # by_time.
    "column of a partitioner": Case(
        split(lambda: piot.by_time(pl.col("date"))),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "the column of by_time must be a name, not ",
    ),
    "column of a partitioner mistyped": Case(
        split(lambda: piot.by_time("dat")),
        ValueError,
        "'dat' of by_time is not a column of the query",
        "did you mean 'date'?",
    ),
    "every of another type": Case(
        split(lambda: piot.by_time("date", dt.timedelta(days=1))),  # type: ignore[arg-type]  # on purpose
        TypeError,
        'every must be a str such as "1mo" or a number of days, not datetime.timedelta(days=1)',
    ),
    "no days": Case(
        split(lambda: piot.by_time("date", 0)),
        ValueError,
        "every must be a positive number of days, not 0",
    ),
    "every mistyped": Case(
        split(lambda: piot.by_time("date", "montly")),
        ValueError,
        "every='montly' is no unit: ",
        'did you mean "monthly"?',
    ),
    "hours of days": Case(
        split(lambda: piot.by_time("date", "6h")),
        ValueError,
        "every '6h' cannot be used: ",
        'write "daily"',
    ),
    # by_value.
    "values of text": Case(
        split(lambda: piot.by_value("text", "abc")),
        TypeError,
        "values must be a list of values, not 'abc'",
        "write ['abc']",
    ),
    "value of another type": Case(
        split(lambda: piot.by_value("number", [1, [2, "x"]])),
        ValueError,
        "value [2, 'x'] does not fit the column 'number', which is a Int64",
    ),
    "column without an order": Case(
        split(lambda: piot.by_value("list"), LISTS),
        TypeError,
        "by_value cannot split the column 'list', which is a List(Int64)",
    ),
    "values to give": Case(
        split(lambda: piot.by_value("d"), LF.with_columns(d=pl.duration(days=1))),
        TypeError,
        "by_value cannot split the column 'd', which is a Duration(time_unit='us')",
        "give its values, as by_value(…, values=[…])",
    ),
    # by_range and by_quantile.
    "width of time": Case(
        split(lambda: piot.by_range("date", dt.timedelta(days=1))),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "every must be a number; by_time splits dates",
    ),
    "width of text": Case(
        split(lambda: piot.by_range("number", "3")),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "every must be a number, not '3'",
    ),
    "no width": Case(
        split(lambda: piot.by_range("number", 0)),
        ValueError,
        "every must be a positive number, not 0",
    ),
    "ranges of dates": Case(
        split(lambda: piot.by_range("date", 3)),
        TypeError,
        "by_range needs a column of numbers; 'date' is a Date",
        "by_time splits dates",
    ),
    "quantiles of text": Case(
        split(lambda: piot.by_quantile("number", "4")),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "n must be a number of partitions, not '4'",
    ),
    "no quantiles": Case(
        split(lambda: piot.by_quantile("number", 0)), ValueError, "n must be at least 1, not 0"
    ),
    # by_key.
    "key columns of numbers": Case(
        split(lambda: piot.by_key([1], 3)),
        TypeError,
        "by must be a column, columns, a selector or an expression, not 3",
    ),
    "no key columns": Case(
        split(lambda: piot.by_key(KEYS, ["options"], partition_remote_options="options")),
        ValueError,
        "by must have a key column beside that of partition_remote_options, but is ['options']",
    ),
    "keys without columns": Case(
        split(lambda: piot.by_key([1, 2], ["number", "text"])),
        TypeError,
        "partitions must be a frame with the key columns, as by is ['number', 'text'], not [1, 2]",
    ),
    "keys of text": Case(
        split(lambda: piot.by_key("ab", "text")),
        TypeError,
        "partitions must be a frame, a Series or a sequence of keys, not 'ab'",
    ),
    "keys of an expression": Case(
        split(lambda: piot.by_key(KEYS, number % 2)),
        ValueError,
        "partitions must be one column of keys if by is an expression, not 'number', 'options'",
    ),
    "keys of several types": Case(
        split(lambda: piot.by_key([1, "a"], "number")),
        TypeError,
        "partitions must be keys of one type, not [1, 'a']",
    ),
    "key column mistyped": Case(
        split(lambda: piot.by_key([1], "numbers")),
        ValueError,
        "key column 'numbers' is not a column of the query",
        "did you mean 'number'?",
    ),
    "key twice": Case(
        split(lambda: piot.by_key([1, 1], "number")),
        ValueError,
        "key 1 comes twice in partitions",
        "give each key once",
    ),
    "key of another type": Case(
        split(lambda: piot.by_key(["2024-01-05"], "date")),
        ValueError,
        "keys of type String cannot be compared with the column 'date', which is a Date",
        "convert them before",
    ),
    "key that does not fit": Case(
        split(lambda: piot.by_key([1.5], number % 2)),
        ValueError,
        "key 1.5 does not fit the expression by, which is a Int64",
    ),
    "column of options": Case(
        split(lambda: piot.by_key(KEYS, "number", partition_remote_options="option")),
        ValueError,
        "partition_remote_options 'option' is not a column of partitions",
        "did you mean 'options'?",
    ),
    "column of no options": Case(
        split(lambda: piot.by_key(KEYS, "number", partition_remote_options="number")),
        TypeError,
        "partition_remote_options 'number' must be a column of structs",
        '{"num_cpus": 2}',
    ),
    "options by key": Case(
        split(lambda: piot.by_key([1], "number", partition_remote_options=3)),
        TypeError,
        "partition_remote_options must be a mapping from keys to options, a function of the key, "
        "or the name of a column of partitions, not 3",
    ),
    # Lists.
    "group of text": Case(
        split(lambda: piot.discrete_partitions("text", ["ab"])),
        TypeError,
        "group 0 must be a list of values, not 'ab'",
        "write ['ab']",
    ),
    "window of one date": Case(
        split(lambda: grid(date_windows=[dt.date(2024, 1, 1)])),
        TypeError,
        "each of date_windows must be a pair of its first date and the first after it, not ",
        "datetime.date(2024, 1, 1)",
    ),
    "bucket of a number": Case(
        split(lambda: grid(bucket=3)),
        TypeError,
        "bucket must be a name or an expression, not 3",
    ),
}


def grid(**arguments: Any) -> list[piot.ReadPartition]:
    call: dict[str, Any] = {
        "date_windows": WINDOWS,
        "buckets": [1],
        "date_column": "date",
        "bucket": "number",
    }
    return piot.cartesian_partitions(**call | arguments)
