"""The IO source behind a distributed LazyFrame: what Polars asks for, and how it is answered.

Written once for every way to run the parts: a `Runner` turns a shipped plan and its periods into
frames, `IoSource` does the rest. Polars trusts what a source yields, so projection, predicate and
row limit have to be exact here.

Order of application: `n_rows` first, then the predicate, as Polars defines it. A predicate that
comes together with `n_rows` therefore says nothing about which periods are needed.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from polars_io_tools._attach import Prepare, collecting, is_collecting
from polars_io_tools._lifetime import Lifetime
from polars_io_tools._partitions import exact_column
from polars_io_tools._period import AnyPartition, Period, filter_of
from polars_io_tools._planner import plan_split, settled
from polars_io_tools._polars import deserialise, serialise
from polars_io_tools._polars.plan import Extents
from polars_io_tools._prune import prune
from polars_io_tools._report import Task
from polars_io_tools._request import Recorder, ScanRequest, finish
from polars_io_tools._split import Split
from polars_io_tools._task import inside_task, versions
from polars_io_tools._transport import ReturnAs
from polars_io_tools.errors import UnboundedPredicateError

_log = logging.getLogger(__name__)

# A call of execute_on_ray, whose rows are what the user asked for, or a branch that a query was cut
# into, whose rows stand for those of the whole. One of several may be too small to need bounds.
Role = Literal["call", "branch", "one of several branches"]

# Closing it ends what produces the frames.
Frames = Generator[pl.DataFrame | None, None, None]

__all__ = [
    "IoSource",
    "Role",
    "Runner",
    "ScanRequest",
    "ShippedPlan",
    "finish",
    "in_any_part",
    "ship",
]


@dataclass(frozen=True)
class ShippedPlan:
    """A plan as it travels.

    Attributes:
        task: what all tasks share; `attached` is filled in by whoever puts the attachments.
        payload: the plan bytes.
        attachments: what the plan refers to by id.
        extents: gives where columns of the files lie.
        opening: as that of a `RayPlan`.
    """

    task: Task
    payload: bytes
    attachments: Mapping[str, Prepare]
    extents: Callable[[], Extents] = dict
    opening: str | None = None


class Runner(Protocol):
    """A way to run the parts of a query in other processes."""

    def check(self) -> None:
        """Raise what keeps the parts from running, before anything is planned."""

    def run(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[pl.DataFrame | None]:
        """Yield the rows of the parts of a split, and None now and then while there are none yet.

        What is under way is cancelled when the lifetime is over.
        """


def ship(
    lf: pl.LazyFrame,
    request: ScanRequest,
    split: Split,
    parts: Sequence[AnyPartition],
    return_as: ReturnAs,
) -> ShippedPlan:
    """Make the plan of `lf` ready to travel, with what every part of `request` has to do.

    `parts` are those of the split, as far as filters tell.
    """
    predicate = request.shipped_predicate
    task = Task(
        plan_id=uuid.uuid4().hex,
        versions=versions(),
        column=split.column if split.calendar else "",
        columns=request.shipped_columns(),
        limit=request.n_rows,
        return_as=return_as,
        attached=[],
        skip=0,
        deliver=None,
        positions=[],
    )
    query = lf if predicate is None else lf.filter(predicate)
    with collecting() as attachments:
        filtered = in_any_part(query, parts, split.column, split.dtype)
        pruned = prune(query, filtered)
    return ShippedPlan(task, pruned.payload, attachments, pruned.extents)


def in_any_part(
    query: pl.LazyFrame, parts: Sequence[AnyPartition], column: str, dtype: pl.DataType | None
) -> pl.LazyFrame:
    """Return the query with a filter that reads what the filters of its parts read.

    For periods that is the query of one: which one makes no difference to the form of its plan.
    """
    if parts and not isinstance(parts[0], Period):
        filters = [filter_of(part, dtype, column) for part in parts]
        kinds = {tuple(sorted(set(e.meta.root_names()))): e for e in filters}
        return query.filter(pl.any_horizontal(*kinds.values()))
    return query.filter(filter_of(Period("", 0, 1), dtype, column)) if column else query


class IoSource:
    """The source that Polars calls when a distributed LazyFrame is collected.

    Args:
        lf: the query to distribute.
        split: how to split it.
        runner: where its parts run.
        return_as: the format in which parts travel back.
        role: what it is in the query around it.
    """

    def __init__(
        self,
        lf: pl.LazyFrame,
        split: Split,
        runner: Runner,
        return_as: ReturnAs,
        role: Role = "call",
    ) -> None:
        self._lf = lf
        self._role = role
        self._split = split
        self._runner = runner
        self._return_as = return_as
        self._recorder = Recorder()

    @property
    def __piot_plan__(self) -> pl.LazyFrame:
        """The query inside: the plan walk looks through sources that have this."""
        return self._lf

    @property
    def __piot_split__(self) -> str | None:
        """What the plan walk calls a branch of a query that was cut; None if it is none."""
        return None if self._role == "call" else "the split"

    @property
    def query(self) -> pl.LazyFrame:
        """The query inside."""
        return self._lf

    @property
    def split(self) -> Split:
        """How the query is split."""
        return self._split

    def request_of(self, lf: pl.LazyFrame) -> ScanRequest | None:
        """Return what this source, the only one of `lf`, is asked for; nothing of `lf` runs."""
        return self._recorder.request_of(lf)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Let this source have no rows, so that another source of a query can be asked about."""
        self._recorder.muted = True
        try:
            yield
        finally:
            self._recorder.muted = False

    def __getstate__(self) -> dict[str, Any]:
        """Travel inside of another plan as a plan travels, with its attachments among those."""
        if is_collecting():
            column = self._split.column
            filtered = self._lf.filter(exact_column(column).is_not_null()) if column else self._lf
            payload = prune(self._lf, filtered).payload
        else:
            payload = serialise(self._lf)
        return {**self.__dict__, "_lf": payload}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "_lf": deserialise(state["_lf"])})

    def lazy(self, name: str, detail: str | None) -> pl.LazyFrame:
        """Return the LazyFrame whose collection runs this source; nothing runs now."""
        return register_io_source(
            self, schema=self._lf.collect_schema, explain_name=name, explain_detail=detail
        )

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that Polars asks for, at least one frame."""
        request = ScanRequest(with_columns, predicate, n_rows, batch_size)
        self._recorder.record(request)
        if self._recorder.muted:
            return finish(iter(()), request, self._lf.collect_schema())
        lifetime = Lifetime()
        return lifetime.of(self._rows(request, lifetime))

    def _rows(
        self, request: ScanRequest, lifetime: Lifetime
    ) -> Generator[pl.DataFrame, None, None]:
        nested = inside_task()
        frames = self._in_place(request) if nested else self._distributed(request, lifetime)
        try:
            yield from finish(frames, request, self._lf.collect_schema())
        finally:
            frames.close()

    def planned(self, request: ScanRequest) -> tuple[ShippedPlan | None, Sequence[AnyPartition]]:
        """Return the plan that travels and the parts to run, no plan where there are none.

        Raises:
            PiotError: the query cannot be split.
        """
        predicate = request.shipped_predicate
        split = settled(self._lf, predicate, self._split)
        plan = plan_split(self._lf, predicate, split)
        shipped = None
        if plan.partitions:
            shipped = ship(self._lf, request, split, plan.partitions, self._return_as)
            extents = shipped.extents()
            if any(extents.values()):
                plan = plan_split(self._lf, predicate, split, extents)
        for warning in plan.warnings:
            _log.warning(warning)
        if shipped is None or not plan.partitions:
            return None, ()
        return replace(shipped, opening=plan.opening), plan.partitions

    def _distributed(self, request: ScanRequest, lifetime: Lifetime) -> Frames:
        self._runner.check()
        try:
            shipped, parts = self.planned(request)
        except UnboundedPredicateError as error:
            if self._role != "one of several branches":
                raise
            _log.warning("a branch of the query runs on the driver: %s", error)
            yield from self._in_place(request)
            return
        if shipped is not None:
            yield from self._runner.run(shipped, parts, lifetime)

    def _in_place(self, request: ScanRequest) -> Frames:
        """Run the query here: a task that waits for tasks of its own could wait for ever.

        Partitions that the user lists may leave out rows, or have some several times.
        """
        queries = [self._lf]
        if self._split.listing is not None:
            plan = plan_split(self._lf, request.shipped_predicate, self._split)
            if (plan.overlap.answer, plan.gap.answer) != ("none", "none"):
                queries = [self._lf.filter(filter_of(p, None, "")) for p in plan.partitions]
        if request.shipped_predicate is not None:
            queries = [lf.filter(request.shipped_predicate) for lf in queries]
        columns = request.shipped_columns()
        if columns is not None:
            queries = [lf.select(cs.by_name(*columns)) for lf in queries]
        if request.n_rows is not None:
            queries = [lf.head(request.n_rows) for lf in queries]
        for lf in queries:
            yield lf.collect(engine="in-memory")
