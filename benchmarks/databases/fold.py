"""What is made of rows that pass by: little work, and the same for all libraries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

__all__ = ["FOLDED", "added_up", "fold"]

FOLDED = {
    "rows": pl.Int64(),
    "time": pl.Datetime("us"),
    "symbol": pl.Int64(),
    "price": pl.Float64(),
    "volume": pl.Int64(),
    "date": pl.Date(),
    "notional": pl.Decimal(38, 4),
}
_LAST = ("time", "date")


def fold() -> list[pl.Expr]:
    """Return the number of rows, lengths of texts and numbers added up, and the last dates."""
    return [
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col("time").max(),
        pl.col("symbol").str.len_bytes().cast(pl.Int64).sum(),
        pl.col("price").sum(),
        pl.col("volume").sum(),
        pl.col("date").max(),
        pl.col("notional").sum(),
    ]


def added_up(batches: Iterable[Any], *, texts: bool = False) -> pl.DataFrame:
    """Return what `fold` makes of all batches of Arrow together.

    Where `notional` comes as texts it is left out, a text without a value: to make numbers of them
    is not part of reading.
    """
    none = pl.lit(None, pl.String).alias("notional")
    each = [*fold()[:-1], none] if texts else fold()
    whole = [pl.col(name).max() if name in _LAST else pl.col(name).sum() for name in FOLDED]
    parts = pl.concat([pl.DataFrame(pl.from_arrow(batch)).select(each) for batch in batches])
    return parts.select([*whole[:-1], none] if texts else whole)
