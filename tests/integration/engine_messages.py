"""What `RayEngine` refuses, and in which words: a part of the table of messages."""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot
from polars_io_tools._polars import subplans
from polars_io_tools.ray import _bootstrap, _rows
from tests.integration.cases import QUARTER
from tests.integration.split_messages import LF
from tests.messages import Case, Patch

__all__ = ["RAY_ENGINE_CASES"]

C = pl.col


def engine(
    query: Callable[[pl.LazyFrame], pl.LazyFrame], column: str = "date"
) -> Callable[[Patch, Path], object]:
    made = piot.RayEngine(date_column=column, time_unit="monthly")
    return lambda *_: made.explain(query(LF))


def of_another_polars(patch: Patch, folder: Path) -> object:
    patch.setattr(subplans, "is_known", lambda _: False)
    return engine(lambda lf: lf.select(pl.len()))(patch, folder)


def result() -> piot.RayResult:
    engine = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)
    found: Any = LF.filter(QUARTER).execute(engine=engine)
    assert isinstance(found, piot.RayResult)
    return found


def released(*_: object) -> object:
    with result() as found:
        lazy = found.lazy()
    return lazy.collect()


def of_another_cluster(patch: Patch, _: Path) -> pl.LazyFrame:
    found = result()
    patch.setattr(_rows, "connection", lambda: ("another node", "another job"))
    return found.lazy()


def lost(patch: Patch, _: Path) -> object:
    import ray

    lazy = result().lazy()

    def get(*_: object) -> None:
        raise ray.exceptions.ObjectLostError("0" * 56, b"here", "there")

    patch.setattr(ray, "get", get)
    return lazy.collect()


def begun_too_often(*_: object) -> object:
    return next(_bootstrap.run_periods({"attempts": 0, "keep": True}, 1, (), ()))


RAY_ENGINE_CASES: dict[str, Case] = {
    "a plan that outlives its query": Case(
        lambda *_: subplans._given_back("none", None),
        LookupError,
        "the query that this plan was taken from is gone",
    ),
    "unknown name": Case(
        lambda *_: operator.attrgetter("RayEngin")(piot),
        AttributeError,
        "module 'polars_io_tools' has no attribute 'RayEngin'",
    ),
    "order above the cut": Case(
        engine(lambda lf: lf.group_by("number").agg(C("text").first())),
        piot.UnsplittablePlanError,
        'group_by("number") with first cannot run over a split: it depends on the order of rows',
        "Sort the rows below it",
    ),
    "place above the cut": Case(
        engine(lambda lf: lf.with_columns(n=pl.len().over("number")).select("n").head(2)),
        piot.UnsplittablePlanError,
        "head/tail/slice cannot run over a split: it depends on the order of rows, which come part",
        "use execute_on_ray",
    ),
    "no such column": Case(
        engine(lambda lf: lf.select("number").unique().rename({"number": "n"}), column="day"),
        ValueError,
        "date_column 'day' is not a column of the query; ",
    ),
    "no date": Case(
        engine(lambda lf: lf.select("number").unique(), column="number"),
        TypeError,
        "date_column 'number' is a Int64, but has to be a Date or a Datetime",
    ),
    "unknown plan": Case(
        of_another_polars,
        piot.UnsplittablePlanError,
        "the query has to be cut, and its plan cannot be taken apart: the plan bytes of Polars ",
        "use execute_on_ray below the steps that cross periods",
    ),
    "result was released": Case(
        released,
        piot.ResultLostError,
        "the rows of this result were released, by release() or at the end of its `with`",
        "execute the query again, or use the result before",
    ),
    "result of another cluster": Case(
        of_another_cluster,
        piot.RayNotInitialisedError,
        "the rows of this result lie in a cluster that this process has left",
        "execute the query again",
    ),
    "result was lost": Case(
        lost,
        piot.ResultLostError,
        "rows of 2024-01 of this result were lost, as with their node, and could not be made",
        "Execute the query again",
    ),
    "result is saved": Case(
        lambda *_: pickle.dumps(result()),
        TypeError,
        "a RayResult refers to rows that live as long as this process needs them",
        "its lazy() can, inside of a distributed query",
    ),
    "task was begun too often": Case(
        begun_too_often,
        MemoryError,
        "its process ended 0 times, as when the node runs out of memory",
        'remote_options={"memory": …}',
    ),
}
