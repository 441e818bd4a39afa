"""Drivers that faults happen to: each is a program that runs one query.

`python -m tests.faults.drivers NAME SETTINGS`; it prints one JSON value for each thing that it has
to say. What runs in workers is defined here as well; it travels by value, for this is `__main__`.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

import polars_io_tools
from polars_io_tools._plan import Period
from polars_io_tools.ray._cluster import RayCluster

day = pl.col("date")
START = dt.date(2024, 1, 1)

Work = Callable[[dt.date], object]


def say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


def days(count: int, work: Work, rows: int = 20, row_bytes: int = 0) -> pl.LazyFrame:
    """Return `count` days of some rows each; `work` is done for each day that is read."""
    dates = [START + dt.timedelta(i) for i in range(count)]
    schema = pl.Schema({"date": pl.Date(), "row": pl.Int64(), "x": pl.Binary()})

    def read(
        _: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        for date in dates:
            frame = pl.DataFrame({"date": [date] * rows, "row": range(rows)})
            if predicate is not None:
                frame = frame.filter(predicate)
            if frame.height:
                work(date)
                # Values of their own, for equal ones would travel as one.
                number = date.toordinal() * 1000
                words = [(number + i).to_bytes(8, "big") for i in frame["row"]]
                x = pl.Series("x", [word * (row_bytes // 8) for word in words], dtype=pl.Binary)
                yield frame.with_columns(x)

    return register_io_source(read, schema=schema).filter(day.is_between(dates[0], dates[-1]))


def noted(journal: str, inner: Work) -> Work:
    """Return work that notes each day when it is begun and done, with process and raylet."""

    def note(word: str, date: dt.date) -> None:
        with open(journal, "a") as file:
            file.write(f"{word} {date} {os.getpid()} {os.getppid()}\n")

    def work(date: dt.date) -> None:
        note("begun", date)
        inner(date)
        note("done", date)

    return work


def stubborn(journal: str) -> Work:
    """Return work that does not end by itself, nor when it is interrupted."""

    def work(_: dt.date) -> None:
        while True:
            try:
                with open(journal, "a") as file:
                    file.write("beat\n")
                time.sleep(0.1)
            except BaseException:  # noqa: BLE001, S110  (it does not end)
                pass

    return work


def on_ray(lf: pl.LazyFrame, **options: Any) -> pl.LazyFrame:
    namespace = lf.piot  # type: ignore[attr-defined]  # registered, which types do not show
    lazy: pl.LazyFrame = namespace.execute_on_ray(
        **{"date_column": "date", "time_unit": "daily", "max_periods_per_task": 1} | options
    )
    return lazy


def interrupted(settings: dict[str, Any]) -> None:
    """Wait for rows that never come; after Ctrl-C, live on."""
    from tqdm.auto import tqdm

    lazy = on_ray(days(50, stubborn(settings["journal"])), progress=True)
    say(started=True)
    try:
        lazy.collect(engine=settings["engine"])
    except KeyboardInterrupt:
        say(interrupted=time.time())
    sys.stdin.readline()
    say(bars=len(tqdm._instances))
    sys.stdin.read()


def left(settings: dict[str, Any]) -> None:
    """End while a query runs of which some rows were read."""
    batches = after_the_first(settings).collect_batches(maintain_order=True)
    say(rows=next(b for b in batches if b.height).height)
    sys.stdin.readline()
    if settings["how"] == "raise":
        raise RuntimeError("as wanted")


def over(settings: dict[str, Any]) -> None:
    """Stop reading in one way after the other; between them, make no call into Polars."""
    for line in sys.stdin:
        stop_reading(line.strip(), f"{settings['journal']}.{line.strip()}")


def stop_reading(how: str, journal: str) -> None:
    """Stop a query whose next rows do not come."""
    lazy = after_the_first({"journal": journal, "how": how})
    if how == "head":
        say(rows=lazy.head(5).collect().height)
    elif how == "head-of-a-filter":
        # Of other queries with `head`, Polars itself goes on to ask for rows.
        even = lazy.filter(pl.col("row") % 2 == 0)
        say(rows=even.head(5).collect(engine="streaming").height)
    elif how == "error":
        try:
            lazy.collect()
        except polars_io_tools.WorkerError as error:
            say(period=error.period)
    else:
        chunk = 1 if how == "dropped" else None
        batches = lazy.collect_batches(maintain_order=True, chunk_size=chunk)
        say(rows=next(b for b in batches if b.height).height)
        sys.stdin.readline()
        del batches
        say(dropped=True)


def after_the_first(settings: dict[str, Any]) -> pl.LazyFrame:
    """Return days of which the first comes at once, a second maybe later, and the others never."""
    first, second, journal = START, START + dt.timedelta(1), settings["journal"]
    never = stubborn(journal)
    how = settings["how"]

    def wait_for(path: str) -> None:
        while not os.path.exists(path):  # noqa: PTH110  (travels by value)
            time.sleep(0.05)

    def work(date: dt.date) -> None:
        if date == first and how.startswith("head"):
            wait_for(journal)  # there is something to stop
        elif date == second and how == "error":
            wait_for(journal)
            raise LookupError("no prices")
        elif date == second and how == "waiting":
            wait_for(journal + ".release")
        elif date != first:
            never(date)

    return on_ray(days(50, work))


def shut_down(settings: dict[str, Any]) -> None:
    """Shut Ray down in the middle of a query."""
    import ray as untyped

    ray: Any = untyped
    lazy = on_ray(days(50, stubborn(settings["journal"])))
    wait = RayCluster.wait

    def waiting(cluster: RayCluster, handles: Sequence[Any], timeout: float) -> list[Any]:
        # Not from another thread: Ray ends processes that use it at that moment.
        if os.path.exists(settings["journal"]):  # noqa: PTH110  (as elsewhere)
            ray.shutdown()
        return wait(cluster, handles, timeout)

    RayCluster.wait = waiting  # type: ignore[method-assign]  # a program of its own
    try:
        lazy.collect()
    except polars_io_tools.PiotError as error:
        say(error=str(error), kind=type(error).__name__, running=ray.is_initialized())


def counted() -> list[str]:
    """Return a list to which the name of each task is added that is submitted from now on."""
    names: list[str] = []
    submit = RayCluster.submit

    def noting(cluster: RayCluster, periods: Sequence[Period]) -> Any:
        names.append(periods[0].label)
        return submit(cluster, periods)

    RayCluster.submit = noting  # type: ignore[method-assign]  # a program of its own
    return names


def same(settings: dict[str, Any]) -> None:
    """Run a query to its end, and tell whether its rows are those of plain Polars."""
    shape = settings["shape"]
    seconds = settings.get("seconds", 0.0)
    names = counted()
    work = noted(settings["journal"], lambda _: time.sleep(seconds))
    lazy = on_ray(days(**shape, work=work), **settings.get("options", {}))
    expected = days(**shape, work=lambda _: None).collect()
    try:
        if "pause" in settings:
            frame = pl.concat(slowly(lazy, settings["pause"]))
        else:
            say(started=True)
            frame = lazy.collect()
    except Exception as error:
        cause = error.__cause__
        say(
            error=str(error),
            kind=type(error).__name__,
            period=getattr(error, "period", None),
            cause=None if cause is None else type(cause).__name__,
            tasks=len(names),
            chain="".join(traceback.format_exception(error)),
        )
        return
    say(same=frame.equals(expected), rows=frame.height, tasks=len(names))


def slowly(lazy: pl.LazyFrame, pause: float | None) -> Iterator[pl.DataFrame]:
    """Read with pauses; None is one pause after the first rows, until the parent says go on."""
    first = True
    for batch in lazy.collect_batches(maintain_order=True, chunk_size=20):
        if first and batch.height:
            first = False
            say(started=True)
            if pause is None:
                sys.stdin.readline()
        time.sleep(pause or 0.0)
        # The frames of a reader that is slow do not stay where the results wait.
        yield batch.clone()


def main(name: str, settings: dict[str, Any]) -> None:
    """Connect, and run a driver."""
    import ray

    ray.init(address=settings["address"], log_to_driver=False, logging_level=logging.ERROR)
    globals()[name](settings)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))
