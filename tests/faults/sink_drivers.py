"""Drivers that write while faults happen to them: see `drivers`, as which they are run."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

import polars_io_tools as piot
from tests.faults.drivers import START, day, is_interrupted, main, noted, say

SLICES = 10


def slow_days(count: int, journal: str, seconds: float) -> pl.LazyFrame:
    """Return days of ten times 20 rows, slice by slice, so that files are begun early."""
    dates = [START + dt.timedelta(i) for i in range(count)]
    schema = pl.Schema({"date": pl.Date(), "row": pl.Int64(), "slice": pl.Int64()})
    note = noted(journal, lambda _: None)

    def read(
        _: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        for date in dates:
            for part in range(SLICES):
                frame = pl.DataFrame({"date": [date] * 20, "row": range(20), "slice": [part] * 20})
                rows = frame if predicate is None else frame.filter(predicate)
                if rows.height:
                    if part == 0:
                        note(date)
                    time.sleep(seconds)
                    yield rows

    return register_io_source(read, schema=schema).filter(day.is_between(dates[0], dates[-1]))


def write(settings: dict[str, Any]) -> None:
    """Write days to a directory, and tell how that ended."""
    engine = piot.RayEngine(
        date_column="date",
        time_unit="daily",
        max_periods_per_task=1,
        progress=False,
        remote_options={"max_retries": 50},
    )
    rows = slow_days(settings["count"], settings["journal"], settings["seconds"])
    target = pl.PartitionBy(settings["target"], key="slice", max_rows_per_file=7)
    say(started=True)
    given: dict[str, Any] = {"engine": engine, "storage_options": settings.get("options")}
    if is_interrupted(lambda: rows.sink_parquet(target, **given)):
        say(interrupted=time.time(), visible=Path(settings["target"]).exists())
    else:
        say(written=True)


if __name__ == "__main__":
    main(globals())
