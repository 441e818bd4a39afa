"""Texts as databases write numbers and times, read strictly: exact, or an error with its row."""

from __future__ import annotations

import polars as pl

from polars_io_tools.errors import ColumnValueError, UnsupportedColumnError

__all__ = ["read_texts", "without"]

_NUMBER = r"^-?\d*(\.\d*)?$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_MOMENT = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?$"


def read_texts(texts: pl.Series, dtype: pl.DataType, infinity: str, before: int) -> pl.Series:
    """Return texts as values of a type; there were `before` others of the column.

    Raises:
        ColumnValueError: one of them is not of the type.
        UnsupportedColumnError: no text is read as that type.
    """
    if dtype == pl.String:
        return texts
    forms = {pl.Decimal: _NUMBER, pl.Date: _DAY, pl.Datetime: _MOMENT, pl.Float64: ".*"}
    form = forms.get(type(dtype))
    if form is None or (isinstance(dtype, pl.Datetime) and dtype.time_unit != "us"):
        msg = f"scan_db: column {texts.name!r} is not read as {dtype}; cast it in the query"
        raise UnsupportedColumnError(msg)
    read = without(texts, ~texts.str.contains(form), dtype, infinity, before)
    if isinstance(dtype, pl.Decimal):
        read = _exact(read, dtype, before)
    try:
        return _parsed(read, dtype).alias(texts.name)
    except pl.exceptions.PolarsError as error:
        raise ColumnValueError(f"scan_db: column {texts.name!r}: {error}") from error


def without(
    values: pl.Series, wrong: pl.Series, dtype: pl.DataType, infinity: str, before: int
) -> pl.Series:
    """Return values with null for the wrong ones, if that is how they are to be read.

    Raises:
        ColumnValueError: there are wrong ones, and they are to be errors.
    """
    wrong = wrong.fill_null(value=False)
    if not wrong.any():
        return values
    if infinity == "null":
        return pl.select(pl.when(~wrong).then(values)).to_series().alias(values.name)
    at = wrong.arg_max() or 0
    shown = repr(values[at]) if values.dtype == pl.String else "infinity, or what is beyond Polars,"
    msg = (
        f"scan_db: column {values.name!r} row {before + at + 1}: {shown} has no place in "
        f"{dtype!r}; pass on_infinity='null', or cast it in the query"
    )
    raise ColumnValueError(msg)


def _exact(texts: pl.Series, dtype: pl.Decimal, before: int) -> pl.Series:
    # Polars rounds what has more digits.
    more = texts.str.contains(rf"\.\d{{{dtype.scale}}}\d*[1-9]").fill_null(value=False)
    if more.any():
        at = more.arg_max() or 0
        msg = (
            f"scan_db: column {texts.name!r} row {before + at + 1}: {texts[at]} has more than "
            f"{dtype.scale} digits after its point"
        )
        raise ColumnValueError(msg)
    return texts


def _parsed(texts: pl.Series, dtype: pl.DataType) -> pl.Series:
    if isinstance(dtype, pl.Datetime):
        parsed = texts.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=True)
        return parsed if dtype.time_zone is None else parsed.dt.replace_time_zone("UTC").cast(dtype)
    if dtype == pl.Date:
        return texts.str.to_date("%Y-%m-%d", strict=True)
    return texts.cast(dtype, strict=True)
