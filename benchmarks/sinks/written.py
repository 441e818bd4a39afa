"""Where a contender writes, and what it has written."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from benchmarks.data import Data

__all__ = ["read", "target"]


def target(data: Data, name: str) -> Path:
    """Return a folder of the cache that is not there yet."""
    folder = data.folder.parents[1] / "written" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def read(folder: Path) -> pl.LazyFrame:
    """Return what was written, which is read after the time has been taken."""
    return pl.scan_parquet(folder / "**/*.parquet", hive_partitioning=False)
