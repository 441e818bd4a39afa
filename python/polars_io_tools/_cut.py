"""Where a query is cut: what is below runs part by part, what is above runs on the driver.

A query is cut below the lowest nodes that bring rows of several parts together, or set an order.
Go says of a query whether it may run part by part as it is, and of what is left above whether it
gives the same over rows that come part by part; here that is asked of one node after another, from
the root down.

Rows that come part by part are in another order than those of the whole. Where what is left above
would show it, the query is cut again, above the nodes that look at the order: as for
`execute_on_ray`, every part then runs such a node over all the rows below it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._partial import partial_aggregation
from polars_io_tools._partitions import Partitioner
from polars_io_tools._planner import plan_split
from polars_io_tools._polars.plan import cut_request
from polars_io_tools._polars.subplans import Subplans, subplans
from polars_io_tools._split import FixedListing, Split
from polars_io_tools._steps import Steps
from polars_io_tools.errors import UnsplittablePlanError

__all__ = ["Branch", "Cut", "cut"]

# Nodes that only write what they read.
_SINKS = ("Sink",)

# A column that Polars puts in between nodes of its own.
_INTERNAL = "__POLARS_INTERNAL"


@dataclass(frozen=True)
class Refusal:
    """A node of a query, why it stands in the way, and what to write instead."""

    node: str
    why: str
    remedy: str


@dataclass(frozen=True)
class Branch:
    """A part of a query that runs part by part.

    Attributes:
        query: that part.
        split: how it is split.
        alone: whether it is the only one of the query.
        steps: what is done to the rows of each part, and put together on the driver.
    """

    query: pl.LazyFrame
    split: Split
    alone: bool
    steps: Steps | None = None


@dataclass(frozen=True)
class Cut:
    """A query that is cut.

    Attributes:
        branches: what runs part by part.
        lazy: the query with sources in the place of the branches.
        whole: whether the one branch is all of the query.
    """

    branches: Sequence[Branch]
    lazy: pl.LazyFrame
    whole: bool


# Checks a query as one to split, and returns how.
SplitOf = Callable[[pl.LazyFrame], Split]

# Makes the source of a branch.
SourceOf = Callable[[Branch], pl.LazyFrame]


def cut(lf: pl.LazyFrame, split_of: SplitOf, source_of: SourceOf) -> Cut:
    """Cut a query; nothing of it runs.

    Raises:
        UnsplittablePlanError: there is no cut that gives the answer of the whole.
        ValueError: no part of the query has the columns that it is to be split by.
        TypeError: the column is of the wrong type.
    """
    judge = _Judge(split_of)
    whole = judge.of(lf)
    if whole is not None and whole.refusal(by_place=False) is None:
        branch = Branch(lf, whole.split, alone=True)
        return Cut([branch], source_of(branch), whole=True)
    with _taken_apart(lf) as plans:
        problem = None
        for by_place in (False, True):
            found = _branches(plans, judge, by_place=by_place)
            if not found:
                continue
            sources = {site: source_of(branch) for site, branch in found.items()}
            lazy = plans.replaced(sources)
            refused = _above(lazy, plans, found.values())
            if refused is None:
                if len(found) == 1:
                    return _aggregated(plans, lazy, *next(iter(found.items())), source_of)
                return Cut(list(found.values()), lazy, whole=False)
            problem = problem or refused
    if problem is None:
        raise judge.refused
    raise UnsplittablePlanError(
        f"{problem.node} cannot run over a split: {problem.why}. {problem.remedy}"
    )


def _aggregated(
    plans: Subplans, lazy: pl.LazyFrame, site: int, branch: Branch, source_of: SourceOf
) -> Cut:
    """Return a cut with one branch, whose parts aggregate their rows if they can."""
    partial = partial_aggregation(plans, lazy, site)
    if partial is not None and not _hides_bounds(partial.steps, branch):
        aggregating = replace(branch, steps=partial.steps)
        combined = partial.put_together(plans, source_of(aggregating))
        if combined.collect_schema() == lazy.collect_schema():
            return Cut([aggregating], combined, whole=False)
    return Cut([branch], lazy, whole=site == 0)


def _hides_bounds(steps: Steps, branch: Branch) -> bool:
    """Return whether filters among steps may be what bounds a branch: from there they do not."""
    if not any(op == "filter" for op, _, _ in steps.steps):
        return False
    return (
        not branch.split.calendar
        or plan_split(branch.query, None, branch.split).problem is not None
    )


@dataclass(frozen=True)
class _Judgement:
    split: Split
    unsplittable: Refusal | None
    crossing: Refusal | None
    order: Refusal | None

    def refusal(self, *, by_place: bool) -> Refusal | None:
        """Return why the query may not run part by part.

        With `by_place`, it may look at the places of rows, and at other parts.
        """
        return self.unsplittable or self.order or (None if by_place else self.crossing)


class _Judge:
    """Says of queries whether they may run part by part.

    Attributes:
        refused: why none of those could be split that it was asked for.
    """

    def __init__(self, split_of: SplitOf) -> None:
        self._split_of = split_of
        self._sites: dict[int, tuple[pl.LazyFrame, _Judgement | None]] = {}
        self.refused: Exception = UnsplittablePlanError("the query reads nothing to split")

    def at(self, plans: Subplans, site: int) -> tuple[pl.LazyFrame, _Judgement | None]:
        """Return the query of a site and its judgement, see `of`."""
        if site not in self._sites:
            lf = plans.query(site)
            self._sites[site] = (lf, self.of(lf))
        return self._sites[site]

    def of(self, lf: pl.LazyFrame) -> _Judgement | None:
        """Return a judgement, None for a query without the columns to split by."""
        try:
            split = self._split_of(lf)
            if any(name.startswith(_INTERNAL) for name in lf.collect_schema()):
                return None
        except (ValueError, TypeError, pl.exceptions.PolarsError) as error:
            # A column of the wrong type says more than one that is not there.
            if not isinstance(self.refused, TypeError):
                self.refused = error
            return None
        answer = _asked(lf, _columns_of(split))
        return _Judgement(split, answer["unsplittable"], answer["crossing"], answer["order"])


@contextmanager
def _taken_apart(lf: pl.LazyFrame) -> Iterator[Subplans]:
    with ExitStack() as stack:
        try:
            plans = stack.enter_context(subplans(lf))
        except (ValueError, pl.exceptions.ComputeError) as error:
            raise UnsplittablePlanError(
                f"the query has to be cut, and its plan cannot be taken apart: {error}; use "
                "execute_on_ray below the steps that cross periods"
            ) from error
        yield plans


def _branches(plans: Subplans, judge: _Judge, *, by_place: bool) -> dict[int, Branch]:
    """Return the sites nearest to the root that may run part by part, each with its branch."""
    found: dict[int, tuple[pl.LazyFrame, Split]] = {}
    seen: set[int] = set()
    stack = [0]
    while stack:
        site = stack.pop()
        if site in seen:
            continue
        seen.add(site)
        query, judgement = judge.at(plans, site)
        if judgement is not None and judgement.refusal(by_place=by_place) is None:
            found[site] = (query, judgement.split)
        else:
            stack.extend(reversed(plans.sites[site]["inputs"]))
    return {site: Branch(*some, alone=len(found) == 1) for site, some in found.items()}


def _above(lazy: pl.LazyFrame, plans: Subplans, branches: Iterable[Branch]) -> Refusal | None:
    """Return what gives another answer over the sources of branches."""
    columns = list(dict.fromkeys(c for branch in branches for c in _columns_of(branch.split)))
    below = next(i for i, site in enumerate(plans.sites) if site["name"] not in _SINKS)
    if below == 0:
        return _asked(lazy, columns)["above"]
    with subplans(lazy) as written:
        return _asked(written.query(below), columns)["above"]


def _columns_of(split: Split) -> list[str]:
    """Return the columns that the parts of a split are told apart by."""
    if split.listing is None:
        return [split.column]
    if isinstance(split.listing, FixedListing):
        names = (n for part in split.listing.parts for n in part.predicate.meta.root_names())
        return list(dict.fromkeys(names))
    partitioner = getattr(split.listing, "__self__", None)
    return [partitioner.on] if isinstance(partitioner, Partitioner) else []


def _asked(lf: pl.LazyFrame, columns: Sequence[str]) -> dict[str, Refusal | None]:
    """Return the answer of Go about a query."""
    answer = json.loads(_gocore.plan_cut(cut_request(lf, columns)))
    return {what: None if found is None else Refusal(**found) for what, found in answer.items()}
