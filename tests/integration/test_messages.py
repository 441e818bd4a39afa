"""Every error that the package raises: its cause, its class, and what it says.

A message says what happened, with which value, and what to write instead. None of them shows a
plan of Polars or a traceback. The last test finds an error that is not in the table.
"""

from __future__ import annotations

import ast
import datetime as dt
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools import (
    _installation,
    _lifetime,
    _request,
    _scan,
    _ship,
    _skew,
    _source,
    _task,
    _transport,
)
from polars_io_tools._arrow import concat_frames
from polars_io_tools._attach import attached
from polars_io_tools._identity import PlanListing
from polars_io_tools._period import Period
from polars_io_tools._polars import payload, traverse
from polars_io_tools._recording import Recording
from polars_io_tools._run_report import report_of
from polars_io_tools._split import Split
from polars_io_tools.ray import _bootstrap, _cluster, _connected, _progress
from tests.database.engine_cases import ENGINE_CASES
from tests.database.messages import DATABASE_CASES
from tests.integration.cases import QUARTER
from tests.integration.cases import on_ray as run_on_ray
from tests.integration.engine_messages import RAY_ENGINE_CASES
from tests.integration.sink_messages import SINK_CASES
from tests.integration.split_messages import LF, SPLIT_CASES, explain
from tests.messages import PACKAGE, Case, Patch, check_message, message_of
from tests.tables.commit_messages import COMMIT_CASES
from tests.tables.messages import ROW_CASES

pytestmark = pytest.mark.ray

ODD = pl.LazyFrame(schema={"date": pl.Date, "odd": pl.Object})
JANUARY = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))


def collect(lf: pl.LazyFrame, **options: Any) -> pl.DataFrame:
    return run_on_ray(lf, **options).collect()


def wrong(**arguments: Any) -> Callable[[Patch, Path], object]:
    return lambda *_: explain(**arguments)


def through_ray_client(patch: Patch, _: Path) -> object:
    from ray.util import client

    patch.setattr(client.ray, "is_connected", lambda: True)
    return collect(LF.filter(JANUARY))


def without_room(call: Callable[[], object]) -> Callable[[Patch, Path], object]:
    def run(patch: Patch, _: Path) -> object:
        import ray

        def put(item: object) -> None:
            raise ray.exceptions.OutOfDiskError("Local disk is full\nAnd a page of advice.")

        patch.setattr(ray, "put", put)
        return call()

    return run


def ray_goes(patch: Patch, _: Path) -> object:
    patch.setattr(_cluster, "is_connected", lambda _: False)
    return collect(LF.filter(JANUARY))


def process_ends(patch: Patch, _: Path) -> object:
    class Ending(_lifetime.Lifetime):
        def __init__(self, record: Recording | None = None) -> None:
            super().__init__(record)
            self.exiting = True

    patch.setattr(_source, "Lifetime", Ending)
    return collect(LF.filter(JANUARY))


def fails_in_a_worker(*_: object) -> object:
    def divide(frame: pl.DataFrame) -> pl.DataFrame:
        raise ZeroDivisionError("no price")

    return collect(LF.map_batches(divide).filter(JANUARY))


def without_a_module(name: str, call: Callable[[], object]) -> Callable[[Patch, Path], object]:
    def run(patch: Patch, _: Path) -> object:
        patch.setitem(sys.modules, name, None)
        return call()

    return run


def without_ray_running(patch: Patch, _: Path) -> object:
    import ray

    patch.setattr(ray, "is_initialized", lambda: False)
    return collect(LF.filter(JANUARY))


def other_versions(*_: object) -> object:
    _skew.check_versions({"polars": "9.9.9"}, "one")
    return None


def fewer_rows_than_before(*_: object) -> object:
    request = _request.ScanRequest(None, None, None, None)
    split = Split("calendar", "date", pl.Date(), 100, "monthly")
    period = Period("2024-01", 0, 99_999)
    shipped = _ship.ship(LF.filter(JANUARY), request, split, [period], "arrow")
    shipped.task["skip"] = 1000
    return list(_task.run_task(shipped.task, (shipped.payload,), [period.wire()], "one"))


def worker_without_the_package(patch: Patch, _: Path) -> object:
    patch.setitem(sys.modules, "polars_io_tools._task", None)
    task = {"versions": {"polars": "2.1.0", "polars-io-tools-go": "0.1.0"}}
    return list(_bootstrap.run_periods(task, 1, [b""], []))


def changed(patch: Patch, folder: Path, change: Callable[[Path], object]) -> object:
    """Change a file between planning and running."""
    path = folder / "one.csv"
    path.write_text("date\n2024-01-05\n")
    lf = pl.scan_csv(path, try_parse_dates=True).filter(JANUARY)
    submit = _cluster.RayCluster.submit

    def late(self: Any, periods: Any, skip: int) -> Any:
        change(path)
        return submit(self, periods, skip)

    patch.setattr(_cluster.RayCluster, "submit", late)
    with pytest.raises(piot.WorkerError, match="period 2024-01 failed: SourceChangedError") as info:
        collect(lf)
    cause: Any = info.value.__cause__
    raise cause.cause


def listing(*, before: list[str], now: Callable[[], pl.LazyFrame]) -> object:
    PlanListing(before).check(now())
    return None


def scans(folder: Path, names: list[str]) -> pl.LazyFrame:
    for name in names:
        (folder / name).write_text("x\n1\n")
    return pl.scan_csv([folder / name for name in names])


def relative(patch: Patch, folder: Path, *, known: bool) -> object:
    """Ship a scan of a relative path that cannot be made absolute."""
    patch.chdir(folder)
    pl.DataFrame({"date": [dt.date(2024, 1, 5)]}).write_parquet("one.parquet")
    if known:
        patch.setattr(payload, "_proved_edit", lambda *_: None)
    else:
        patch.setattr(payload, "file_scans", raising(ValueError))
    return collect(pl.scan_parquet("one.parquet").filter(JANUARY))


def raising(kind: type[Exception]) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> object:
        raise kind

    return fail


def paths_shown(_: Patch, folder: Path) -> object:
    pl.DataFrame({"date": [dt.date(2024, 1, 5)]}).write_parquet(folder / "one.parquet")
    here = os.path.relpath(folder / "one.parquet")
    return collect(pl.scan_parquet(here, include_file_paths="path").filter(JANUARY))


def mixed(_: Patch, folder: Path) -> object:
    pl.DataFrame({"date": [dt.date(2024, 1, 5)]}).write_parquet(folder / "one.parquet")
    here = os.path.relpath(folder / "one.parquet")
    both = [here, f"file://{folder}/one.parquet"]
    return collect(pl.scan_parquet(both).filter(JANUARY))


def saved(*_: object) -> object:
    return piot.put(LF.collect()).serialize()


def free_threaded(patch: Patch, _: Path) -> object:
    patch.setattr(sys, "abiflags", "t")
    _installation.check_installation()
    return None


def mixture(patch: Patch, folder: Path) -> object:
    (folder / "io_sources").mkdir()
    (folder / "io_sources/__init__.py").touch()
    patch.setattr(_installation, "__file__", str(folder / "_installation.py"))
    _installation.check_installation()
    return None


def parts(*frames: pl.DataFrame) -> list[Any]:
    return [part for frame in frames for part in _transport.encode(frame, "arrow")]


def other_files(patch: Patch, folder: Path) -> object:
    """Ask for a scan that Polars reads otherwise from a list of its files."""
    pl.DataFrame({"x": [1]}).write_parquet(folder / "one.parquet")
    plain = payload.resolve_frame(pl.scan_parquet(folder))
    patch.setattr(payload.Resolved, "reads_as", lambda *_: False)
    return _scan._look(plain, {}, set())


def unseen_plan(patch: Patch, _: Path) -> object:
    patch.setattr(pl.LazyFrame, "collect", lambda *_, **__: None)
    return traverse.traverse(LF, lambda _: None)


def forgotten(*_: object) -> object:
    return attached("nothing-1", lambda items: items)


CASES = SPLIT_CASES | {
    # Arguments.
    "column not a name": Case(
        wrong(date_column=3), TypeError, "date_column must be the name of a column, not 3"
    ),
    "column mistyped": Case(
        wrong(date_column="dat"),
        ValueError,
        "date_column 'dat' is not a column of the query",
        "did you mean 'date'?",
    ),
    "column of text": Case(
        wrong(date_column="text"),
        TypeError,
        "date_column 'text' is a String, but has to be a Date or a Datetime",
        'pl.col("text").str.to_date()',
    ),
    "unit mistyped": Case(
        wrong(time_unit="montly"),
        ValueError,
        "time_unit 'montly' cannot be used: unknown unit",
        'did you mean "monthly"?',
    ),
    "unit not text": Case(wrong(time_unit=1), TypeError, "time_unit must be a str", "monthly"),
    "unit of hours": Case(
        wrong(time_unit="6h"), ValueError, "time_unit '6h' cannot be used", 'write "daily"'
    ),
    "format": Case(
        wrong(return_as="parket"),
        ValueError,
        "return_as 'parket' is unknown",
        "did you mean 'parquet'?",
    ),
    "count not a number": Case(
        wrong(max_periods="1"), TypeError, "max_periods must be a positive integer, not '1'"
    ),
    "count of nothing": Case(
        wrong(max_concurrency=0),
        ValueError,
        "max_concurrency must be a positive integer or None, not 0",
    ),
    "order": Case(
        wrong(preserve_partition_order=1),
        TypeError,
        "preserve_partition_order must be a bool or None, not 1",
    ),
    "progress": Case(wrong(progress=1), TypeError, "progress must be a bool or None, not 1"),
    "description": Case(
        wrong(description=1), TypeError, "description must be a str or None, not 1"
    ),
    "options not a mapping": Case(
        wrong(remote_options=1),
        TypeError,
        "remote_options must be a mapping of Ray task options, not ",
        '{"num_cpus": 2}',
    ),
    "option of ours": Case(
        wrong(remote_options={"name": "x"}), ValueError, "remote_options must not set 'name'"
    ),
    "option mistyped": Case(
        wrong(remote_options={"num_cpu": 2}), ValueError, "remote_options ", "num_cpus"
    ),
    "type": Case(
        wrong(lf=ODD),
        ValueError,
        "columns of these types cannot be sent back from workers as 'arrow': 'odd': Object",
        "drop or cast",
    ),
    "stored type": Case(
        lambda *_: piot.put(ODD),
        ValueError,
        "columns of these types cannot be stored: 'odd': Object",
        "drop them",
    ),
    "stored something": Case(
        lambda *_: piot.put([1]),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "put takes a DataFrame or a LazyFrame, not list",
    ),
    # Queries.
    "no filter": Case(
        lambda *_: collect(LF),
        piot.UnboundedPredicateError,
        'column "date" has no lower and no upper bound',
        "Add a filter to the query, for example",
    ),
    "filter below an aggregate": Case(
        lambda *_: collect(LF.filter(JANUARY).group_by("number").agg(pl.col("date").max())),
        piot.UnboundedPredicateError,
        'column "date" has no lower and no upper bound',
        'group_by("number") makes date from date.max()',
    ),
    "many periods": Case(
        lambda *_: collect(LF.filter(QUARTER), time_unit="daily", max_periods=9),
        piot.TooManyPeriodsError,
        "too many periods: 91 daily periods, at most max_periods=9",
        "monthly periods would do",
    ),
    "choice": Case(
        lambda *_: collect(LF.filter(JANUARY).unique("number", keep="any")),
        piot.UnsplittablePlanError,
        'unique("number") cannot be split',
        'Use unique(..., keep="first", maintain_order=True)',
    ),
    "mixed paths": Case(
        mixed, piot.UnsplittablePlanError, "the Parquet scan of ", "scan absolute paths instead"
    ),
    "paths shown": Case(
        paths_shown,
        piot.UnsplittablePlanError,
        "the Parquet scan of ",
        "include_file_paths would show other, absolute paths",
    ),
    "paths not moved": Case(
        partial(relative, known=True),
        piot.UnsplittablePlanError,
        "the Parquet scan of 'one.parquet' cannot be sent to workers",
        "Polars would not read the same from absolute paths",
    ),
    "unknown bytes": Case(
        partial(relative, known=False),
        piot.UnsplittablePlanError,
        "the file scan of 'one.parquet' cannot be sent to workers",
        "are not known",
    ),
    "stored frame saved": Case(
        saved,
        pl.exceptions.ComputeError,  # Polars wraps what a part of a plan raises
        "serialization failed",
        "this LazyFrame refers to data held by this process and can only travel inside of a "
        "distributed query, such as execute_on_ray: to save or send it, collect it first",
    ),
    # Runs.
    "Ray not installed": Case(
        without_a_module("ray", _connected.require_ray),
        piot.MissingDependencyError,
        "execute_on_ray needs Ray",
        'pip install "polars-io-tools-go[ray]"',
    ),
    "tqdm not installed": Case(
        without_a_module("tqdm.auto", _progress.require_tqdm),
        piot.MissingDependencyError,
        "progress=True needs tqdm",
        'pip install "polars-io-tools-go[ray]"',
    ),
    "altair not installed": Case(
        without_a_module("altair", report_of([Recording()]).timeline),
        piot.MissingDependencyError,
        "timeline() needs altair",
        'pip install "polars-io-tools-go[plot]"',
    ),
    "a method that only LazyFrames have": Case(
        lambda *_: getattr(pl.DataFrame(), "piot").execute_on_ray,  # noqa: B009  (types do not show it)
        AttributeError,
        "execute_on_ray is a method of LazyFrames",
        "write df.lazy().piot.execute_on_ray(…)",
    ),
    "no method of a frame": Case(
        lambda *_: getattr(pl.DataFrame(), "piot").nonsense,  # noqa: B009  (likewise)
        AttributeError,
        "'PiotFrameNamespace' object has no attribute 'nonsense'",
    ),
    "Ray not running": Case(
        without_ray_running,
        piot.RayNotInitialisedError,
        "Ray is not running in this process",
        "call ray.init() first",
    ),
    "Ray Client": Case(
        through_ray_client,
        piot.RayNotInitialisedError,
        "execute_on_ray does not work through Ray Client (ray://…)",
        'ray.init(address="auto")',
    ),
    "Ray shut down": Case(
        ray_goes,
        piot.RayNotInitialisedError,
        "Ray was shut down while a query of execute_on_ray ran",
    ),
    "process ends": Case(
        process_ends, piot.PiotError, "the process ends while a query of execute_on_ray runs"
    ),
    "no room for a plan": Case(
        without_room(lambda: collect(LF.filter(JANUARY))),
        piot.StoreFullError,
        "the object store of this node and the disk to which it spills have no room for what is "
        "sent to tasks: Local disk is full. What helps: ",
        "ray.init(object_store_memory=…)",
    ),
    "no room for a frame": Case(
        without_room(lambda: piot.put(LF.collect())), piot.StoreFullError, "the object store of "
    ),
    "task": Case(
        fails_in_a_worker, piot.WorkerError, "period 2024-01 failed: ZeroDivisionError: no price"
    ),
    "fewer rows": Case(
        fewer_rows_than_before,
        piot.PiotError,
        "1000 rows of it were here when it was tried again, and now it has 1",
        "what it reads or calls is not the same each time",
    ),
    "versions": Case(
        other_versions,
        RuntimeError,
        "the worker on node one has other versions than the driver: polars ",
        "install the driver's versions there",
    ),
    "worker without the package": Case(
        worker_without_the_package,
        RuntimeError,
        "the worker on node ",
        "ray.init(runtime_env={'pip': ['polars-io-tools-go==0.1.0', 'polars==2.1.0']})",
    ),
    "file changed": Case(
        partial(changed, change=lambda p: p.write_text("date\n2024-01-05\n2024-01-06\n")),
        piot.SourceChangedError,
        "",
        "one.csv",
    ),
    "file vanished": Case(partial(changed, change=Path.unlink), piot.SourceChangedError, ""),
    "file appeared": Case(
        lambda _, f: listing(before=[f"{f}/1.csv"], now=lambda: scans(f, ["1.csv", "2.csv"])),
        piot.SourceChangedError,
        "",
        "2.csv has appeared since the query was planned, and would be read",
    ),
    "file left the scan": Case(
        lambda _, f: listing(before=[f"{f}/1.csv", f"{f}/2.csv"], now=lambda: scans(f, ["1.csv"])),
        piot.SourceChangedError,
        "",
        "2.csv has vanished since the query was planned",
    ),
    "scan fails": Case(
        lambda _, f: listing(before=["1.csv"], now=lambda: pl.scan_csv(f / "none.csv")),
        piot.SourceChangedError,
        "a scan of 1 files when the query was planned now fails: ",
    ),
    # Installations.
    "free-threaded": Case(
        free_threaded,
        ImportError,
        "polars_io_tools does not support free-threaded Python",
        "use the ordinary build",
    ),
    "both packages": Case(
        mixture,
        ImportError,
        "polars-io-tools and polars-io-tools-go are both installed",
        "then install the one you want",
    ),
    # What users meet only through defects, or through versions of Polars to come.
    "types on their way": Case(
        lambda *_: parts(ODD.collect()), ValueError, "columns of these types cannot travel"
    ),
    "no parts": Case(lambda *_: _transport.decode([]), ValueError, "decode: no parts"),
    "other parts": Case(
        lambda *_: _transport.decode(
            parts(pl.DataFrame({"x": [1]}), pl.DataFrame({"y": [1], "z": [dt.time(1)]}))
        ),
        piot.SchemaMismatchError,
        "",
    ),
    "other columns": Case(
        lambda *_: concat_frames([pl.DataFrame({"x": [1]}), pl.DataFrame({"x": ["a"]})]),
        piot.SchemaMismatchError,
        "concat: ",
    ),
    "other list of files": Case(
        other_files, ValueError, "Polars would not read the same from a list of files"
    ),
    "plan not shown": Case(unseen_plan, NotImplementedError, "Polars ", "did not show the plan"),
    "nothing attached": Case(
        forgotten, piot.InternalError, "nothing is attached under 'nothing-1' in this process"
    ),
    **RAY_ENGINE_CASES,
    **SINK_CASES,
}


@pytest.mark.parametrize("name", CASES)
def test_message(name: str, tmp_path: Path) -> None:
    check_message(CASES[name], tmp_path)


ALL_CASES = (CASES, DATABASE_CASES, ENGINE_CASES, ROW_CASES, COMMIT_CASES)

# Classes that never leave the package, and a message that only a defect of it causes.
INNER = {"PeriodFailed", "TableObstacle", "TaskFailed", "_TraversalStoppedError"}
DEFECT = "a task ended before its last period"


def test_every_error_is_in_the_table(tmp_path: Path) -> None:
    messages = []
    for number, case in enumerate(case for cases in ALL_CASES for case in cases.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        messages.append(message_of(case, folder)[1])
    said = " ".join(messages)
    missing = [
        f"{path.name}:{line}: {text}"
        for path in PACKAGE.rglob("*.py")
        for line, text in raised(path)
        if text not in said and text != DEFECT
    ]
    assert missing == []


def raised(path: Path) -> list[tuple[int, str]]:
    """Return the longest literal piece of the message of each `raise` in a file that gets out."""
    found = []
    tree = ast.parse(path.read_text("utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        texts = {
            target.id: statement.value
            for statement in ast.walk(function)
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                if getattr(node.exc.func, "id", "") in INNER:
                    continue
                named = [a.id for a in node.exc.args if isinstance(a, ast.Name)]
                pieces = [
                    n.value
                    for argument in [*node.exc.args, *(texts[n] for n in named if n == "msg")]
                    for n in ast.walk(argument)
                    if isinstance(n, ast.Constant) and isinstance(n.value, str)
                ]
                if pieces:
                    found.append((node.lineno, max(pieces, key=len)))
    return found
