"""Runs of a split query that do not end in frames on the driver.

`deliveries` lets every task do something with its rows, such as write a file, and brings back only
what that answers; `kept` leaves the rows in the object store and brings back references. Both are
the runs of `execute_on_ray`: the same bounds, periods, pruning, window, retries and progress.

    for delivered in deliveries(source, runner, write):   # one for each period, None while waiting
        if delivered is not None:
            print(delivered.place.position, delivered.answer)

Each is a generator. Closing it, or dropping it, cancels the tasks that are left; so does whatever
else ends it. None stands for a moment in which nothing has come: only between two values does a
caller in the main thread see Ctrl-C.

What a delivery has to stand:

- It is called in the worker with the rows of one period as a `LazyFrame` that has not run, with the
  period's filter and the projection in it, and a `Place`. It runs the query itself, by
  `sink_parquet` or `collect`, so that memory is bounded where Polars' is.
- It may be called again for the same place: after a worker died in the middle of it, or at its end
  before it could say so. Attempts do not overlap unless the network parts a node from the rest.
- What it raises ends the run with a `WorkerError` that names the period, as an error of the query.
- What it returns is pickled and should be small: it travels inside the report of the task.

Periods without rows are delivered as well, except those that bounds or statistics rule out.

Of `kept` the parts come in the order of the periods, several neighbours maybe in one object, and
Ray makes an object again that is lost later, as with its node, see `_keeping`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import TypeVar

from polars_io_tools._delivery import Delivered, Delivery
from polars_io_tools._lifetime import Lifetime
from polars_io_tools._period import AnyPartition
from polars_io_tools._request import ScanRequest
from polars_io_tools._ship import ShippedPlan
from polars_io_tools._source import IoSource
from polars_io_tools.ray._executor import Kept, RayRunner

__all__ = ["ALL", "deliveries", "kept"]

_Brought = TypeVar("_Brought")

# All rows and columns.
ALL = ScanRequest(None, None, None, None)


def deliveries(
    source: IoSource, runner: RayRunner, delivery: Delivery, request: ScanRequest = ALL
) -> Generator[Delivered | None, None, None]:
    """Run the periods of a source and yield what the delivery answers for each.

    Raises:
        RayNotInitialisedError: Ray is not running.
        PiotError: the query cannot be split, or a task failed.
    """
    return _run(source, runner, request, partial(runner.run_deliveries, delivery=delivery))


def kept(
    source: IoSource, runner: RayRunner, request: ScanRequest = ALL
) -> Generator[Kept | None, None, None]:
    """Run the periods of a source and yield what stays in the object store of each.

    Raises:
        RayNotInitialisedError: Ray is not running.
        PiotError: the query cannot be split, or a task failed.
    """
    return _run(source, runner, request, runner.run_kept)


def _run(
    source: IoSource,
    runner: RayRunner,
    request: ScanRequest,
    running: Callable[[ShippedPlan, Sequence[AnyPartition], Lifetime], Iterator[_Brought | None]],
) -> Generator[_Brought | None, None, None]:
    lifetime = source.begun()

    def run() -> Generator[_Brought | None, None, None]:
        with lifetime.record.guarded():
            runner.check()
            shipped, parts = source.planned(request, lifetime.record)
            if shipped is not None:
                yield from running(shipped, parts, lifetime)

    return lifetime.of(run())
