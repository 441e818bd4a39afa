"""Constants as physical integers, as far as Polars lets them be seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from polars._utils.wrap import wrap_s

from polars_io_tools._polars.traverse import type_name

__all__ = ["literal"]

Wire = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS_PER_MICROSECOND = {"us": 1, "ns": 1000}
_INT64 = range(-(2**63), 2**63)
_MAX_TEXT = 60


def literal(value: Any, dtype: pl.DataType) -> Wire:
    """Return a constant as a range of physical integers, or as text for other types.

    Polars hands out Python datetimes, which end at microseconds, rounded down: a nanosecond
    literal may be any of the thousand that begin there. Lists, as `is_in` has them, become lists
    of such ranges.
    """
    if type(value).__name__ == "PySeries":
        return _series(wrap_s(value))
    if isinstance(dtype, pl.List) and isinstance(value, list):
        inner = dtype.inner
        return _list(value, inner() if isinstance(inner, type) else inner)
    wire: Wire = {"k": "lit", "type": type_name(dtype)}
    if value is None:
        return wire | {"null": True}
    physical = _physical(value, dtype)
    if physical is None:
        return wire | {"type": "other", "text": _text(value)}
    return wire | {"lo": physical[0], "hi": physical[-1], "text": _text(value)}


def _series(values: pl.Series) -> Wire:
    """Return a column of constants, or the one list that it holds, as a list."""
    if isinstance(values.dtype, pl.List) and values.len() == 1 and values.null_count() == 0:
        values = values.item()
    return _list(values, values.dtype)


def _list(values: pl.Series | list[Any], dtype: pl.DataType) -> Wire:
    wire: Wire = {"k": "list", "type": type_name(dtype)}
    if isinstance(values, pl.Series) and (dtype.is_temporal() or dtype.is_integer()):
        # The Series itself still has the nanoseconds that Python values have not.
        found: Iterable[Any] = values.to_physical().to_list()
        items: list[tuple[int, ...] | None] = [None if v is None else (v,) for v in found]
        known = all(item is None or item[0] in _INT64 for item in items)
    else:
        items = [None if v is None else _physical(v, dtype) for v in values]
        known = all(v is None or item is not None for v, item in zip(values, items, strict=True))
    if not known:
        return wire | {"type": "other", "text": _text(list(values))}
    return wire | {"items": [item for item in items if item is not None], "null": None in items}


def _text(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"


def _physical(value: Any, dtype: pl.DataType) -> tuple[int, ...] | None:
    """Return the least and greatest physical integer that the value may be, None if unknown."""
    if isinstance(value, bool):
        return (int(value),)
    if isinstance(value, int):
        # Durations come as integers of their own unit.
        return (value,) if value in _INT64 and _has_integers(dtype) else None
    if isinstance(value, datetime) and isinstance(dtype, pl.Datetime):
        return _instant(value, dtype.time_unit)
    if isinstance(value, timedelta) and isinstance(dtype, pl.Duration):
        return _ticks(value, dtype.time_unit)
    if type(value) is date and dtype == pl.Date:
        return ((value - _EPOCH.date()).days,)
    return None


def _has_integers(dtype: pl.DataType) -> bool:
    return dtype.is_integer() or isinstance(dtype, pl.Duration)


def _instant(value: datetime, unit: str) -> tuple[int, ...]:
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return _ticks(aware - _EPOCH, unit)


def _ticks(since: timedelta, unit: str) -> tuple[int, ...]:
    microseconds = since // timedelta(microseconds=1)
    if unit == "ms":
        return (microseconds // 1000,)
    ticks = _TICKS_PER_MICROSECOND[unit]
    return (microseconds * ticks, microseconds * ticks + ticks - 1)
