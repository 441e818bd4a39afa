"""Which columns of a scan have an index, and what is put into it that is not read from footers."""

from __future__ import annotations

from typing import Any

import polars as pl

from polars_io_tools._polars.filters import column_type
from polars_io_tools._polars.payload import Resolved

__all__ = ["index_columns", "logged_columns", "texts"]

# How much a log may cut off of a moment, in ticks: Delta Lake writes milliseconds.
_CUT_OFF = {"ms": 1, "us": 1_000, "ns": 1_000_000}

# Decimals of more digits are not exact in the log of a Delta table, where they are JSON numbers.
_EXACT_DIGITS = 15


def index_columns(plain: Resolved, filtered: set[str]) -> list[dict[str, Any]]:
    """Return the columns to index: those that filters use, and whose type has an order.

    Keys of hive folders are free, and Polars does not show the filters on them.
    """
    columns = []
    for name, dtype in plain.schema:
        kind = column_type(dtype)
        hive = plain.hive is not None and name in plain.hive.columns
        if not (hive or name in filtered) or kind == "other" or kind.startswith("duration"):
            continue
        values = None
        if plain.hive is not None and hive:
            values = _hive_values(plain.hive[name], dtype)
            if values is None:
                continue
        columns.append({"name": name, "type": kind, "values": values})
    return columns


def _hive_values(values: pl.Series, dtype: pl.DataType) -> list[str | None] | None:
    """Return the values of a partition as text for the index, None for a type it cannot have."""
    return texts(values) if values.dtype == dtype else None


def texts(values: pl.Series, shift: int = 0) -> list[str | None] | None:
    """Return values as text for the index, numbers shifted; None for a type it cannot have."""
    dtype = values.dtype
    if dtype.is_temporal() or dtype.is_integer() or dtype.is_decimal():
        return [None if v is None else str(v + shift) for v in values.to_physical()]
    if dtype.is_float():
        return [None if v is None else repr(v) for v in values]
    if dtype == pl.Boolean:
        return [None if v is None else str(v).lower() for v in values]
    return list(values) if dtype == pl.String else None


def logged_columns(
    plain: Resolved, filtered: set[str], kind: str, statistics: pl.DataFrame | None
) -> list[dict[str, Any]]:
    """Return the columns of a table to index, with what its log says of each file.

    Args:
        plain: the scan of all files of the table.
        filtered: the columns that filters use.
        kind: "delta" or "iceberg".
        statistics: see `table_files`.
    """
    dtypes = dict(plain.schema)
    columns = index_columns(plain, filtered)
    for column in columns:
        if column["values"] is None and statistics is not None:
            name = column["name"]
            column["logged"] = _logged(name, dtypes[name], kind, statistics)
    return [c for c in columns if c["values"] is not None or c.get("logged") is not None]


def _logged(
    name: str, dtype: pl.DataType, kind: str, statistics: pl.DataFrame
) -> dict[str, Any] | None:
    """Return the statistics of a column for the index, None where they cannot be trusted.

    Delta Lake cuts texts off after 32 characters, the greatest too; an index has as many bytes.
    """
    if not {f"{name}_min", f"{name}_max", f"{name}_nc", "len"} <= set(statistics.columns):
        return None
    least, greatest = statistics[f"{name}_min"], statistics[f"{name}_max"]
    if least.dtype != dtype or greatest.dtype != dtype:
        return None
    margin = 0
    if kind == "delta":
        if isinstance(dtype, pl.Decimal) and dtype.precision > _EXACT_DIGITS:
            return None
        # Cut off from the greatest; the least has it too, whichever way a writer rounds.
        margin = _CUT_OFF[dtype.time_unit] if isinstance(dtype, pl.Datetime) else 0
    ends = texts(least, -margin), texts(greatest, margin)
    if ends[0] is None:
        return None
    nulls = map(_nulls, statistics[f"{name}_nc"], statistics["len"])
    return {"least": ends[0], "greatest": ends[1], "nulls": list(nulls)}


def _nulls(count: int | None, rows: int | None) -> str:
    if count == 0:
        return "none"
    return "all" if count is not None and count == rows else "some"
