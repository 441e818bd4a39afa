"""Tables of all keys on which every kind of operation was done, with the rows that they have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl

import polars_io_tools as piot
from tests.tables.keys import series

__all__ = ["ROWS", "numbered", "stored_rows", "worked"]

ROWS = 40

_MOMENT = dt.datetime(1969, 12, 31, 23, 59, 59, 999_000)
_TEXTS = ["", "a\0", "é", "\U0001f600", "\uffff", "a", "ab"]


def _moment(i: int) -> dt.datetime:
    return _MOMENT + dt.timedelta(microseconds=i * 77)


# A value for each number, around zero and 1970; those of text do not rise.
_VALUES: dict[pl.DataType, Callable[[int], Any]] = {
    pl.Int8(): lambda i: i - 20,
    pl.Int64(): lambda i: (i - 20) * 2**57,
    pl.UInt32(): lambda i: 2**32 - 1 - i,
    pl.Boolean(): lambda i: bool(i % 2),
    pl.String(): lambda i: f"{_TEXTS[i % 7]}{'x' * (i * 6)}{i}",
    pl.Binary(): lambda i: bytes([i * 6, 0xFF, 0]),
    pl.Date(): lambda i: dt.date(1969, 12, 10) + dt.timedelta(days=i),
    pl.Datetime("us"): _moment,
    pl.Datetime("us", "UTC"): _moment,
    pl.Datetime("us", "America/New_York"): _moment,
    pl.Datetime("ms"): lambda i: _MOMENT + dt.timedelta(milliseconds=i),
    pl.Datetime("ns", "Europe/Berlin"): lambda i: 77 * i - 1000,
    pl.Duration("ns"): lambda i: 77 * i - 1000,
    pl.Time(): lambda i: 77 * i,
    pl.Decimal(38, 9): lambda i: Decimal("123456789012.123456768") + Decimal(i) / 10**9,
}


def numbered(dtypes: list[pl.DataType]) -> pl.DataFrame:
    """Return rows with unique keys `k0`, `k1`, … and a number `v`."""
    count = 2 if dtypes == [pl.Boolean()] else ROWS
    last = len(dtypes) - 1
    keys = [
        series(f"k{j}", [_VALUES[d](i if j == last else i // 7) for i in range(count)], d)
        for j, d in enumerate(dtypes)
    ]
    return pl.DataFrame(keys).with_columns(v=pl.int_range(count))


def worked(uri: str, dtypes: list[pl.DataType]) -> Iterator[tuple[str, piot.Table, pl.DataFrame]]:
    """Do one thing after another to a table, and yield what was done, it, and the rows it has."""
    rows = numbered(dtypes)
    key = rows.columns[:-1]
    t = piot.create_table(uri, rows.schema, key=key)
    half = rows.height // 2
    for part in (rows[:half:2], rows[1:half:2], rows[half:]):
        with t.txn() as txn:
            txn.write(part)
    yield "append", t, rows
    third, gone = pl.col("v") % 3 == 0, pl.col("v") % 11 == 1
    with t.txn(mode="upsert") as txn:
        txn.write(rows.filter(third).with_columns(v=pl.col("v") + 1000))
        txn.delete_keys(rows.filter(gone, ~third).select(key))
    rows = rows.filter(third | ~gone).with_columns(
        v=pl.when(third).then(pl.col("v") + 1000).otherwise("v")
    )
    yield "upsert and delete_keys", t, rows
    # A first column is enough, and the Python values of some types have no nanoseconds.
    if dtypes[0] not in (pl.Datetime("ns", "Europe/Berlin"), pl.Duration("ns"), pl.Time()):
        rows = rows.sort(key)
        bound = rows[rows.height // 2, 0]
        kept, below = rows.filter(pl.col("k0") >= bound), rows.filter(pl.col("k0") < bound)[:3]
        with t.txn() as txn:
            txn.replace_range(None, bound, below)
        rows = pl.concat([below, kept])
        yield "replace_range", t, rows
    t.compact(target_rows=7)
    yield "compact", t, rows
    log = deltalake.DeltaTable(uri)
    log.create_checkpoint()
    assert (Path(uri) / "_delta_log" / "_last_checkpoint").exists()
    yield "checkpoint", t, rows


def stored_rows(t: piot.Table) -> pl.DataFrame:
    """Return the rows of the newest state as they are in its files, of which nothing is skipped."""
    return pl.concat(
        pl.read_parquet(f"{t.uri}/{name}", glob=False) for name in t.snapshot().actions["path"]
    )
