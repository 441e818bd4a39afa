"""What ADBC's driver of PostgreSQL gives, read without its mistakes.

It wraps infinite dates and instants around the end of their numbers, reads oids as signed and money
in cents, and has numeric values as texts. The name of each type is in the metadata of its field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from polars_io_tools.db import _from_arrow
from polars_io_tools.db._from_arrow import Converter, as_wanted, refused
from polars_io_tools.db._reader import Column
from polars_io_tools.db._texts import read_texts, without
from polars_io_tools.errors import UnsupportedColumnError

__all__ = ["converter_of"]

# Type modifiers count from here; a scale has eleven bits.
_TYPMOD, _SCALE_BITS = 4, 0x7FF

# PostgreSQL has no day before this one, in days since 1970. What lies before has been wrapped.
_FIRST_DAY = -2_440_588
_DAY_MICROSECONDS = 86_400_000_000

# Whose values are changed by the driver, or are in no form that Polars has.
_REFUSED = {"money", "interval", "timetz", "_date", "_timestamp", "_timestamptz", "_money", "_oid"}


def converter_of(field: Any, override: pl.DataType | None, infinity: str) -> Converter:
    """Return how a field is read, maybe as another type.

    Raises:
        UnsupportedColumnError: it cannot be read as it is, or not as that type.
    """
    metadata = field.metadata or {}
    kind = metadata.get(b"POSTGRESQL:type", b"").decode()
    if kind in _REFUSED:
        raise refused(field.name, kind)
    if kind == "numeric":
        modifier = int(metadata.get(b"POSTGRESQL:typmod", b"-1"))
        return _numeric(field.name, modifier, override, infinity)
    found = _from_arrow.converter_of(field, None, kind)
    if kind == "oid":
        found = replace(found, read=pl.UInt32(), values=_unsigned)
        found = replace(found, column=replace(found.column, dtype=pl.UInt32()))
    if found.read in (pl.Date, pl.Datetime):
        found = _Finite(found.column, found.read, found.values, infinity)
    if override is not None:
        found = as_wanted(found, override)
    # The metadata has the name of a type and not its schema: a list of what is known is enough, as
    # others are not pushed.
    named = kind[1:] + "[]" if kind.startswith("_") else kind
    return replace(found, column=replace(found.column, type=named))


def _unsigned(array: Any) -> pl.Series:
    import pyarrow as pa

    return pl.Series(array.view(pa.uint32()))


@dataclass(frozen=True)
class _Finite(Converter):
    """Dates and instants, some of which may be infinite."""

    infinity: str = "error"

    def convert(self, array: Any, before: int) -> pl.Series:
        """Return its values; what was wrapped is an error or null."""
        series = super().convert(array, before)
        unit = 1 if self.read == pl.Date else _DAY_MICROSECONDS
        wrapped = series.to_physical() < _FIRST_DAY * unit
        return without(series, wrapped, self.read, self.infinity, before)


def _numeric(name: str, modifier: int, override: pl.DataType | None, infinity: str) -> Converter:
    dtype = override
    scale = None
    if modifier >= 0:
        scale = ((modifier - _TYPMOD & _SCALE_BITS) ^ 1024) - 1024
        precision = (modifier - _TYPMOD) >> 16
        fits = 0 <= scale <= precision <= 38  # noqa: PLR2004  (what a decimal of Polars holds)
        dtype = override or (pl.Decimal(precision, scale) if fits else None)
    if dtype is None:
        msg = (
            f"scan_db: column {name!r} is numeric without precision; pass schema_overrides="
            f"{{{name!r}: pl.Decimal(p, s) or pl.Float64 or pl.String}}, or cast it in the query: "
            f'"{name}"::numeric(p, s)'
        )
        raise UnsupportedColumnError(msg)
    if not isinstance(dtype, pl.Decimal) and dtype not in (pl.Float64, pl.String):
        msg = f"scan_db: column {name!r} is numeric and is not read as {dtype}; cast it"
        raise UnsupportedColumnError(msg)
    column = Column(name, dtype, "numeric", scale=scale)
    return _Number(column, pl.String(), pl.Series, infinity)


@dataclass(frozen=True)
class _Number(Converter):
    """Numbers that come as texts."""

    infinity: str = "error"

    def convert(self, array: Any, before: int) -> pl.Series:
        """Return its values; NaN and infinity are errors or nulls for a Decimal."""
        texts = pl.Series(self.column.name, getattr(array, "storage", array))
        return read_texts(texts, self.column.dtype, self.infinity, before)
