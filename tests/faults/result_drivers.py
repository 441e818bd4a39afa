"""Drivers whose results stay in the cluster; see `drivers`."""

from __future__ import annotations

import datetime as dt
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot
from tests.faults.drivers import START, Work, days, is_interrupted, main, noted, say, stubborn

ROW_BYTES = 10_000


def engine(settings: dict[str, Any], **arguments: Any) -> piot.RayEngine:
    given = {"date_column": "date", "time_unit": "daily", "max_periods_per_task": 1}
    options = settings.get("options", {})
    return piot.RayEngine(**given | {"progress": False} | options | arguments)


def executed(lf: pl.LazyFrame, settings: dict[str, Any], **arguments: Any) -> piot.RayResult:
    result: Any = lf.execute(engine=engine(settings, **arguments))
    assert isinstance(result, piot.RayResult)
    return result


def made_by(settings: dict[str, Any], seconds: float = 0.0) -> pl.LazyFrame:
    work: Work = noted(settings["journal"], lambda _: time.sleep(seconds))
    return days(settings["count"], work, row_bytes=ROW_BYTES)


def kept(settings: dict[str, Any]) -> None:
    """Go on with results whose node has gone meanwhile, one of them made of another."""
    expected = days(settings["count"], lambda _: None, row_bytes=ROW_BYTES).collect()
    result = executed(made_by(settings), settings)
    doubled = result.lazy().with_columns(double=pl.col("row") * 2)
    second = executed(doubled, settings, time_unit="weekly")
    say(rows=result.n_rows_total)
    sys.stdin.readline()
    here = result.lazy().collect().equals(expected)
    del result, doubled
    say(here=here)
    sys.stdin.readline()
    wanted = expected.with_columns(double=pl.col("row") * 2)
    some = second.lazy().filter(pl.col("date") > START + dt.timedelta(3))
    split = some.collect(engine=engine(settings, time_unit="monthly"))
    say(split=split.equals(wanted.filter(pl.col("date") > START + dt.timedelta(3))))
    say(there=second.lazy().collect().equals(wanted))


def killed(settings: dict[str, Any]) -> None:
    """Execute while workers are killed."""
    expected = days(settings["count"], lambda _: None, row_bytes=ROW_BYTES).collect()
    say(started=True)
    result = executed(made_by(settings, seconds=0.3), settings)
    say(rows=result.n_rows_total, same=result.lazy().collect().equals(expected))


def interrupted(settings: dict[str, Any]) -> None:
    """Execute what never ends; after Ctrl-C, live on."""
    from tqdm.auto import tqdm

    say(started=True)
    endless = days(50, stubborn(settings["journal"]))
    if is_interrupted(lambda: executed(endless, settings, progress=True)):
        say(interrupted=time.time())
    sys.stdin.readline()
    say(bars=len(tqdm._instances))
    sys.stdin.read()


def changed(settings: dict[str, Any]) -> None:
    """Read rows again that were lost, of files that are others now."""
    files = pl.scan_parquet(settings["files"]).filter(pl.col("date").dt.year() == START.year)
    result = executed(files, settings)
    second = executed(result.lazy().with_columns(y=pl.col("row") + 1), settings)
    say(rows=second.n_rows_total)
    sys.stdin.readline()
    split = second.lazy().filter(pl.col("row") >= 0)
    runs: list[tuple[pl.LazyFrame, Any]] = [(second.lazy(), "auto"), (split, engine(settings))]
    for lf, run_by in runs:
        try:
            found = lf.collect(engine=run_by)
        except piot.PiotError as error:
            say(kind=type(error).__name__, error=str(error))
        else:
            say(kind="none", error=str(found))


def flat(settings: dict[str, Any]) -> None:
    """Say by how much this process grows with results of some sizes, and when it reads them."""
    for count in settings["counts"]:
        lf = days(count, lambda _: None, row_bytes=settings["row_bytes"])
        with growth() as most:
            result = executed(lf, settings)
        executing = most[0]
        with growth() as most:
            rows = sum(b.height for b in result.lazy().collect_batches(maintain_order=True))
        assert rows == result.n_rows_total
        size = result._rows.bytes
        result.release()
        say(size=size, executing=executing, reading=most[0])


def private_bytes() -> int:
    """Return the memory that is this process's own; the object store is shared memory."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return sum(1024 * int(kb) for kb in re.findall(r"Private_\w+: +(\d+)", text))


@contextmanager
def growth() -> Iterator[list[int]]:
    """Find out by how many bytes this process grows meanwhile, at most."""
    before, most, over = private_bytes(), [0], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], private_bytes() - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main(globals())
