"""Constants as physical integers, as far as Polars lets them be seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from polars._utils.wrap import wrap_s

from polars_io_tools._polars.traverse import type_name

__all__ = ["literal", "scalar"]

Wire = dict[str, Any]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (of the wall clock)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
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
    (physical,) = _all_physical([value], dtype)
    if physical is None:
        return wire | {"type": "other", "text": _text(value)} | _scalars("value", [value], dtype)
    # The upper end is left out where it is the lower one, and the text where Go writes it.
    wire["lo"] = physical[0]
    if physical[-1] != physical[0]:
        wire["hi"] = physical[-1]
    if not (dtype.is_integer() or dtype in (pl.Date, pl.Datetime)):
        wire["text"] = _text(value)
    return wire


def _series(values: pl.Series) -> Wire:
    """Return a column of constants, or the one list that it holds, as a list."""
    if isinstance(values.dtype, pl.List) and values.len() == 1 and values.null_count() == 0:
        values = values.item()
        return _list(values, values.dtype)
    # One value is there for all rows.
    rows = {} if values.len() == 1 else {"option": "rows"}
    return _list(values, values.dtype) | rows


def _list(values: pl.Series | list[Any], dtype: pl.DataType) -> Wire:
    wire: Wire = {"k": "list", "type": type_name(dtype)}
    if isinstance(values, pl.Series) and (dtype.is_temporal() or dtype.is_integer()):
        # The Series itself still has the nanoseconds that Python values have not.
        found: Iterable[Any] = values.to_physical().to_list()
        items: list[tuple[int, ...] | None] = [None if v is None else (v,) for v in found]
        known = all(item is None or item[0] in _INT64 for item in items)
    else:
        items = _all_physical(list(values), dtype)
        known = all(v is None or item is not None for v, item in zip(values, items, strict=True))
    if not known:
        others = [v for v in values if v is not None]
        found_null = len(others) < len(values)
        return (
            wire
            | {"type": "other", "text": _text(list(values)), "null": found_null}
            | _scalars("values", others, dtype)
        )
    return wire | {"items": [item for item in items if item is not None], "null": None in items}


def _scalars(key: str, values: list[Any], dtype: pl.DataType) -> Wire:
    """Return constants that no int64 holds, in full, if all are of a type that Go reads."""
    found = [scalar(v, dtype) for v in values]
    kinds = {kind for kind, _ in found} if found else {scalar("", dtype)[0]}
    if len(kinds) != 1 or "" in kinds:
        return {}
    texts = [text for _, text in found]
    return {"scalar": kinds.pop(), key: texts[0] if key == "value" else texts}


def scalar(value: Any, dtype: pl.DataType) -> tuple[str, str]:
    """Return kind and text of a constant as `expr.Scalar` of Go has them; "" for other types."""
    if isinstance(value, str) and dtype in (pl.String, pl.Categorical, pl.Enum):
        return "string", value
    if isinstance(value, bytes):
        return "binary", value.hex()
    if isinstance(value, float):
        return "float", repr(value)
    if isinstance(value, int) and dtype.is_integer():
        return "integer", str(value)
    if isinstance(value, Decimal) and isinstance(dtype, pl.Decimal):
        # Not `scaleb`, which rounds to the precision of the context.
        sign, digits, exponent = value.as_tuple()
        if isinstance(exponent, int) and dtype.scale + exponent >= 0:
            text = "".join(map(str, digits)) + "0" * (dtype.scale + exponent)
            return f"decimal[{dtype.scale}]", "-" * sign + text
    return "", ""


def _text(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"


def _all_physical(values: list[Any], dtype: pl.DataType) -> list[tuple[int, ...] | None]:
    """Return the least and greatest physical integer of each value, None for unknown and null."""
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        if all(v is None or isinstance(v, datetime) for v in values):
            return _instants(values, dtype.time_unit, dtype.time_zone)
        return [None] * len(values)
    return [None if v is None else _physical(v, dtype) for v in values]


def _instants(values: list[datetime | None], unit: str, zone: str) -> list[tuple[int, ...] | None]:
    """Return the instants that zoned values may be.

    What Polars hands out is a wall clock with Python's zone on it. The wall clock follows Polars'
    own time zone database, or Python's, which differ for old dates and after 2100, and it may show
    a time twice. The instant is one of those that the two find for it.
    """
    clock = pl.Series([v and v.replace(tzinfo=None) for v in values], dtype=pl.Datetime("us"))
    found = [
        clock.dt.replace_time_zone(zone, ambiguous=which, non_existent="null")
        .to_physical()
        .to_list()
        for which in ("earliest", "latest")
    ]
    return [
        None if v is None else _span([*by_polars, *_by_python(v)], unit)
        for v, *by_polars in zip(values, *found, strict=True)
    ]


def _by_python(value: datetime) -> list[int]:
    return [(value.replace(fold=fold) - _EPOCH_UTC) // _MICROSECOND for fold in (0, 1)]


def _span(microseconds: list[int | None], unit: str) -> tuple[int, ...]:
    known = [m for m in microseconds if m is not None]
    return _tick(min(known), unit)[0], _tick(max(known), unit)[-1]


def _physical(value: Any, dtype: pl.DataType) -> tuple[int, ...] | None:
    if isinstance(value, bool):
        return (int(value),)
    if isinstance(value, int):
        # Durations come as integers of their own unit.
        return (value,) if value in _INT64 and _has_integers(dtype) else None
    if isinstance(value, datetime) and isinstance(dtype, pl.Datetime):
        return _tick((value - _EPOCH) // _MICROSECOND, dtype.time_unit)
    if isinstance(value, timedelta) and isinstance(dtype, pl.Duration):
        return _tick(value // _MICROSECOND, dtype.time_unit)
    if type(value) is date and dtype == pl.Date:
        return ((value - _EPOCH.date()).days,)
    return None


def _has_integers(dtype: pl.DataType) -> bool:
    return dtype.is_integer() or isinstance(dtype, pl.Duration)


def _tick(microseconds: int, unit: str) -> tuple[int, ...]:
    """Return the ticks that begin in a microsecond."""
    if unit == "ms":
        return (microseconds // 1000,)
    ticks = _TICKS_PER_MICROSECOND[unit]
    return (microseconds * ticks, microseconds * ticks + ticks - 1)
