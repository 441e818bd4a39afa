"""Partitions by keys that the user lists: one equality for each key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import polars as pl
import polars.selectors as cs

from polars_io_tools._partitions import (
    KeyedPartition,
    KeyPartitions,
    RayPartition,
    equal_to,
    exact_column,
)
from polars_io_tools._suggest import suggest

__all__ = ["key_partitions"]

_KEY = "__key__"


def key_partitions(lf: pl.LazyFrame, spec: KeyPartitions) -> list[RayPartition]:
    """Return the partitions of a specification for a query.

    Raises:
        ValueError: a key column is not in the query or not in the keys, a key comes twice or does
            not fit its column, or options are missing.
        TypeError: an argument is of the wrong type.
    """
    frame, targets = _keys(lf, spec)
    options = _Options(spec.partition_remote_options, frame)
    names = list(targets)
    typed = _typed(lf, frame, targets)
    repeated = typed.filter(typed.is_duplicated())
    if repeated.height:
        twice = repeated.row(0) if len(names) > 1 else repeated.row(0)[0]
        raise ValueError(f"key {twice!r} comes twice in partitions; give each key once")
    parts: list[RayPartition] = []
    for position, row in enumerate(typed.iter_rows()):
        key = row if len(names) > 1 else row[0]
        terms = [equal_to(targets[n], typed.get_column(n).slice(position, 1)) for n in names]
        parts.append(KeyedPartition(reduce(and_, terms), key, options.of(position, key)))
    return parts


def _keys(lf: pl.LazyFrame, spec: KeyPartitions) -> tuple[pl.DataFrame, dict[str, pl.Expr]]:
    """Return the keys as a frame, and what each of its key columns is compared with."""
    keys, by = spec.partitions, spec.by
    if isinstance(keys, pl.LazyFrame):
        keys = keys.collect()
    if isinstance(by, pl.Expr) and not cs.is_selector(by):
        return _one_column(keys, _KEY), {_KEY: by}
    if isinstance(by, str):
        frame = keys if isinstance(keys, pl.DataFrame) else _one_column(keys, by)
        return frame, _columns(lf, frame, [by])
    several = isinstance(by, Sequence) and all(isinstance(name, str) for name in by)
    if not several and not cs.is_selector(by):
        raise TypeError(f"by must be a column, columns, a selector or an expression, not {by!r}")
    if isinstance(keys, pl.Series):
        keys = keys.to_frame()
    if not isinstance(keys, pl.DataFrame):
        raise TypeError(
            f"partitions must be a frame with the key columns, as by is {by!r}, not {keys!r}"
        )
    found = list(by) if several else keys.select(by).columns
    names = [name for name in found if name != spec.partition_remote_options]
    if not names:
        raise ValueError(
            f"by must have a key column beside that of partition_remote_options, but is {by!r}"
        )
    return keys, _columns(lf, keys, names)


def _one_column(keys: Any, name: str) -> pl.DataFrame:
    if isinstance(keys, pl.DataFrame):
        if keys.width != 1:
            raise ValueError(
                "partitions must be one column of keys if by is an expression, not "
                f"{', '.join(map(repr, keys.columns))}"
            )
        return keys.to_series().rename(name).to_frame()
    if isinstance(keys, str) or not hasattr(keys, "__iter__"):
        raise TypeError(f"partitions must be a frame, a Series or a sequence of keys, not {keys!r}")
    if isinstance(keys, pl.Series):
        return keys.rename(name).to_frame()
    values = list(keys)
    try:
        return pl.Series(name, values).to_frame()
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise TypeError(f"partitions must be keys of one type, not {values!r}") from error


def _columns(lf: pl.LazyFrame, frame: pl.DataFrame, names: list[str]) -> dict[str, pl.Expr]:
    for where, known in (("partitions", frame.columns), ("the query", lf.collect_schema().names())):
        missing = [name for name in names if name not in known]
        if missing:
            raise ValueError(
                f"key column {missing[0]!r} is not a column of {where}; "
                f"{suggest(missing[0], known, 'its columns are')}"
            )
    return {name: exact_column(name) for name in names}


def _typed(lf: pl.LazyFrame, frame: pl.DataFrame, targets: dict[str, pl.Expr]) -> pl.DataFrame:
    """Return the keys in the types of what they are compared with."""
    wanted = lf.select([e.alias(name) for name, e in targets.items()]).collect_schema()
    what = {name: f"the column {name!r}" for name in targets} | {_KEY: "the expression by"}
    fitted = [_fitted(frame.get_column(n), what[n], dtype) for n, dtype in wanted.items()]
    return pl.DataFrame(fitted)


def _fitted(keys: pl.Series, what: str, dtype: pl.DataType) -> pl.Series:
    try:
        typed = keys.cast(dtype, strict=False)
        back = typed.cast(keys.dtype, strict=False)
    except pl.exceptions.PolarsError as error:
        raise ValueError(
            f"keys of type {keys.dtype} cannot be compared with {what}, which is a {dtype}; "
            "convert them before"
        ) from error
    # Without a name, which Polars would take for a pattern where it is one.
    unfit = keys.filter(back.rename("").ne_missing(keys.rename("")))
    if unfit.len():
        raise ValueError(f"key {unfit[0]!r} does not fit {what}, which is a {dtype}")
    return typed


class _Options:
    """Ray options by key."""

    def __init__(self, given: Any, frame: pl.DataFrame) -> None:
        self.column = given if isinstance(given, str) else None
        if self.column is not None and self.column not in frame.columns:
            raise ValueError(
                f"partition_remote_options {self.column!r} is not a column of partitions; "
                f"{suggest(self.column, frame.columns, 'its columns are')}"
            )
        if self.column is not None and not isinstance(frame.schema[self.column], pl.Struct):
            raise TypeError(
                f"partition_remote_options {self.column!r} must be a column of structs, such as "
                f'{{"num_cpus": 2}}, not a {frame.schema[self.column]}'
            )
        if given is not None and not isinstance(given, str | Mapping) and not callable(given):
            raise TypeError(
                "partition_remote_options must be a mapping from keys to options, a function of "
                f"the key, or the name of a column of partitions, not {given!r}"
            )
        self._given = given
        self._rows = None if self.column is None else frame.get_column(self.column).to_list()

    def of(self, position: int, key: Any) -> Mapping[str, Any] | None:
        """Return the options of a key, None for none."""
        if self._rows is not None:
            row = self._rows[position]
            return None if row is None else {k: v for k, v in row.items() if v is not None}
        if callable(self._given):
            options: Mapping[str, Any] | None = self._given(key)
            return options
        return None if self._given is None else self._given.get(key)
