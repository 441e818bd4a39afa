"""Partitions by keys that the user lists: one equality for each key."""

from __future__ import annotations

import math
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
    names = [name for name in targets if name != options.column]
    if not names:
        raise ValueError("by must have a key column beside that of partition_remote_options")
    typed = _typed(lf, frame, {name: targets[name] for name in names})
    parts: list[RayPartition] = []
    seen: set[Any] = set()
    for position, row in enumerate(typed.iter_rows()):
        key = row if len(names) > 1 else row[0]
        canonical = tuple(_canonical(v) for v in row)
        if canonical in seen:
            raise ValueError(f"key {key!r} comes twice in partitions")
        seen.add(canonical)
        terms = [equal_to(targets[name], typed[name].slice(position, 1)) for name in names]
        parts.append(KeyedPartition(reduce(and_, terms), key, options.of(position, key)))
    return parts


def _canonical(value: Any) -> Any:
    """Return what two values have in common that Polars takes for equal."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN of any kind", float
    return value


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
    if not isinstance(keys, pl.DataFrame):
        raise TypeError("partitions must be a frame with the key columns if by names several")
    if cs.is_selector(by):
        return keys, _columns(lf, keys, keys.select(by).columns)
    if isinstance(by, Sequence) and all(isinstance(name, str) for name in by):
        return keys, _columns(lf, keys, list(by))
    raise TypeError(f"by must be a column, columns, a selector or an expression, not {by!r}")


def _one_column(keys: Any, name: str) -> pl.DataFrame:
    if isinstance(keys, pl.DataFrame):
        if keys.width != 1:
            raise ValueError("partitions must be one column of keys if by is an expression")
        return keys.to_series().rename(name).to_frame()
    if isinstance(keys, str) or not hasattr(keys, "__iter__"):
        raise TypeError(f"partitions must be a frame, a Series or a sequence of keys, not {keys!r}")
    values = keys.rename(name) if isinstance(keys, pl.Series) else pl.Series(name, list(keys))
    return values.to_frame()


def _columns(lf: pl.LazyFrame, frame: pl.DataFrame, names: list[str]) -> dict[str, pl.Expr]:
    for where, known in (("partitions", frame.columns), ("the query", lf.collect_schema().names())):
        missing = [name for name in names if name not in known]
        if missing:
            raise ValueError(f"key column {missing[0]!r} is not a column of {where}")
    return {name: exact_column(name) for name in names}


def _typed(lf: pl.LazyFrame, frame: pl.DataFrame, targets: dict[str, pl.Expr]) -> pl.DataFrame:
    """Return the keys in the types of what they are compared with."""
    wanted = lf.select([e.alias(name) for name, e in targets.items()]).collect_schema()
    keys = frame.select(cs.by_name(*targets))
    for name, dtype in wanted.items():
        try:
            typed = keys[name].cast(dtype, strict=True)
            back = typed.cast(keys[name].dtype, strict=False)
        except pl.exceptions.PolarsError as error:
            raise ValueError(f"keys {name!r} do not fit the query: {error}") from error
        if not back.equals(keys[name], null_equal=True):
            raise ValueError(
                f"keys {name!r} are of type {keys[name].dtype}, and do not all fit {dtype}, which "
                "they are compared with"
            )
        keys = keys.with_columns(typed)
    return keys


class _Options:
    """Ray options by key."""

    def __init__(self, given: Any, frame: pl.DataFrame) -> None:
        self.column = given if isinstance(given, str) else None
        if self.column is not None and self.column not in frame.columns:
            raise ValueError(
                f"partition_remote_options {self.column!r} is not a column of partitions"
            )
        if given is not None and not isinstance(given, str | Mapping) and not callable(given):
            raise TypeError(
                "partition_remote_options must be a mapping from keys to options, a function of "
                f"the key, or the name of a column of partitions, not {given!r}"
            )
        self._given = given
        self._rows = None if self.column is None else frame[self.column].to_list()

    def of(self, position: int, key: Any) -> Mapping[str, Any] | None:
        """Return the options of a key, None for none."""
        if self._rows is not None:
            row = self._rows[position]
            return None if row is None else {k: v for k, v in row.items() if v is not None}
        if callable(self._given):
            options: Mapping[str, Any] | None = self._given(key)
            return options
        return None if self._given is None else self._given.get(key)
