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
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

import polars_io_tools
from polars_io_tools._period import AnyPartition
from polars_io_tools.ray._cluster import RayCluster
from polars_io_tools.ray._protocol import TaskFailed

day = pl.col("date")
START = dt.date(2024, 1, 1)

Work = Callable[[dt.date], object]


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def is_interrupted(call: Callable[[], object]) -> bool:
    """Call a function, and tell whether Ctrl-C ended it.

    Polars and Python both take note of a Ctrl-C: Polars may raise it, and Python then once more.
    """
    with suppress(KeyboardInterrupt):
        try:
            call()
        except KeyboardInterrupt:
            time.sleep(0.01)
        else:
            return False
    return True


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
        with Path(journal).open("a") as file:
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
                with Path(journal).open("a") as file:
                    file.write("beat\n")
                time.sleep(0.1)
            except BaseException:  # noqa: BLE001  (it does not end)
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
    if is_interrupted(lambda: lazy.collect(engine=settings["engine"])):
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
        while not Path(path).exists():
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
        if Path(settings["journal"]).exists():
            ray.shutdown()
        return wait(cluster, handles, timeout)

    setattr(RayCluster, "wait", waiting)  # noqa: B010  (types take it for a mistake)
    try:
        lazy.collect()
    except polars_io_tools.PiotError as error:
        say(error=str(error), kind=type(error).__name__, running=ray.is_initialized())


def shut_down_after(settings: dict[str, Any]) -> None:
    """Shut Ray down while the tasks of a query that is over have their time to end."""
    import ray as untyped

    ray: Any = untyped
    rows = after_the_first({"journal": settings["journal"], "how": "head"}).head(5).collect().height
    ray.shutdown()
    time.sleep(5)
    say(rows=rows, running=ray.is_initialized())


def counted() -> list[tuple[str, int]]:
    """Return a list to which each task is added from now on: its period, and rows left out."""
    tasks: list[tuple[str, int]] = []
    submit = RayCluster.submit

    def noting(cluster: RayCluster, periods: Sequence[AnyPartition], skip: int) -> Any:
        tasks.append((periods[0].label, skip))
        return submit(cluster, periods, skip)

    setattr(RayCluster, "submit", noting)  # noqa: B010  (types take it for a mistake)
    return tasks


def same(settings: dict[str, Any]) -> None:
    """Run a query to its end, and tell whether its rows are those of plain Polars."""
    shape = settings["shape"]
    seconds = settings.get("seconds", 0.0)
    tasks = counted()
    work = noted(settings["journal"], lambda _: time.sleep(seconds))
    if "part_bytes" in settings:
        work = in_parts(work, settings["part_bytes"])
    lazy = on_ray(grouped(days(**shape, work=work), settings), **settings.get("options", {}))
    expected = days(**shape, work=lambda _: None).collect()
    try:
        if "pause" in settings:
            equal, rows = slowly(lazy, settings["pause"], expected)
        else:
            say(started=True)
            frame = lazy.collect()
            if is_disordered(settings):
                frame = frame.sort("date", "row")
            equal, rows = frame.equals(expected), frame.height
    except Exception as error:  # noqa: BLE001  (whatever it is, it is said)
        cause = error.__cause__
        say(
            error=str(error),
            kind=type(error).__name__,
            period=getattr(error, "period", None),
            cause=None if cause is None else type(cause).__name__,
            tasks=len(tasks),
            chain="".join(traceback.format_exception(error)),
        )
        return
    say(same=equal, rows=rows, tasks=len(tasks))


def grouped(lf: pl.LazyFrame, settings: dict[str, Any]) -> pl.LazyFrame:
    """Return the same rows, in an order that is left open if that is wanted."""
    groups = lf.group_by("date", "row").agg(pl.col("x").first())
    return groups if settings.get("open") else lf


def is_disordered(settings: dict[str, Any]) -> bool:
    options = settings.get("options", {})
    return settings.get("open", False) or not options.get("preserve_partition_order", True)


def in_parts(inner: Work, part_bytes: int) -> Work:
    """Return work after which results leave in parts of so many bytes, one after the other."""

    def work(date: dt.date) -> None:
        from polars_io_tools import _task, _transport

        def encode(frame: pl.DataFrame, return_as: _transport.ReturnAs) -> list[_transport.Part]:
            return _transport.encode(frame, return_as, max_bytes=part_bytes)

        def size_of(part: _transport.Part) -> int:
            time.sleep(0.05)
            return _transport.size_of(part)

        vars(_task).update(encode=encode, size_of=size_of)
        inner(date)

    return work


def slowly(lazy: pl.LazyFrame, pause: float | None, expected: pl.DataFrame) -> tuple[bool, int]:
    """Read with pauses, keep nothing, and tell whether all was as expected, and how many rows.

    Without a pause, wait after the first rows until the parent says go on.
    """
    rows, equal = 0, True
    for batch in lazy.collect_batches(maintain_order=True, chunk_size=20):
        if not rows and batch.height:
            say(started=True)
            if pause is None:
                sys.stdin.readline()
        time.sleep(pause or 0.0)
        equal = equal and batch.equals(expected.slice(rows, batch.height))
        rows += batch.height
    return equal and rows == expected.height, rows


def half_way(settings: dict[str, Any]) -> None:
    """Lose a worker, or a result, in the middle of a period of several parts."""
    tasks = counted()
    expected = days(2, lambda _: None, row_bytes=20_000).collect()
    for number, query in enumerate(settings["queries"]):
        plain = days(2, breaking_off(f"{settings['journal']}.{number}"), row_bytes=20_000)
        frame = on_ray(grouped(plain, query), **query["options"]).collect()
        if is_disordered(query):
            frame = frame.sort("date", "row")
        say(same=frame.equals(expected), skipped=[skip for _, skip in tasks if skip])
        tasks.clear()
    lose_second_parts()
    plain = days(1, breaking_off(settings["journal"] + ".0"), row_bytes=20_000)
    try:
        on_ray(grouped(plain, {"open": True})).collect()
    except polars_io_tools.WorkerError as error:
        say(error=str(error), tasks=len(tasks))


def breaking_off(journal: str) -> Work:
    """Return work whose worker ends, once, before the third part of a period has left.

    The parts of the next attempt are others, as they may be where the frame has other chunks.
    """
    over = Path(journal)

    def work(_: dt.date) -> None:
        from polars_io_tools import _task, _transport

        first = not over.exists()
        parts = iter(range(100))

        def encode(frame: pl.DataFrame, return_as: _transport.ReturnAs) -> list[_transport.Part]:
            return _transport.encode(frame, return_as, max_bytes=70_000 if first else 100_000)

        def size_of(part: _transport.Part) -> int:
            if first and next(parts) == 2 and not over.exists():
                over.touch()
                time.sleep(0.5)  # in which the first two can be read
                os._exit(1)
            return _transport.size_of(part)

        vars(_task).update(encode=encode, size_of=size_of)

    return work


def lose_second_parts() -> None:
    """Let the second part that is fetched from now on be lost, as if its node were gone."""
    fetch = RayCluster.fetch
    fetched = iter(range(100))

    def losing(cluster: RayCluster, arrival: Any, timeout: float) -> Any:
        if next(fetched) == 1:
            raise TaskFailed(ConnectionError("the node is gone"), retries=3)
        return fetch(cluster, arrival, timeout)

    setattr(RayCluster, "fetch", losing)  # noqa: B010  (types take it for a mistake)


def no_room(settings: dict[str, Any]) -> None:
    """Put a frame, and send a plan that holds it, where neither the store nor the disk has room."""
    rows = settings["rows"]
    frame = pl.DataFrame({"date": [START] * rows, "x": range(rows)})
    for send in (polars_io_tools.put, lambda f: on_ray(f.lazy().filter(day == START)).collect()):
        try:
            send(frame)
        except polars_io_tools.StoreFullError as error:
            say(error=str(error))
        else:
            say(error="")


def secretive(settings: dict[str, Any]) -> None:
    """Do all that might repeat a secret, and say every word of it."""
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger().addHandler(logging.StreamHandler())
    closure, variable, option = (settings[k] for k in ("closure", "variable", "option"))
    tasks = counted()
    remote = {
        "runtime_env": {"env_vars": {"PIOT_SECRET": variable}},
        "_labels": {"note": option},
    }

    def query(work: Callable[[str], object], **more: Any) -> pl.LazyFrame:
        plain = days(2, lambda _: work(closure))
        return on_ray(plain, remote_options=remote | more, description="prices")

    def seen(secret: str) -> None:
        assert os.environ["PIOT_SECRET"] == variable
        assert len(secret) == len(closure)

    def fails(secret: str) -> None:
        # One that repeats its environment, as libraries do when they cannot log in.
        raise ValueError(f"cannot log in with {os.environ['PIOT_SECRET']}")

    fine = query(seen)
    plain = days(2, lambda _: seen(closure))
    options = {"date_column": "date", "time_unit": "daily", "remote_options": remote}
    explained = plain.piot.explain_on_ray(**options)  # type: ignore[attr-defined]  # as elsewhere
    say(
        what="explained",
        text=f"{fine.explain()} {fine!r} {explained} {explained!r} {fine.collect()}",
    )
    lock = threading.Lock()
    attempts: dict[str, Callable[[], object]] = {
        "failing": query(fails).collect,
        "crashing": query(lambda _: os._exit(1), max_retries=0).collect,
        "not to be pickled": query(lambda secret: (lock, secret)).collect,
        "unknown": lambda: query(seen, nonsense=option),
        "wrong": lambda: query(seen, runtime_env={"env_vars": {"PIOT_SECRET": [variable]}}),
        "of a wrong type": lambda: on_ray(plain, remote_options=[option]),
    }
    for what, attempt in attempts.items():
        try:
            attempt()
        except Exception as error:  # noqa: BLE001  (whatever it is, it is said)
            # Of what the user's own code raises, the cause is not ours.
            own = what == "failing"
            say(what=what, text=str(error) if own else "".join(traceback.format_exception(error)))
    say(what="tasks", text=" ".join(name for name, _ in tasks))


def main(drivers: dict[str, Any]) -> None:
    """Connect, and run the driver that the command line names."""
    import ray

    settings = json.loads(Path(sys.argv[2]).read_text())
    ray.init(address=settings["address"], log_to_driver=False, logging_level=logging.ERROR)
    drivers[sys.argv[1]](settings)


if __name__ == "__main__":
    main(globals())
