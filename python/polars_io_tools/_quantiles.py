"""Cuts between equal shares of a column's rows, from a sample of them."""

from __future__ import annotations

import polars as pl

from polars_io_tools._partitions import exact_column

__all__ = ["quantile_cuts"]

# Up to so many rows the cuts are exact; of more, this many to twice as many are looked at.
_SAMPLE = 1 << 20


def quantile_cuts(lf: pl.LazyFrame, column: str, n: int) -> pl.Series:
    """Return up to `n - 1` values of a column, each of which begins a share of its rows.

    The column is read from its beginning to its end, in batches; nulls are left out.

    Raises:
        polars.exceptions.PolarsError: what Polars raises for the query.
    """
    values = _sample(lf.select(exact_column(column)).drop_nulls()).sort()
    positions = [values.len() * i // n for i in range(1, n)]
    cuts = values.gather([p for p in positions if p > 0]).unique(maintain_order=True)
    # All rows are at or after the least value: it begins no share.
    return cuts.slice(1) if cuts.len() and cuts[0] == values[0] else cuts


def _sample(lf: pl.LazyFrame) -> pl.Series:
    """Return the values of a query of one column, or of many about as many as is enough."""
    schema = lf.collect_schema()
    kept = pl.DataFrame(schema=schema)
    share = 1.0
    # Another seed for each batch, or the same places of each would be taken.
    for seed, batch in enumerate(lf.collect_batches(maintain_order=False)):
        part = batch if share == 1 else batch.sample(fraction=share, seed=seed)
        kept = kept.vstack(part)
        while kept.height > 2 * _SAMPLE:
            kept = kept.sample(fraction=0.5, seed=seed)
            share /= 2
    return kept.to_series()
