"""Drivers with a task that ends in no result however often it is begun: see `drivers`."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars_io_tools as piot
from polars_io_tools.ray import _cancelling
from tests.faults.drivers import START, Work, days, main, noted, on_ray, say


def deadly(bad: dt.date) -> Work:
    """Return work that the kernel ends on one day, as it ends what needs too much memory."""

    def work(date: dt.date) -> None:
        if date == bad:
            os.kill(os.getpid(), signal.SIGKILL)

    return work


def dies(settings: dict[str, Any]) -> None:
    """Run a query in one of all ways, and tell how that ended and what is left of it."""
    seconds = settings.get("seconds")
    bad = deadly(START + dt.timedelta(settings["bad"]))
    work = bad if seconds is None else lambda _: time.sleep(seconds)
    rows = days(settings["count"], noted(settings["journal"], work), row_bytes=80)
    given = {"date_column": "date", "time_unit": "daily", "progress": False}
    engine = piot.RayEngine(**given | settings["options"])
    out = Path(settings["journal"]).with_name("out")
    ways: dict[str, Callable[[], Any]] = {
        "execute_on_ray": lambda: on_ray(rows, **settings["options"]).collect(),
        "collect": lambda: rows.collect(engine=engine),
        "execute": lambda: rows.execute(engine=engine),
        "directory": lambda: rows.sink_parquet(f"{out}/", mkdir=True, engine=engine),
        "file": lambda: rows.sink_parquet(out, engine=engine),
    }
    say(started=True)
    try:
        ways[settings["way"]]()
    except piot.WorkerError as error:
        cause = type(error.__cause__).__name__
        say(period=error.period, error=str(error), cause=cause, there=out.exists())
    else:
        say(error=None)


def reconnects(settings: dict[str, Any]) -> None:
    """Shut Ray down at many moments after a query that ended early, and join it again each time."""
    import ray as untyped

    ray: Any = untyped
    setattr(_cancelling, "_GRACE_SECONDS", 0.15)  # noqa: B010  (types take it for a mistake)
    fails = settings["how"] == "error"

    def work(date: dt.date) -> None:
        if fails and date == START:
            raise ZeroDivisionError("no price")
        time.sleep(0.05)

    lazy = on_ray(days(12, work))
    ended = 0
    for i in range(settings["times"]):
        try:
            ended += lazy.head(5).collect().height == 5 and not fails
        except piot.WorkerError:
            ended += fails
        time.sleep(settings["seconds"] * i / settings["times"])
        ray.shutdown()
        ray.init(address=settings["address"], log_to_driver=False, logging_level=logging.ERROR)
    say(ended=ended)


if __name__ == "__main__":
    main(globals())
