"""The `.piot` namespace of DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import polars as pl

from polars_io_tools._namespace import PiotNamespace

if TYPE_CHECKING:
    from polars_io_tools.tables import Mode, Table

__all__ = ["PiotFrameNamespace"]


@pl.api.register_dataframe_namespace("piot")
class PiotFrameNamespace:
    """Methods of this package on a DataFrame, as `df.piot`."""

    def __init__(self, df: pl.DataFrame) -> None:
        self._df = df

    def write_table(self, table: Table, mode: Mode = "append") -> int | None:
        """Write the frame into a table in one transaction; see `LazyFrame.piot.write_table`."""
        from polars_io_tools.tables import write_table

        return write_table(self._df, table, mode)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            """Say where a method is that only LazyFrames have.

            Raises:
                AttributeError: always.
            """
            if not name.startswith("_") and hasattr(PiotNamespace, name):
                msg = f"{name} is a method of LazyFrames: write df.lazy().piot.{name}(…)"
            else:
                msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
