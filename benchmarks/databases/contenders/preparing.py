"""What is done before the time starts."""

from __future__ import annotations

from collections.abc import Callable

import ray

from benchmarks.contenders import ray_cluster
from benchmarks.databases.table import Table
from benchmarks.settings import Settings

__all__ = ["first_rows", "first_rows_on_ray", "keep"]

_FIRST = 1_000

_kept: list[Settings] = []


def keep(settings: Settings) -> None:
    """Keep the settings of a cluster that is started when a case wants one."""
    _kept.append(settings)


def first_rows(read: Callable[[Table], object]) -> Callable[[Table], Table]:
    """Return what reads a thousand rows, so that all code that reading needs is in memory."""

    def prepare(table: Table) -> Table:
        read(table.first(_FIRST))
        return table

    return prepare


def first_rows_on_ray(read: Callable[[Table], object]) -> Callable[[Table], Table]:
    """Return what does the same on a cluster that it starts: its workers run then."""

    def prepare(table: Table) -> Table:
        if not ray.is_initialized():
            ray_cluster.start(_kept[-1])
        return first_rows(read)(table)

    return prepare
