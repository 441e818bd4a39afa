"""What the supported versions of Polars do in other ways, as facts that have names.

It compares versions and nothing else; where a fact matters is decided where it is used.
"""

from __future__ import annotations

from typing import Final

import polars as pl

__all__ = ["KNOWS_CUT_TIMESTAMPS", "NOT_HANDED_OVER"]

_IS_2_0: Final = pl.__version__.startswith("2.0.")

# Whether Polars knows that other writers cut the greatest timestamps in a log to milliseconds. If
# not, it leaves out files with rows that are asked for.
KNOWS_CUT_TIMESTAMPS: Final = not _IS_2_0

# Polars panics when a filter with a literal of such a type reaches a resolver.
NOT_HANDED_OVER: Final[tuple[type[pl.DataType], ...]] = (pl.Categorical, pl.Enum) if _IS_2_0 else ()
