"""Drivers whose tasks read from a server; see `drivers`."""

from __future__ import annotations

import copy
import datetime as dt
import json
import logging
import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import cloudpickle
import polars as pl

import polars_io_tools as piot
from tests.faults.drivers import counted, is_interrupted, main, say

YEAR = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 12, 31))

QUERIES = {
    # Without a first row, and with ever more rows.
    "waiting": "SELECT make_date(2024, i, 1) AS date, i FROM generate_series(1, 12) i, "
    "LATERAL (SELECT pg_sleep(1000 + i)) AS s",
    "streaming": "SELECT make_date(2024, 1 + (i % 12)::int, 1) AS date, i, "
    "CASE WHEN i % 10000 = 0 THEN pg_sleep(0.02)::text END AS s "
    "FROM generate_series(1, 1000000000000) i",
    "failing": "SELECT make_date(2024, i, 1) AS date, i FROM generate_series(1, 12) i, "
    "LATERAL (SELECT CASE WHEN i = 1 THEN 1 / (length(pg_sleep(3)::text)) ELSE "
    "length(pg_sleep(1000 + i)::text) END) AS s",
}


def monthly(lf: pl.LazyFrame, **options: Any) -> pl.LazyFrame:
    """Return a query of twelve tasks."""
    lazy: pl.LazyFrame = piot.PiotNamespace(lf.filter(YEAR)).execute_on_ray(
        date_column="date", time_unit="monthly", max_periods_per_task=1, **options
    )
    return lazy


def endless(settings: dict[str, Any]) -> None:
    """Run a query that does not end; after Ctrl-C, live on."""
    lazy = monthly(piot.scan_db(QUERIES[settings["query"]], settings["uri"]))
    say(started=True)
    if is_interrupted(lambda: lazy.collect(engine=settings["engine"])):
        say(interrupted=time.time())
    sys.stdin.read()


def failing(settings: dict[str, Any]) -> None:
    """Fail in the first month, while the tasks of others wait for their rows."""
    lazy = monthly(piot.scan_db(QUERIES["failing"], settings["uri"]))
    say(started=True)
    try:
        lazy.collect()
    except piot.WorkerError as error:
        say(period=error.period)
    sys.stdin.read()


def secretive(settings: dict[str, Any]) -> None:
    """Do all that might repeat a password, and say every word of it."""
    import ray as untyped

    ray: Any = untyped
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger().addHandler(logging.StreamHandler())
    uri, query = settings["uri"], "SELECT date, n FROM secretive"
    tasks = counted()
    lf = piot.scan_db(query, uri, description="prices")
    lazy = monthly(lf, description="months")
    explained = piot.PiotNamespace(lf.filter(YEAR)).explain_on_ray(
        date_column="date", time_unit="monthly"
    )
    shown: list[object] = [lf.explain(), lf, lazy.explain(), lazy, explained]
    shown += [piot.PiotNamespace(lazy).explain_sql(), repr(shown)]
    shown += [lf.serialize(), pickle.dumps(lf), cloudpickle.dumps(lazy), copy.deepcopy(lf)]
    rows = lazy.collect().height
    say(what="shown", rows=rows, text=" ".join(map(str, shown)))
    where = piot.scan_db(query, settings["wrong"], schema={"date": pl.Date, "n": pl.Int64})
    broken = piot.scan_db("SELECT date, 1 / (n - n) AS n FROM secretive", uri)
    big = piot.scan_db(
        "SELECT date, n::numeric(30) * 1e20 AS n FROM secretive",
        uri,
        schema={"date": pl.Date, "n": pl.Int64},
    )

    def ends() -> str:
        if os.getpid() != driver:
            os._exit(1)
        return str(uri)

    driver = os.getpid()
    attempts: dict[str, Callable[[], object]] = {
        "wrong password": where.collect,
        "wrong password in tasks": monthly(where, remote_options={"max_retries": 0}).collect,
        "wrong password, no state": monthly(
            piot.scan_db(query, settings["wrong"], schema=where.collect_schema(), snapshot="off")
        ).collect,
        "failing": monthly(broken).collect,
        "drifting": monthly(big).collect,
        "crashing": monthly(piot.scan_db(query, ends), remote_options={"max_retries": 0}).collect,
        "of no server": lambda: piot.scan_db(query, settings["nowhere"], retries=0),
        "of no form": lambda: piot.scan_db(query, settings["malformed"]),
        "of no table": lambda: piot.scan_db("SELECT * FROM nothing", uri),
    }
    for what, attempt in attempts.items():
        try:
            attempt()
        except Exception as error:  # noqa: BLE001  (whatever it is, it is said)
            say(what=what, text="".join(traceback.format_exception(error)))
    say(what="timeline", text=json.dumps(ray.timeline()))
    say(what="tasks", text=" ".join(name for name, _ in tasks))


if __name__ == "__main__":
    main(globals())
