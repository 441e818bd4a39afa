"""Plans on their way to a worker and back, within one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import polars as pl

from polars_io_tools import _prune, _pruned_scan
from polars_io_tools._attach import attach, collecting, detach
from polars_io_tools._polars import deserialise
from polars_io_tools._resources import Resources

__all__ = ["Shipped", "selected", "shipped"]


class Shipped(NamedTuple):
    """A plan as a worker has it, the notes on it, and the keys of what is attached to it."""

    lf: pl.LazyFrame
    note: str
    keys: list[str]


@contextmanager
def shipped(lf: pl.LazyFrame, filtered: pl.LazyFrame) -> Iterator[Shipped]:
    """Give the plan as a worker has it, while its attachments are there."""
    with collecting() as offers:
        plan = _prune.prune(lf, filtered)
    resources = Resources(lambda _, secret: secret, processes=1)
    attach({key: tuple(prepare(resources)) for key, prepare in offers.items()})
    try:
        yield Shipped(deserialise(plan.payload), "\n".join(plan.notes), list(offers))
    finally:
        detach(offers)
        resources.close()


def selected(lf: pl.LazyFrame) -> tuple[pl.DataFrame | Exception, int]:
    """Collect, and count the files that were chosen."""
    with _pruned_scan.unchanged_files(lf):
        try:
            rows: pl.DataFrame | Exception = lf.collect()
        except pl.exceptions.PolarsError as error:
            rows = error
        watch = _pruned_scan._watches[-1]
        return rows, sum(len(positions) // 4 for _, positions in watch.selected)
