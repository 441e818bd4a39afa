"""Which type of Arrow becomes which of Polars, for drivers that give their rows as Arrow.

A value arrives whole, or it is an error. Types are listed one by one: what is not listed names the
column and the cast to write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from polars_io_tools.db._reader import Column
from polars_io_tools.errors import ColumnValueError, UnsupportedColumnError

__all__ = ["Converter", "Values", "as_wanted", "check_whole", "converter_of", "refused"]

# A step between the array that came and the series: fails with errors of Arrow or Polars.
Values = Callable[[Any], pl.Series]

_UTC = ("UTC", "Etc/UTC", "Z", "+00:00", "-00:00")
_DIGITS = 38

_PLAIN: dict[str, pl.DataType] = {
    "bool": pl.Boolean(),
    "int8": pl.Int8(),
    "int16": pl.Int16(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "uint8": pl.UInt8(),
    "uint16": pl.UInt16(),
    "uint32": pl.UInt32(),
    "uint64": pl.UInt64(),
    "float": pl.Float32(),
    "double": pl.Float64(),
    **dict.fromkeys(("string", "large_string", "string_view"), pl.String()),
    **dict.fromkeys(("binary", "large_binary", "binary_view"), pl.Binary()),
    "date32[day]": pl.Date(),
    **dict.fromkeys(("time32[s]", "time32[ms]", "time64[us]", "time64[ns]"), pl.Time()),
    **dict.fromkeys(("duration[s]", "duration[ms]"), pl.Duration("ms")),
    "duration[us]": pl.Duration("us"),
    "duration[ns]": pl.Duration("ns"),
}


@dataclass(frozen=True)
class Converter:
    """How one column arrives.

    Attributes:
        column: the column.
        read: the type that its values have as they are.
        values: makes them a series of that type.
    """

    column: Column
    read: pl.DataType
    values: Values = pl.Series

    def convert(self, array: Any, before: int) -> pl.Series:
        """Return the values of an array in the type of the column; there were `before` others.

        Raises:
            ColumnValueError: one of them does not fit.
        """
        name = self.column.name
        try:
            series = self.values(array).alias(name)
            check_whole(series, array, before)
            return _cast(series, self.column.dtype)
        except ColumnValueError:
            raise
        except Exception as error:  # of Arrow or Polars, which name no row
            what = f"scan_db: column {name!r} after row {before}: {error}"
            raise ColumnValueError(what) from error


def converter_of(field: Any, override: pl.DataType | None, kind: str = "") -> Converter:
    """Return how a field of Arrow is read, maybe as another type; `kind` is the database's name.

    Raises:
        UnsupportedColumnError: it cannot be read as it is, or not as that type.
    """
    found = _natural(field.type)
    if found is None:
        raise refused(field.name, kind or str(field.type))
    dtype, values = found
    converter = Converter(Column(field.name, dtype, kind), dtype, values)
    return converter if override is None else as_wanted(converter, override)


def as_wanted(converter: Converter, wanted: pl.DataType) -> Converter:
    """Return a converter to another type.

    Raises:
        UnsupportedColumnError: values of its type need not keep their meaning as that one.
    """
    column = converter.column
    if not _keeps(converter.read, wanted):
        msg = (
            f"scan_db: column {column.name!r} comes as {converter.read} and is not read as "
            f"{wanted}; cast it in the query, or with cast_map="
        )
        raise UnsupportedColumnError(msg)
    return replace(converter, column=replace(column, dtype=wanted))


def refused(name: str, kind: str) -> UnsupportedColumnError:
    """Return the error for a type that is not read."""
    return UnsupportedColumnError(
        f"scan_db: column {name!r} is {kind}, which is not read; write CAST({name} AS …) in the "
        "query, to a text or another plain type"
    )


def _natural(arrow: Any) -> tuple[pl.DataType, Values] | None:
    """Return the type of Polars that holds all values of one of Arrow, and how they get there."""
    import pyarrow as pa

    if str(arrow) in _PLAIN:
        return _PLAIN[str(arrow)], pl.Series
    if isinstance(arrow, pa.BaseExtensionType):
        return _extension(arrow)
    for is_one, make in (
        (pa.types.is_decimal, _decimal),
        (pa.types.is_timestamp, _timestamp),
        (pa.types.is_fixed_size_binary, _bytes),
        (pa.types.is_dictionary, _dictionary),
        (pa.types.is_list, _list),
        (pa.types.is_large_list, _list),
    ):
        if is_one(arrow):
            return make(arrow)
    return None


def _bytes(_: Any) -> tuple[pl.DataType, Values]:
    import pyarrow as pa

    return pl.Binary(), lambda a: pl.Series(a.cast(pa.binary()))


def _dictionary(arrow: Any) -> tuple[pl.DataType, Values] | None:
    inner = _natural(arrow.value_type)
    return None if inner is None else (inner[0], lambda a: inner[1](a.dictionary_decode()))


def _list(arrow: Any) -> tuple[pl.DataType, Values] | None:
    plain = _PLAIN.get(str(arrow.value_type))
    return None if plain is None or plain == pl.Time else (pl.List(plain), pl.Series)


def _decimal(arrow: Any) -> tuple[pl.DataType, Values] | None:
    import pyarrow as pa

    if arrow.precision > _DIGITS or not 0 <= arrow.scale <= arrow.precision:
        return None
    wide = pa.decimal128(arrow.precision, arrow.scale)
    return pl.Decimal(arrow.precision, arrow.scale), lambda a: pl.Series(a.cast(wide))


def _timestamp(arrow: Any) -> tuple[pl.DataType, Values]:
    import pyarrow as pa

    unit: Any = "ms" if arrow.unit == "s" else arrow.unit
    zone = arrow.tz
    # An offset names no zone: the instants are the same in UTC.
    if zone is not None and (zone in _UTC or zone[:1] in "+-"):
        zone = "UTC"
    target = pa.timestamp(unit, zone)
    return pl.Datetime(unit, zone), lambda a: pl.Series(a.cast(target))


def _extension(arrow: Any) -> tuple[pl.DataType, Values] | None:
    if arrow.extension_name == "arrow.json":
        return pl.String(), lambda a: pl.Series(a.storage)
    if arrow.extension_name == "arrow.bool8":
        return pl.Boolean(), lambda a: pl.Series(a.storage) != 0
    if arrow.extension_name == "arrow.uuid":
        return pl.String(), lambda a: _dashed(pl.Series(a.storage).cast(pl.Binary))
    return None


def _dashed(values: pl.Series) -> pl.Series:
    """Return bytes of UUIDs as texts."""
    digits = values.bin.encode("hex")
    parts = [digits.str.slice(at, n) for at, n in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
    text = parts[0]
    for part in parts[1:]:
        text = text + "-" + part
    return text


def _keeps(read: pl.DataType, wanted: pl.DataType) -> bool:
    """Return whether a strict cast gives the value, or fails."""
    if read == wanted or (read.is_integer() and wanted.is_integer()):
        return True
    if pl.Boolean() in (read, wanted):
        return wanted.is_integer()
    if read.is_float() and wanted.is_float():
        return True
    if isinstance(read, pl.Decimal) and isinstance(wanted, pl.Decimal):
        return wanted.scale >= read.scale
    if isinstance(read, pl.Decimal):
        return wanted == pl.Float64
    return read == pl.String and isinstance(wanted, pl.Enum)


def _cast(series: pl.Series, wanted: pl.DataType) -> pl.Series:
    if series.dtype == wanted:
        return series
    cast = series.cast(wanted, strict=True)
    if wanted == pl.Float32 and not cast.cast(pl.Float64).equals(series):
        raise ColumnValueError(f"scan_db: column {series.name!r}: a number is no Float32")
    return cast


def check_whole(values: pl.Series, array: Any, before: int) -> None:
    """Check that no value has become null: Polars makes nulls of what is no time of a day.

    Raises:
        ColumnValueError: one has.
    """
    if values.null_count() == array.null_count:
        return
    lost = values.is_null() & pl.Series(array.is_valid())
    row = before + (lost.arg_max() or 0) + 1
    msg = f"scan_db: column {values.name!r} row {row}: {array[row - before - 1].value} has no place"
    raise ColumnValueError(f"{msg} in {values.dtype}; cast it in the query")
