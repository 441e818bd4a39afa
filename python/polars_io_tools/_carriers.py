"""Which types a format can carry, and what carries the others.

A column whose type the wanted format cannot carry exactly goes in another format beside it, or
cast to a type that the format can carry and that casts back without loss. All of it rests on what
Polars reads back exactly; `tests/dtypes.py` holds the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import polars as pl

__all__ = ["Carrier", "ReturnAs", "carrier_of"]

ReturnAs = Literal["arrow", "ipc", "parquet"]

# Types without others inside that come back exactly in every format.
_FLAT = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128),
    *(pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.UInt128),
    *(pl.Float16, pl.Float32, pl.Float64, pl.Decimal, pl.Boolean, pl.Null),
    *(pl.String, pl.Binary, pl.Categorical, pl.Enum),
    *(pl.Date, pl.Time, pl.Datetime, pl.Duration),
)
_CODED = (pl.Categorical, pl.Enum)


class Carrier(NamedTuple):
    """How a column travels.

    Attributes:
        way: the format that carries it.
        cast: whether it is cast to `carrier_type` of its type before, and back afterwards.
    """

    way: ReturnAs
    cast: bool


def carrier_of(name: str, dtype: Any, wanted: ReturnAs) -> Carrier | None:
    """Return how a column of a type travels when a format is wanted, None if it cannot."""
    types = list(_inside(dtype))
    if not all(_is_known(t) for t in types):
        return None
    castable = not any(isinstance(t, (pl.BaseExtension, pl.Map)) for t in types)
    for way in dict.fromkeys((wanted, "ipc", "parquet")):
        if _carries(way, name, types):
            return Carrier(way, cast=False)
        if castable and _carries(way, name, list(_inside(carrier_type(dtype)))):
            return Carrier(way, cast=True)
    return None


def carrier_type(dtype: Any) -> Any:
    """Return the type with a list for each array of width 0, which casts back exactly."""
    if isinstance(dtype, pl.Array):
        inner = carrier_type(dtype.inner)
        return pl.Array(inner, dtype.size) if dtype.size else pl.List(inner)
    if isinstance(dtype, pl.List):
        return pl.List(carrier_type(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return pl.Struct([pl.Field(f.name, carrier_type(f.dtype)) for f in dtype.fields])
    return dtype


def _inside(dtype: Any) -> Iterator[Any]:
    """Yield a type and all types inside of it."""
    yield dtype
    if isinstance(dtype, pl.BaseExtension):
        yield from _inside(dtype.ext_storage())
    elif isinstance(dtype, (pl.List, pl.Array)):
        yield from _inside(dtype.inner)
    elif isinstance(dtype, pl.Map):
        yield from _inside(dtype.key)
        yield from _inside(dtype.value)
    elif isinstance(dtype, pl.Struct):
        for field in dtype.fields:
            yield from _inside(field.dtype)


def _is_known(dtype: Any) -> bool:
    nested = (pl.List, pl.Array, pl.Struct, pl.Map, pl.BaseExtension)
    return isinstance(dtype, nested) or dtype.base_type() in _FLAT


def _carries(way: ReturnAs, name: str, types: list[Any]) -> bool:
    """Tell whether Polars reads back exactly what it wrote of a column, or gave as Arrow."""
    if way == "parquet":
        # Parquet has no column for a struct without fields.
        return not any(isinstance(t, pl.Struct) and not t.fields for t in types)
    if any(isinstance(t, pl.Array) and t.size == 0 for t in types):
        return False
    return way == "ipc" or not (_has_zero_byte(name, types) or _extends_codes(types))


def _has_zero_byte(name: str, types: list[Any]) -> bool:
    """Tell whether a name has a byte at which a C string would end; Polars aborts on those."""
    fields = [f.name for t in types if isinstance(t, pl.Struct) for f in t.fields]
    return any("\0" in n for n in (name, *fields))


def _extends_codes(types: list[Any]) -> bool:
    """Tell whether an extension type has categories, which it comes back from Arrow without."""
    extensions = [t for t in types if isinstance(t, pl.BaseExtension)]
    return any(isinstance(s, _CODED) for t in extensions for s in _inside(t.ext_storage()))
