"""What `execute_on_ray` would do: bounds of the column, the filters they came from, the parts.

A plan that cannot be run still tells everything that is known; the error is raised when its parts
are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from polars_io_tools._period import AnyPartition, Partition, Period
from polars_io_tools._plan_html import html_of_plan
from polars_io_tools.errors import PiotError

__all__ = ["Coverage", "Obstacle", "PlannedFilter", "PlannedReads", "RayPlan"]

_MAX_LISTED = 8

_AFTER = "after the call"


@dataclass(frozen=True)
class PlannedFilter:
    """A filter of the query and what it did for the bounds.

    Attributes:
        text: the filter, in the notation of Polars expressions.
        origin: "before the call" or "after the call".
        node: the plan node that it stands above, and in which input of a join or concatenation:
            "above scan_parquet trades/1.parquet, input 2 of concat".
        verdict: the bounds that it gives, or why it gives none.
        sets: which ends of the bounds of the plan are its own: "lower", "upper", both or none.
    """

    text: str
    origin: str
    node: str
    verdict: str
    sets: tuple[str, ...]

    def __str__(self) -> str:
        where = self.origin if self.origin == _AFTER else f"{self.origin}, {self.node}"
        return f"{self.text} ({where}): {self.verdict}"


@dataclass(frozen=True)
class Obstacle:
    """A plan node that stands in the way of a split.

    Attributes:
        node: what the node is and where: 'with_columns (left side of join(how="left", on="k"))'.
        why: what it does, to be read after its name: "makes date from date.shift()".
    """

    node: str
    why: str


@dataclass(frozen=True)
class Coverage:
    """Whether something happens among the rows of partitions, such as that two share one.

    Attributes:
        answer: "none", it is proved that it does not; "found", the predicates make it possible;
            "unknown", neither could be proved.
        why: an example of what was found, or what keeps the answer from being known.
        partitions: the partitions that `why` speaks of, by their positions in the user's list.
    """

    answer: Literal["none", "found", "unknown"]
    why: str = ""
    partitions: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.answer}: {self.why}" if self.why else self.answer


@dataclass(frozen=True)
class PlannedReads:
    """What one part of a split reads of the scans that choose their files, and of databases.

    Attributes:
        label: the label of the part.
        files: how many files of each such scan; none where no scan chooses.
        bytes: their sizes together, None where they are not known.
        rows: how many rows these files have, None likewise.
        sql: for each query of a database what its statement asks of the rows, with values.
    """

    label: str
    files: tuple[int, ...]
    bytes: int | None
    rows: int | None
    sql: tuple[str, ...] = ()


_NONE = Coverage("none")


@dataclass(frozen=True)
class RayPlan:
    """What `execute_on_ray` would do, without doing it.

    Attributes:
        column: the column that is split by, "" where the user lists partitions.
        dtype: its type, None likewise.
        time_unit: the calendar unit of the periods, "" for another split.
        method: what the split is, such as "monthly", "by value" or "listed partitions".
        bounds: where the values of the result lie, as text.
        filters: the filters that were seen, in the order of the query.
        obstacles: the nodes that stand in the way; there are none where the query can be split.
        sources: where the data comes from.
        warnings: what makes the query slower than it need be, or its answer another than the
            whole query's.
        overlap: whether a row may be in two partitions. It may only if the user lists them.
        gap: whether a row of the query may be in no partition, likewise.
        opening: what lets another run of a part give its rows in another order, or choose others,
            and what to write instead; None where every run gives the same.
        reads: what parts read of files and databases, of up to 40 of them, evenly spread.
        empty: how many parts are left out, since statistics of files prove that they have no rows.
        problem: the error that collecting would raise, else None.
    """

    column: str
    dtype: pl.DataType | None
    time_unit: str
    bounds: str
    filters: tuple[PlannedFilter, ...]
    obstacles: tuple[Obstacle, ...]
    sources: tuple[str, ...]
    warnings: tuple[str, ...]
    problem: PiotError | None
    _parts: tuple[AnyPartition, ...] = field(repr=False)
    method: str = ""
    overlap: Coverage = _NONE
    gap: Coverage = _NONE
    empty: int = 0
    opening: str | None = None
    reads: tuple[PlannedReads, ...] = ()

    @property
    def shown(self) -> tuple[AnyPartition, ...]:
        """The parts as far as they are known; none of a plan that cannot run."""
        return self._parts

    @property
    def partitions(self) -> tuple[AnyPartition, ...]:
        """The periods of a split by the calendar, or the partitions of another, in order.

        The one of nulls, if any, is the last. Listed partitions that no row can be in are left out.

        Raises:
            UnboundedPredicateError: the column lacks a lower or an upper bound, or its values
                cannot be listed.
            TooManyPeriodsError: there would be more than `max_periods`.
            UnsplittablePlanError: the query would give another answer when split.
        """
        if self.problem is not None:
            raise self.problem
        return self._parts

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods in order; the one of null dates, if any, is the last.

        Raises:
            PiotError: as `partitions`.
            ValueError: the query is not split by the calendar.
        """
        periods = tuple(p for p in self.partitions if isinstance(p, Period))
        if not self.time_unit:
            raise ValueError("this split has no periods; see RayPlan.partitions")
        return periods

    def to_polars(self) -> pl.DataFrame:
        """Return one row a period: its window, and what it reads.

        The columns are `period`, `start`, `end`, `nulls`, `files`, `bytes`, `rows` and `sql`.

        `start` and `end` are half-open and in the type of the date column; both are null in the
        row of the null dates, the only one where `nulls` is true.

        `files` and `bytes` are what the period reads of files that are chosen, and `rows` is how
        many these have. `sql` is what statements of databases ask
        of the rows. They are null where they are not known, as for most of more than 40 periods.

        Of another split there is one row a partition: `partition`, which is its label,
        `predicate`, as text, and the last four.

        Raises:
            PiotError: as `partitions`.

        Example:
            >>> import datetime as dt, polars as pl, polars_io_tools
            >>> lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]})
            >>> jan = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
            >>> plan = lf.filter(jan).piot.explain_on_ray(date_column="date", time_unit="monthly")
            >>> plan.to_polars()["period"].to_list()
            ['2024-01']
        """
        if not self.time_unit:
            parts = [p for p in self.partitions if isinstance(p, Partition)]
            columns = {
                "partition": [p.label for p in parts],
                "predicate": [str(p.predicate) for p in parts],
            }
            schema = {"partition": pl.String, "predicate": pl.String}
            return self._with_reads(pl.DataFrame(columns, schema=schema))
        periods = self.periods
        physical = pl.Int32 if self.dtype == pl.Date else pl.Int64
        dtype = self.dtype or physical()
        starts = pl.Series("start", [p.start for p in periods], dtype=physical).cast(dtype)
        ends = pl.Series("end", [p.end for p in periods], dtype=physical).cast(dtype)
        frame = pl.DataFrame(
            [
                pl.Series("period", [p.label for p in periods], dtype=pl.String),
                starts,
                ends,
                pl.Series("nulls", [p.start is None for p in periods], dtype=pl.Boolean),
            ]
        )
        return self._with_reads(frame)

    def _with_reads(self, parts: pl.DataFrame) -> pl.DataFrame:
        found = {
            r.label: (sum(r.files) if r.files else None, r.bytes, r.rows, "; ".join(r.sql) or None)
            for r in self.reads
        }
        rows = [found.get(label, (None,) * 4) for label in parts.to_series()]
        schema = {**dict.fromkeys(["files", "bytes", "rows"], pl.UInt64), "sql": pl.String}
        return parts.hstack(pl.DataFrame(rows, schema=schema, orient="row"))

    def _repr_html_(self) -> str:
        """Return the plan for a notebook; nothing is computed."""
        return html_of_plan(self, self._parts)

    def __repr__(self) -> str:
        noun = "period" if self.time_unit else "partition"
        end = f"{len(self._parts):,} {noun}{'s' * (len(self._parts) != 1)}"
        if self.problem is not None:
            end = f"cannot run: {type(self.problem).__name__}"
        return f"<RayPlan: {str(self).partition(chr(10))[0]}; {end}>"

    def __str__(self) -> str:
        head = f"split by {self.column!r} ({self.dtype}), " if self.column else "split into "
        lines = [
            f"{head}{self.method}",
            f"  bounds   {self.bounds or 'none'}",
            *_listed("filters", [str(f) for f in self.filters]),
            *_listed("sources", list(self.sources)),
            *(f"  warning  {warning}" for warning in self.warnings),
        ]
        if self.problem is not None:
            return "\n".join([*lines, f"  cannot run: {self.problem}"])
        if not self.column:
            lines += [f"  overlap  {self.overlap}", f"  gap      {self.gap}"]
        labels = [p.label for p in self._parts]
        noun = "period" if self.time_unit else "partition"
        count = f"{len(labels)} {noun}{'s' if len(labels) != 1 else ''}"
        if self.empty:
            count += f" ({self.empty} more without rows)"
        shown = labels if len(labels) <= _MAX_LISTED else [*labels[:3], "…", *labels[-2:]]
        head = "periods  " if self.time_unit else "parts    "
        return "\n".join([*lines, f"  {head}{count}: {', '.join(shown)}".removesuffix(": ")])


def _listed(name: str, items: list[str]) -> list[str]:
    shown = items[:_MAX_LISTED]
    if len(items) > _MAX_LISTED:
        shown.append(f"… and {len(items) - _MAX_LISTED} more")
    heads = [f"  {name:<8}", *[" " * 10] * len(shown)]
    return [f"{head} {item}" for head, item in zip(heads, shown or ["none"], strict=False)]
