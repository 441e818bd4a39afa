"""A query and the arguments of a call, checked, as something that runs on Ray."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools._cut import Branch, Cut, cut
from polars_io_tools._recording import Calls
from polars_io_tools._source import IoSource, Role
from polars_io_tools._split import FixedListing, Split, check_split
from polars_io_tools._steps import Steps
from polars_io_tools.ray._executor import RayRunner
from polars_io_tools.ray._options import RayOptions, check_options, check_partition_options
from polars_io_tools.ray._progress import require_tqdm

__all__ = ["Distributed", "checked_options", "cut_up", "distributed"]


@dataclass(frozen=True)
class Distributed:
    """A query that runs on Ray when it is asked for rows.

    Attributes:
        source: what Polars asks for rows.
        runner: what runs its parts.
        detail: what the split is, for people.
    """

    source: IoSource
    runner: RayRunner
    detail: str

    def lazy(self, name: str) -> pl.LazyFrame:
        """Return the LazyFrame of the source, called `name` in plans."""
        return self.source.lazy(name, self.detail)


def distributed(
    lf: pl.LazyFrame,
    partitions: Any,
    *,
    date_column: str | None,
    time_unit: str | None,
    max_periods: int,
    **options: Any,
) -> Distributed:
    """Return a query as it runs on Ray, see `PiotNamespace.execute_on_ray` for the arguments.

    Raises:
        ValueError: an unknown column, unit, format or option, or a number out of range.
        TypeError: an argument, or the column, is of the wrong type.
        MissingDependencyError: a bar is asked for, and tqdm is not installed.
    """
    split = check_split(
        lf, partitions, date_column=date_column, time_unit=time_unit, max_periods=max_periods
    )
    return _made(lf, split, partitions, options, "call", Calls.here())


def cut_up(
    lf: pl.LazyFrame,
    partitions: Any,
    *,
    date_column: str | None,
    time_unit: str | None,
    max_periods: int,
    **options: Any,
) -> tuple[Cut, list[Distributed]]:
    """Return a query cut into what runs on Ray and what is left, with the former.

    Raises:
        UnsplittablePlanError: there is no cut that gives the answer of the whole.
        ValueError: as for `distributed`, or no part of the query has the column.
        TypeError: as for `distributed`.
        MissingDependencyError: likewise.
    """
    made: list[tuple[Branch, Distributed]] = []
    calls = Calls.here()

    def split_of(query: pl.LazyFrame) -> Split:
        return check_split(
            query, partitions, date_column=date_column, time_unit=time_unit, max_periods=max_periods
        )

    def source_of(branch: Branch) -> pl.LazyFrame:
        role: Role = "branch" if branch.alone else "one of several branches"
        one = _made(
            branch.query, branch.split, partitions, options, role, calls, steps=branch.steps
        )
        made.append((branch, one))
        return one.lazy("RayEngine")

    found = cut(lf, split_of, source_of)
    return found, [one for branch, one in made if any(branch is b for b in found.branches)]


def _made(  # noqa: PLR0913  (what a source is made of)
    lf: pl.LazyFrame,
    split: Split,
    partitions: Any,
    options: dict[str, Any],
    role: Role,
    calls: Calls,
    *,
    steps: Steps | None = None,
) -> Distributed:
    checked = checked_options(lf, split, partitions, options)
    if checked.progress:
        require_tqdm()
    detail = f"{split} by {split.column}" if split.calendar else f"{split.column} {split}".strip()
    if checked.description is not None:
        detail = f"{checked.description}: {detail}"
    runner = RayRunner(checked)
    source = IoSource(lf, split, runner, checked.return_as, role, steps, calls)
    return Distributed(source, runner, detail)


def checked_options(
    lf: pl.LazyFrame, split: Split, partitions: Any, options: dict[str, Any]
) -> RayOptions:
    """Return the options of a run, checked as far as that is possible without Ray."""
    if isinstance(split.listing, FixedListing):
        check_partition_options(split.listing.parts)
    return check_options(lf, **options, ordered=partitions is None)
