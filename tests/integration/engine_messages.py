"""What `RayEngine` refuses, and in which words: a part of the table of messages."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path

import polars as pl

import polars_io_tools as piot
from polars_io_tools._polars import subplans
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


RAY_ENGINE_CASES: dict[str, Case] = {
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
}
