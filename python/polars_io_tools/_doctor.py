"""`doctor`: looks at an installation, and at the cluster, and says what is wrong and what helps.

It changes nothing. A cluster that it starts for a trial ends with it.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import importlib.util
import os
import platform
import re
import threading
import time
from collections.abc import Iterator

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._diagnosis import Check, Diagnosis, Status
from polars_io_tools._installation import installing
from polars_io_tools._namespace import PiotNamespace
from polars_io_tools._polars import plans_are_known
from polars_io_tools._version import __version__
from polars_io_tools.ray._doctor import node_checks
from polars_io_tools.ray._start import start_checks
from polars_io_tools.ray._trial import checks_of

__all__ = ["connected_checks", "doctor"]

# The versions on which all tests run; others may work.
_TESTED_POLARS = ((2, 0), (2, 1))

_OLDEST_RAY = (2, 52)

# How long the small query may take, most of which is the start of workers.
_TRIAL_SECONDS = 120


def doctor(*, address: str | None = None, start: bool = True) -> Diagnosis:
    """Look at this installation, at the Ray cluster and its nodes, and try a query.

    It compares the versions of Python, Polars and this package on the driver and on every node, and
    looks at the compiled extension, known causes of trouble when Ray starts, the threads of a task
    and the object store. Last it runs a small query on the cluster and compares the answer with
    plain Polars'.

    The cluster is the one that this process is connected to. If there is none, it is the one at
    `address`; else one that is started for a trial on this machine, which takes some seconds. This
    process joins neither: another one does.

    Args:
        address: the address of a cluster, such as "auto" or "10.0.0.5:6379".
        start: whether to start a cluster for a trial if there is none.

    Returns:
        What was found. `.ok` tells whether nothing keeps queries from running; `str()` of it is a
        table, `.to_dict()` is for machines.

    Example:
        >>> import polars_io_tools as piot
        >>> diagnosis = piot.doctor(start=False)
        >>> diagnosis.ok
        True
        >>> diagnosis.checks[0].name
        'Python'
    """
    return Diagnosis((*_local_checks(), *_cluster_checks(address, start=start)))


def _cluster_checks(address: str | None, *, start: bool) -> Iterator[Check]:
    if importlib.util.find_spec("ray") is None:
        yield Check("cluster", "skipped", "Ray is not installed")
        return
    import ray

    if ray.is_initialized():
        yield Check("cluster", "ok", "the one that this process is connected to")
        yield from connected_checks()
        return
    if address is None:
        yield from start_checks()
    if address is None and not start:
        yield Check("cluster", "skipped", "Ray is not running in this process")
        return
    yield from checks_of(address)


def connected_checks() -> Iterator[Check]:
    """Yield the checks of the cluster that this process is connected to."""
    yield from node_checks()
    yield _trial()


def _local_checks() -> Iterator[Check]:
    yield Check("Python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}")
    yield Check("polars-io-tools-go", "ok", f"{__version__}, extension by {_gocore.build_info()}")
    yield _polars()
    yield _threads()
    yield _package("ray", "error", "queries need it", oldest=_OLDEST_RAY)
    yield _package("cloudpickle", "warning", "plans with Python functions need it")
    yield _package("tqdm", "warning", "the progress bar needs it")
    yield _package("duckdb", "skipped", "scan_db needs it for duckdb://", extra="db")
    yield _package("pyarrow", "skipped", "scan_db needs it for duckdb://", extra="db")
    yield _package("deltalake", "skipped", "tables need it", extra="tables")
    yield _package("altair", "skipped", "timeline() of a report needs it", extra="plot")


def _polars() -> Check:
    version = _parts(pl.__version__)
    first, last = _TESTED_POLARS
    if not first <= version[:2] <= last:
        tested = f"{first[0]}.{first[1]} to {last[0]}.{last[1]}"
        return Check("polars", "warning", f"{pl.__version__}; tested are {tested}")
    if not plans_are_known():
        return Check(
            "polars",
            "warning",
            f"{pl.__version__}, whose plans are not known: pl.scan_parquet is not pruned",
            "use piot.scan_parquet, which does not depend on them",
        )
    return Check("polars", "ok", pl.__version__)


def _threads() -> Check:
    limit = os.environ.get("POLARS_MAX_THREADS")
    limited = f", as POLARS_MAX_THREADS={limit} says" if limit else ""
    return Check("threads", "ok", f"{pl.thread_pool_size()} in this process{limited}")


def _package(
    name: str,
    status: Status,
    reason: str,
    *,
    oldest: tuple[int, ...] | None = None,
    extra: str = "ray",
) -> Check:
    remedy = installing(extra)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, status, f"not installed; {reason}", remedy)
    if oldest is not None and _parts(version) < oldest:
        wanted = ".".join(map(str, oldest))
        return Check(name, status, f"{version}, older than {wanted}", f"{remedy} --upgrade")
    return Check(name, "ok", version)


def _trial() -> Check:
    """Run a small query as tasks, and compare its answer with plain Polars'."""
    name = "trial query"
    days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)
    lf = pl.LazyFrame({"date": days, "price": range(days.len())}).filter(
        pl.col("date").is_between(days[0], days[-1])
    )
    answers: list[pl.DataFrame | Exception] = []

    def run() -> None:
        try:
            query = PiotNamespace(lf).execute_on_ray(date_column="date", time_unit="monthly")
            answers.append(query.collect())
        except Exception as error:  # noqa: BLE001  (shown as what is wrong)
            answers.append(error)

    start = time.monotonic()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_TRIAL_SECONDS)
    if not answers:
        why = f"no answer in {_TRIAL_SECONDS} s: tasks that need one CPU do not run"
        return Check(name, "error", why, "see with `ray status` what the cluster is busy with")
    answer = answers[0]
    if isinstance(answer, Exception):
        return Check(name, "error", f"{type(answer).__name__}: {answer}")
    if not answer.equals(lf.collect()):
        return Check(name, "error", "the answer differs from plain Polars'", "please report this")
    seconds = time.monotonic() - start
    return Check(name, "ok", f"3 tasks gave the answer of plain Polars in {seconds:.1f} s")


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
