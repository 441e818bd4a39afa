"""The result of a query that stays in the cluster."""

from __future__ import annotations

from types import TracebackType
from typing import Any, NoReturn, Self

import polars as pl

from polars_io_tools._transport import Part, decode
from polars_io_tools.ray._distributed import Distributed
from polars_io_tools.ray._executor import Kept
from polars_io_tools.ray._rows import KeptRows, KeptSource
from polars_io_tools.ray._runs import kept

__all__ = ["RayResult", "executed"]

_HEAD_ROWS = 5


class RayResult:
    """The rows of a query in Ray's object store, as `lf.execute(engine=piot.RayEngine(...))` gives.

    It is a `QueryResult` of Polars. No row has gone to the driver but those of `head`. `lazy()` is
    a scan of the rows where they lie: a further split sends each task the parts that it needs, and
    filters choose among the parts, by what each holds in columns of dates, numbers and strings.

    The rows are freed when the result, and all LazyFrames and queries made of it, are gone, or at
    once by `release()`, which also the end of a `with` calls. Rows that are lost with their node
    are computed again by Ray.

    Example:
        >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
        >>> days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
        >>> query = pl.LazyFrame({"date": days}).filter(pl.col("date").dt.year() == 2024)
        >>> result = query.execute(engine=piot.RayEngine(date_column="date", time_unit="monthly"))
        >>> result.n_rows_total
        91
        >>> february = result.lazy().filter(pl.col("date").dt.month() == 2)
        >>> february.piot.execute_on_ray(date_column="date", time_unit="weekly").collect().height
        29
    """

    def __init__(self, rows: KeptRows, head: pl.DataFrame) -> None:
        self._rows = rows
        self._head = head
        self._source = KeptSource(rows)

    @property
    def head(self) -> pl.DataFrame:
        """The first five rows, in the order of the result; they are here already."""
        return self._head

    @property
    def n_rows_total(self) -> int:
        """How many rows there are; no row is moved to tell."""
        return sum(self._rows.counts)

    def lazy(self) -> pl.LazyFrame:
        """Return a LazyFrame that reads the rows where they lie, in the order of the result.

        Collected, it brings part after part to the driver. In `execute_on_ray`, and with a
        `RayEngine`, by whichever column and unit, each task gets the parts that can hold its rows.
        It needs no filter on the dates, since it is known where they lie.

        Raises:
            ResultLostError: the rows were released.
            RayNotInitialisedError: this process is no more connected to the cluster of the rows.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
            >>> lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5), dt.date(2024, 2, 7)]})
            >>> query = lf.filter(pl.col("date").dt.year() == 2024)
            >>> monthly = piot.RayEngine(date_column="date", time_unit="monthly")
            >>> query.execute(engine=monthly).lazy().collect()["date"].to_list()
            [datetime.date(2024, 1, 5), datetime.date(2024, 2, 7)]
        """
        self._rows.references()
        return self._source.lazy("RayEngine.execute", self._extent())

    def release(self) -> None:
        """Free the rows now; LazyFrames that were made of them raise `ResultLostError` from now on.

        What was collected stays, and so does what other queries have made of the rows.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools as piot, ray
            >>> lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]})
            >>> query = lf.filter(pl.col("date").dt.year() == 2024)
            >>> monthly = piot.RayEngine(date_column="date", time_unit="monthly")
            >>> with query.execute(engine=monthly) as result:
            ...     result.lazy().collect().height
            1
            >>> result
            RayResult: 1 row in 1 part, released
        """
        self._rows.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.release()

    def __reduce__(self) -> NoReturn:
        """Refuse to travel: a reference that is written down keeps nothing alive.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "a RayResult refers to rows that live as long as this process needs them, and cannot "
            "be saved or sent; its lazy() can, inside of a distributed query"
        )

    def _extent(self) -> str:
        rows, parts = self.n_rows_total, len(self._rows.counts)
        return f"{_counted(rows, 'row')} in {_counted(parts, 'part')}"

    def __repr__(self) -> str:
        if self._rows.released:
            return f"RayResult: {self._extent()}, released"
        with pl.Config(tbl_hide_dataframe_shape=True):
            return (
                f"RayResult: {self._extent()}, {self._rows.bytes:,} bytes in the object store; "
                f"head:\n{self._head}"
            )

    def _repr_html_(self) -> str:
        """Format for notebooks."""
        with pl.Config(tbl_hide_dataframe_shape=True):
            state = "released" if self._rows.released else f"{self._rows.bytes:,} bytes"
            return f"<p>RayResult: {self._extent()}, {state}; head:</p>{self._head._repr_html_()}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def executed(run: Distributed) -> RayResult:
    """Run a query and return its result once all of it is there.

    Raises:
        RayNotInitialisedError: Ray is not running.
        PiotError: the query cannot be split, or a task failed.
    """
    schema = run.source.query.collect_schema()
    parts: list[Kept] = []
    heads: list[Part] = []
    missing = _HEAD_ROWS
    for part in kept(run.source, run.runner):
        if part is None:
            continue
        head: Any = part.report.pop("head")  # type: ignore[misc]  # of all others it is not needed
        if missing > 0 and part.report["rows"]:
            heads.append(head)
            missing -= part.report["rows"]
        parts.append(part)
    head = decode(heads).head(_HEAD_ROWS) if heads else pl.DataFrame(schema=schema)
    return RayResult(KeptRows(schema, parts), head.rechunk())
