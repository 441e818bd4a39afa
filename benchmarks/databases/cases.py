"""The cases of the suite about databases."""

from __future__ import annotations

from benchmarks.cases import Case, Goal
from benchmarks.databases.fold import FOLDED
from benchmarks.databases.table import SCHEMA

__all__ = ["CASES"]

CASES = {
    case.name: case
    for case in (
        Case(
            "db_stream",
            "all rows pass by, and are added up",
            FOLDED,
            Goal(times_rival_cpu=0.5, extra_mb=60),
            cold=True,
            by_column=True,
        ),
        Case("db_read", "all rows as a frame", SCHEMA, Goal(), cold=True, by_column=True),
        Case(
            "db_months", "all rows as a frame, by 12 monthly tasks", SCHEMA, Goal(), by_column=True
        ),
    )
}
