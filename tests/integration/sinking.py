"""What tests of sinks share: the engine, its periods, and how the four formats are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import polars.selectors as cs

import polars_io_tools as piot
from polars_io_tools._writing import EXTENSIONS

__all__ = ["ENGINE", "FORMS", "MONTHS", "READERS", "ordered", "read", "sink"]

ENGINE = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)
MONTHS = ["2024-01", "2024-02", "2024-03"]
FORMS = list(EXTENSIONS)
READERS: dict[str, Callable[..., pl.LazyFrame]] = {
    "parquet": pl.scan_parquet,
    "ipc": pl.scan_ipc,
    "csv": pl.scan_csv,
    "ndjson": pl.scan_ndjson,
}


def sink(lf: pl.LazyFrame, form: str, target: Any, **options: Any) -> None:
    getattr(lf, f"sink_{form}")(target, **options)


def read(form: str, source: Any, schema: pl.Schema | None = None, **options: Any) -> pl.DataFrame:
    """Return a data set as its readers see it; texts say no types."""
    if schema is not None and form in {"csv", "ndjson"}:
        options["schema"] = schema
    return READERS[form](source, **options).collect()


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(cs.by_name("date", "symbol", "price", "row", require_all=False))
