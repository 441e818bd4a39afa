"""What a task does with the rows of a part in the place of sending them to the driver.

A run of a split query may end in something else than frames on the driver, such as files that each
task writes. Then it has a *delivery*: a function that every task calls once for each part, with the
part's rows as a query that has not run, and whose return value, which has to be small, is all that
travels back.

Invariant: a delivery may be called several times for one part, on different nodes, the last of
which ends normally; so what it leaves behind has to be named by the `Place` alone.

Example:
    >>> def count(rows, place):
    ...     return f"{place.label}: {rows.collect().height} rows"
    >>> place, rows = Place(0, "2024-01"), pl.LazyFrame({"x": [1, 2]})
    >>> part = answer_part(place, loaded(dumps(count))(rows, place))  # in the worker
    >>> answer_of(part)
    (0, '2024-01: 2 rows')
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import polars as pl

from polars_io_tools._period import AnyPartition
from polars_io_tools._polars.pickling import dumps_by_value
from polars_io_tools._transport import Part

__all__ = [
    "Delivered",
    "Delivery",
    "Place",
    "answer_of",
    "answer_part",
    "dumps",
    "is_answer",
    "loaded",
]

_FORMAT = "answer"


@dataclass(frozen=True)
class Place:
    """Which part of a split something is, the same in every attempt.

    Attributes:
        position: its place among the parts of the run, from 0; no two parts share it.
        label: what it is called, for people: two listed partitions may share it, and it may hold
            any character.
    """

    position: int
    label: str


Delivery = Callable[[pl.LazyFrame, Place], Any]


@dataclass(frozen=True)
class Delivered:
    """What the delivery of one part returned.

    Attributes:
        part: the part.
        place: its place.
        answer: the value.
    """

    part: AnyPartition
    place: Place
    answer: Any


def dumps(delivery: Delivery) -> bytes:
    """Return a delivery as it travels: a function of a script by value, one of a module by name."""
    return dumps_by_value(delivery)


def loaded(delivery: bytes) -> Delivery:
    """Return the delivery that `dumps` wrote."""
    return cast("Delivery", pickle.loads(delivery))  # noqa: S301  (from our own driver)


def answer_part(place: Place, answer: Any) -> Part:
    """Return an answer as a part, which the driver takes from a task as it takes rows."""
    return (_FORMAT, place.position, dumps_by_value(answer))


def is_answer(part: Part) -> bool:
    """Tell whether a part is an answer, and not rows."""
    return bool(part[0] == _FORMAT)


def answer_of(part: Part) -> tuple[int, Any]:
    """Return the position of a part of the split, and its answer."""
    _, position, answer = part
    return position, pickle.loads(answer)  # noqa: S301  (from our own task)
