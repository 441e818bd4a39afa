"""Values of SQLite as columns: strictly of one type, or an error that names column and row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from polars_io_tools.errors import ColumnValueError, InternalError

__all__ = ["declared_type", "readable", "to_series"]

_DECLARED: dict[str, pl.DataType] = {
    **dict.fromkeys(("INTEGER", "INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT"), pl.Int64()),
    **dict.fromkeys(("REAL", "DOUBLE", "DOUBLE PRECISION", "FLOAT"), pl.Float64()),
    **dict.fromkeys(
        ("TEXT", "VARCHAR", "CHAR", "CHARACTER", "NCHAR", "NVARCHAR", "CLOB"), pl.String()
    ),
    **dict.fromkeys(("VARYING CHARACTER", "NATIVE CHARACTER"), pl.String()),
    "BLOB": pl.Binary(),
    "BOOLEAN": pl.Boolean(),
    "BOOL": pl.Boolean(),
    "DATE": pl.Date(),
    "DATETIME": pl.Datetime("us"),
    "TIMESTAMP": pl.Datetime("us"),
}

_DAY = r"^\d{4}-\d{2}-\d{2}$"
_MOMENT = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?$"

# Integers up to here have an exact float.
_EXACT = 2**53


def declared_type(kind: str) -> pl.DataType | None:
    """Return the type of a declaration, None where it names none that is known.

    Example:
        >>> declared_type("varchar(20)")
        String
    """
    return _DECLARED.get(kind.upper().partition("(")[0].strip())


def readable(dtype: pl.DataType) -> bool:
    """Return whether a column can be read as this type."""
    return _reading(dtype) is not None


def to_series(name: str, values: list[Any], dtype: pl.DataType, before: int) -> pl.Series:
    """Return values of a column; there were `before` others of it.

    Raises:
        ColumnValueError: one of them is not of the type; the message names its row.
    """
    reading = _reading(dtype)
    if reading is None:
        raise InternalError(f"no column of SQLite is read as {dtype}")
    kinds, expected, make = reading
    wrong = {type(v) for v in values} - kinds - {type(None)}
    if not wrong:
        try:
            made = make(name, values, dtype)
        except (pl.exceptions.PolarsError, OverflowError, TypeError):
            made = None
        if made is not None:
            return made
    for row, value in enumerate(values, before + 1):
        if value is not None and (type(value) not in kinds or _fails(make, value, dtype)):
            msg = f"scan_db: column {name!r} row {row}: {value!r} is not {expected}"
            raise ColumnValueError(msg)
    raise ColumnValueError(f"scan_db: column {name!r}: a value is not {expected}")


_Make = Callable[[str, Sequence[Any], pl.DataType], pl.Series | None]
_Reading = tuple[frozenset[type], str, _Make]


def _fails(make: _Make, value: Any, dtype: pl.DataType) -> bool:
    try:
        return make("", [value], dtype) is None
    except (pl.exceptions.PolarsError, OverflowError, TypeError):
        return True


def _reading(dtype: pl.DataType) -> _Reading | None:
    """Return which Python values are read as a type, what to call it, and how they become one."""
    if dtype.is_integer():
        return frozenset({int}), f"an integer of {dtype}", _plain
    if dtype.is_float():
        return frozenset({int, float}), f"a number of {dtype}", _floats
    return _READINGS.get(dtype)


def _plain(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    return pl.Series(name, values, dtype=dtype, strict=True)


def _booleans(name: str, values: Sequence[Any], _: pl.DataType) -> pl.Series | None:
    if not set(values) <= {0, 1, None}:
        return None
    return pl.Series(name, [None if v is None else v == 1 for v in values], dtype=pl.Boolean)


def _floats(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series | None:
    if any(isinstance(v, int) and abs(v) > _EXACT for v in values):
        return None
    floats = [None if v is None else float(v) for v in values]
    made = pl.Series(name, floats, dtype=pl.Float64)
    if dtype == pl.Float64:
        return made
    narrow = made.cast(pl.Float32)
    return narrow if narrow.cast(pl.Float64).equals(made) else None


def _days(name: str, values: Sequence[Any], _: pl.DataType) -> pl.Series | None:
    texts = pl.Series(name, values, dtype=pl.String)
    if not texts.str.contains(_DAY).all():
        return None
    return texts.str.to_date("%Y-%m-%d", strict=True)


def _moments(name: str, values: Sequence[Any], _: pl.DataType) -> pl.Series | None:
    texts = pl.Series(name, values, dtype=pl.String)
    if not texts.str.contains(_MOMENT).all():
        return None
    whole = texts.str.replace("T", " ", literal=True)
    days = whole.str.len_bytes() == len("2024-01-31")
    whole = pl.select(pl.when(days).then(whole + " 00:00:00").otherwise(whole)).to_series()
    return whole.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=True).alias(name)


_READINGS: dict[pl.DataType, _Reading] = {
    pl.Boolean(): (frozenset({int}), "a BOOLEAN (0 or 1)", _booleans),
    pl.String(): (frozenset({str}), "a text", _plain),
    pl.Binary(): (frozenset({bytes}), "a BLOB", _plain),
    pl.Date(): (frozenset({str}), "a DATE (YYYY-MM-DD)", _days),
    pl.Datetime("us"): (
        frozenset({str}),
        "a TIMESTAMP (YYYY-MM-DD HH:MM:SS.ffffff)",
        _moments,
    ),
}
