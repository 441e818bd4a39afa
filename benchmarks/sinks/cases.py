"""The cases of the suite about sinks."""

from __future__ import annotations

from benchmarks.cases import CASES as FILE_CASES
from benchmarks.cases import Case, Goal

__all__ = ["CASES"]

_ROWS = FILE_CASES["big"].schema

CASES = {
    case.name: case
    for case in (
        Case("sink", "all rows of two years into one data set of Parquet files", _ROWS, Goal()),
        Case("sink_by_month", "the same, into a folder for each month", _ROWS, Goal()),
    )
}
