"""The IO source behind a distributed LazyFrame: what Polars asks for, and how it is answered.

Written once for every way to run the parts: a `Runner` turns a shipped plan and its periods into
frames, `IoSource` does the rest. Polars trusts what a source yields, so projection, predicate and
row limit have to be exact here.

Order of application: `n_rows` first, then the predicate, as Polars defines it. A predicate that
comes together with `n_rows` therefore says nothing about which periods are needed.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from polars_io_tools._attach import is_collecting
from polars_io_tools._lifetime import Lifetime
from polars_io_tools._partitions import exact_column
from polars_io_tools._period import AnyPartition, filter_of
from polars_io_tools._planner import plan_split, settled
from polars_io_tools._polars import deserialise, serialise
from polars_io_tools._prune import prune
from polars_io_tools._recording import Calls, Recording
from polars_io_tools._request import Recorder, ScanRequest, finish
from polars_io_tools._ship import Runner, ShippedPlan, ship
from polars_io_tools._split import Split
from polars_io_tools._steps import Steps, done
from polars_io_tools._task import inside_task
from polars_io_tools._tracing import Span
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
]


class IoSource:
    """The source that Polars calls when a distributed LazyFrame is collected.

    Args:
        lf: the query to distribute.
        split: how to split it.
        runner: where its parts run.
        return_as: the format in which parts travel back.
        role: what it is in the query around it.
        steps: what is done to the rows of each part, None for nothing.
        calls: where its runs are found again, None for nowhere.
    """

    def __init__(  # noqa: PLR0913, PLR0917  (what a query is run with)
        self,
        lf: pl.LazyFrame,
        split: Split,
        runner: Runner,
        return_as: ReturnAs,
        role: Role = "call",
        steps: Steps | None = None,
        calls: Calls | None = None,
    ) -> None:
        self._lf = lf
        self._role = role
        self.steps = steps
        self._split = split
        self._runner = runner
        self._return_as = return_as
        self._calls = calls or Calls()
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
        """Return what the parts of this source, the only one of `lf`, are asked for.

        Nothing of `lf` runs.
        """
        request = self._recorder.request_of(lf)
        return None if request is None else self._of_parts(request)

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
            self, schema=self._schema, explain_name=name, explain_detail=detail
        )

    def _schema(self) -> pl.Schema:
        return self._lf.collect_schema() if self.steps is None else self.steps.schema

    def _of_parts(self, request: ScanRequest) -> ScanRequest:
        """Return what parts have to do of a request: all but what follows steps."""
        if self.steps is None:
            return request
        predicate = request.shipped_predicate
        kept = predicate is not None and self.steps.kept.issuperset(predicate.meta.root_names())
        return ScanRequest(None, predicate if kept else None, None, request.batch_size)

    def _of_rows(self, request: ScanRequest) -> ScanRequest:
        """Return what is left of a request for the rows that come from parts."""
        if self.steps is None or request.n_rows is not None:
            return request
        return replace(request, n_rows=sys.maxsize)

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
            return finish(iter(()), request, self._schema())
        lifetime = self.begun()
        return lifetime.of(self._rows(request, lifetime))

    def begun(self) -> Lifetime:
        """Return the lifetime of a run that begins now; inside of a task it is nobody's run."""
        return Lifetime(None if inside_task() else self._calls.begun(self))

    def _rows(
        self, request: ScanRequest, lifetime: Lifetime
    ) -> Generator[pl.DataFrame, None, None]:
        nested = inside_task()
        parts = self._of_parts(request)
        frames = self._in_place(parts) if nested else self._distributed(parts, lifetime)
        try:
            with lifetime.record.guarded():
                yield from finish(frames, self._of_rows(request), self._schema())
        finally:
            frames.close()

    def planned(
        self, request: ScanRequest, record: Recording | None = None
    ) -> tuple[ShippedPlan | None, Sequence[AnyPartition]]:
        """Return the plan that travels and the parts to run, no plan where there are none.

        Raises:
            PiotError: the query cannot be split.
        """
        parent = None if record is None else record.span.context
        with Span("piot.plan", parent) as span, span.around():
            shipped, parts = self._planned(request)
            span.note({"piot.periods": len(parts)})
            if shipped is not None:
                span.note({"piot.plan.bytes": len(shipped.payload)})
        return shipped, parts

    def _planned(self, request: ScanRequest) -> tuple[ShippedPlan | None, Sequence[AnyPartition]]:
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
        opening = plan.opening
        if self.steps is not None:
            shipped.task["steps"] = self.steps.steps
            opening = opening or "aggregates of each part"
        return replace(shipped, opening=opening), plan.partitions

    def _distributed(self, request: ScanRequest, lifetime: Lifetime) -> Frames:
        self._runner.check()
        try:
            shipped, parts = self.planned(request, lifetime.record)
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
        if self.steps is not None:
            queries = [done(lf, self.steps.steps) for lf in queries]
        for lf in queries:
            yield lf.collect(engine="in-memory")
