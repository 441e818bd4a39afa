"""The nodes of a query's plan as queries of their own, and the plan with other queries for them.

A query goes through plan bytes, which Go takes apart and puts together. It stays in this process:
frames in memory are written and read again, but of IO sources nothing is written, and the queries
that come out of it have the objects themselves.
"""

from __future__ import annotations

import json
import pickle
import threading
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypedDict
from weakref import WeakValueDictionary

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._polars.grafts import is_known
from polars_io_tools._polars.payload import deserialise, rewrite
from polars_io_tools._polars.pickling import dumps_by_value, functions_by_value
from polars_io_tools._steps import Step

__all__ = ["Site", "Subplans", "subplans"]


class Site(TypedDict):
    """A node of a plan.

    Attributes:
        name: Polars' name of it, such as "GroupBy".
        inputs: the sites that it reads.
    """

    name: str
    inputs: list[int]


class _Parked:
    """Stands for an object in plan bytes, which is given back when they are read.

    Polars reads functions of expressions only when it runs a plan, which may be in another process:
    those are there by value as well.
    """

    def __init__(self, key: str, value: bytes | None) -> None:
        self._key = key
        self._value = value

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, bytes | None]]:
        return _given_back, (self._key, self._value)


# Where the sources of IO plugins come from. Polars reads them with the plan, and as they may hold
# much they are not copied.
_SOURCES = "polars.io.plugins"

_lock = threading.Lock()
_parked: dict[str, Any] = {}

# What was parked, for as long as the query that it came from is there.
_left: WeakValueDictionary[str, Any] = WeakValueDictionary()


def _given_back(key: str, value: bytes | None) -> Any:
    with _lock:
        found = _parked.get(key, _left.get(key))
    if found is None and value is not None:
        return pickle.loads(value)  # noqa: S301  (written by this package)
    if found is None:
        raise LookupError("the query that this plan was taken from is gone")
    return found


def _copied(obj: Any) -> bytes | None:
    """Return an object by value, None if it is a source or has none."""
    if getattr(obj, "__module__", None) == _SOURCES:
        return None
    try:
        return dumps_by_value(obj)
    except Exception:  # noqa: BLE001  (whatever an object raises that cannot travel)
        return None


class Subplans:
    """The plan of a query, node by node; see `subplans`.

    Attributes:
        sites: its nodes, the root first, each before its inputs.
    """

    def __init__(self, keys: list[str], lf: pl.LazyFrame) -> None:
        self._keys = keys
        self._payload = self._written(lf)
        if not is_known(self._payload):
            msg = f"the plan bytes of Polars {pl.__version__} are not known"
            raise ValueError(msg)
        self.sites: list[Site] = json.loads(_gocore.find_sites(self._payload))["sites"]

    def query(self, site: int) -> pl.LazyFrame:
        """Return what a site stands for, as a query."""
        return deserialise(rewrite(self._payload, subplan=site))

    def step(self, site: int) -> Step | None:
        """Return what a site of one input does to rows, None where that is more than a step."""
        try:
            found = json.loads(rewrite(self._payload, step=site))
        except ValueError:
            return None
        if found["exprs"] is None:  # rows without columns
            return None
        keys, exprs = ([b64decode(e) for e in found[field]] for field in ("keys", "exprs"))
        return found["op"], keys, exprs

    def replaced(self, queries: Mapping[int, pl.LazyFrame]) -> pl.LazyFrame:
        """Return the query with others, which hold no frames, in the place of sites.

        No site may be below another.
        """
        payload = self._payload
        for site in sorted(queries, reverse=True):
            donor = self._written(queries[site])
            payload = _gocore.graft(payload, donor, json.dumps({"site": site}).encode())
        return deserialise(payload)

    def _written(self, lf: pl.LazyFrame) -> bytes:
        with functions_by_value(self._park):
            return lf.serialize()

    def _park(self, obj: Any) -> _Parked:
        key = uuid.uuid4().hex
        with _lock:
            _parked[key] = obj
        self._keys.append(key)
        return _Parked(key, _copied(obj))


@contextmanager
def subplans(lf: pl.LazyFrame) -> Iterator[Subplans]:
    """Take the plan of a query apart; what comes out of it is good for longer than the context.

    Raises:
        ValueError: the layout of the plan is not one that is known.
        polars.exceptions.ComputeError: Polars cannot write the plan, as with scans of open files.
    """
    keys: list[str] = []
    try:
        yield Subplans(keys, lf)
    finally:
        with _lock:
            for key in keys:
                obj = _parked.pop(key)
                with suppress(TypeError):  # not everything can be referred to weakly
                    _left[key] = obj
