"""Queries read through the extension alone."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import polars as pl

from polars_io_tools import _gocore
from tests.boundary.streams import Holder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.postgres import Server

APPLICATION = "polars-io-tools"

# What a session runs until it is cancelled.
FOREVER = "SELECT pg_sleep(600)::text AS s"


def request(server: Server, sql: str, **more: object) -> bytes:
    return json.dumps({"dsn": server.uri, "sql": sql, **more}).encode()


def describe(server: Server, sql: str, **more: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_gocore.pg_describe(request(server, sql, **more)))
    return answer


def dtypes(server: Server, sql: str, **more: object) -> dict[str, str]:
    return {c["name"]: c["dtype"] for c in describe(server, sql, **more)["columns"]}


def batches(server: Server, sql: str, **more: object) -> Iterator[pl.DataFrame]:
    stream = _gocore.pg_open(request(server, sql, **more))
    while (capsule := _gocore.pg_next(stream)) is not None:
        yield pl.DataFrame(Holder(capsule))


def read(server: Server, sql: str, **more: object) -> pl.DataFrame:
    return pl.concat(batches(server, sql, **more), rechunk=False)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> float:
    """Wait for a condition, and return how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds
        time.sleep(0.02)
    return time.monotonic() - start
