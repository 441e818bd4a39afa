"""Calls of every function, over and over: the process does not grow."""

from __future__ import annotations

import datetime as dt
import mmap
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import polars as pl
import pytest

from polars_io_tools import _gocore
from polars_io_tools._polars import calendar_question, plan_request, serialise
from polars_io_tools.errors import DatabaseConnectionError, InternalError
from tests.boundary.processes import run_script
from tests.boundary.streams import Holder
from tests.boundary.test_fork import CALLS
from tests.boundary.test_module import concat_series, resident
from tests.shipping import selected, shipped

if TYPE_CHECKING:
    from collections.abc import Callable

# Functions that refuse nothing at all, besides those that the fork test calls with it.
FAILING = (
    *("plan", "plan_cut", "find_sites", "find_scans", "replace_paths", "pack", "graft"),
    *("prune_index", "prune_select", "prune_extents", "prune_verify", "sql_push"),
    "prune_footer",
    *("pg_describe", "pg_open", "pg_wait", "pg_next", "pg_export", "pg_check", "pg_close"),
    *("table_shard", "table_operations", "table_asof", "table_shards", "table_spots"),
    *("table_cuts", "table_conflicts", "table_statistics", "key_ranges", "key_scan"),
    *("tally_open", "tally_add", "tally_next"),
)

# A server that is not there: what comes after the connection, tests/database reads over and over.
REFUSED = b'{"dsn": "postgresql://127.0.0.1:1/db?sslmode=disable", "sql": "SELECT 1"}'


def request() -> bytes:
    day = pl.col("date")
    year = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]}).filter(year)
    question = calendar_question(
        column="date", dtype=pl.Date(), time_unit="monthly", max_periods=100
    )
    wire, _ = plan_request(lf, None, question)
    return wire


def expect(error: type[Exception], call: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with pytest.raises(error):
            call()

    return run


def pack_and_drop() -> None:
    frame = pl.DataFrame({"x": [1, 2], "t": ["a text that is not inline", None]})
    part = _gocore.pack(frame.to_struct("").__arrow_c_stream__(), 0)[1:]
    pl.DataFrame(Holder(_gocore.unpack([part, part])))
    _gocore.unpack([part])


def read_and_fail() -> None:
    stream = _gocore.pg_open(REFUSED)
    assert _gocore.pg_wait(stream, 60_000)
    with pytest.raises(DatabaseConnectionError):
        _gocore.pg_next(stream)


def reading_calls() -> dict[str, Callable[[], object]]:
    """The same as of `leak_calls` for the functions that read from a database."""
    nothing: Any = None
    return {
        "pg_describe": expect(DatabaseConnectionError, lambda: _gocore.pg_describe(REFUSED)),
        "pg_describe of nothing": expect(ValueError, lambda: _gocore.pg_describe(b"")),
        "pg_open": lambda: _gocore.pg_open(REFUSED),
        "pg_open of nothing": expect(ValueError, lambda: _gocore.pg_open(b"")),
        "pg_wait": lambda: _gocore.pg_wait(_gocore.pg_open(REFUSED), 1),
        "pg_wait of nothing": expect(TypeError, lambda: _gocore.pg_wait(nothing, 0)),
        "pg_next": read_and_fail,
        "pg_next of nothing": expect(TypeError, lambda: _gocore.pg_next(nothing)),
        "pg_export": expect(DatabaseConnectionError, lambda: _gocore.pg_export(REFUSED)),
        "pg_export of nothing": expect(ValueError, lambda: _gocore.pg_export(b"")),
        "pg_check": expect(TypeError, lambda: _gocore.pg_check(nothing)),
        "pg_check of nothing": expect(TypeError, lambda: _gocore.pg_check(nothing)),
        "pg_close": lambda: _gocore.pg_close(_gocore.pg_open(REFUSED)),
        "pg_close of nothing": expect(TypeError, lambda: _gocore.pg_close(nothing)),
        "pg_disconnect": _gocore.pg_disconnect,
    }


KEY = b'"key":[["x","int64"]]'

# A request of each function for tables that is answered.
TABLE_REQUESTS = {
    "table_shard": b'{"v":1,%s,"lo":["1"],"hi":null}' % KEY,
    "table_operations": b'{"v":1,"table":"t","version":0,"txn":"%s",%s,"adds":[],"removes":[],'
    b'"replaced":[]}' % (b"00000000-0000-0000-0000-000000000000", KEY),
    "table_asof": b"t@1",
    "table_shards": b'{%s,"lo":[["1"]],"hi":[["2"]],"rows":[1],"nbytes":[1]}' % KEY,
    "table_spots": b'{%s,"lo":[["1"]],"hi":[["2"]],"rows":[9],"nbytes":[1],"n":3}' % KEY,
    "table_cuts": b'{%s,"cuts":[["1"]],"ranks":[1],"total":2}' % KEY,
    "table_conflicts": b'{%s,"unique":true,"ours":{"added":[{}],"replaced":[]},'
    b'"theirs":{"added":[{}],"replaced":[]}}' % KEY,
    "table_statistics": b'{"rows":1,"columns":[{"path":["x"],"type":"date","nulls":0}]}',
    "key_ranges": b'{%s,"do":"union","a":[{}],"b":[]}' % KEY,
    "tally_open": b'{%s,"n":3}' % KEY,
}


def table_calls() -> dict[str, Callable[[], object]]:
    """The same as of `leak_calls` for the functions of tables."""
    nothing: Any = None
    frame = pl.DataFrame({"x": [1, 2, 3]})
    scan = b'{%s,"unique":true}' % KEY
    tally = _gocore.tally_open(TABLE_REQUESTS["tally_open"])
    used = _gocore.tally_open(TABLE_REQUESTS["tally_open"])

    def stream() -> object:
        return frame.__arrow_c_stream__()

    calls: dict[str, Callable[[], object]] = {
        "key_scan": lambda: _gocore.key_scan(scan, [stream(), stream()]),
        "key_scan of nothing": expect(ValueError, lambda: _gocore.key_scan(b"", [stream()])),
        "tally_add": lambda: _gocore.tally_add(tally, stream()),
        "tally_add of nothing": expect(TypeError, lambda: _gocore.tally_add(tally, nothing)),
        "tally_next": lambda: _gocore.tally_next(used),
        "tally_next of nothing": expect(TypeError, lambda: _gocore.tally_next(nothing)),
    }
    for name, request in TABLE_REQUESTS.items():
        function = getattr(_gocore, name)
        calls[name] = partial(function, request)
        calls[f"{name} of nothing"] = expect(ValueError, partial(function, b""))
    return calls


def pruning_arguments(scan: Path) -> dict[str, tuple[Any, ...]]:
    """What the package itself gives the functions of pruning, for a scan that is pruned."""
    names = ("prune_index", "prune_select", "prune_verify", "graft")
    with ExitStack() as stack:
        seen = {
            name: stack.enter_context(
                mock.patch.object(_gocore, name, wraps=getattr(_gocore, name))
            )
            for name in names
        }
        lf = pl.scan_parquet(scan).filter(pl.col("x") > 0)
        plan = stack.enter_context(shipped(lf, lf))
        rows, files = selected(plan.lf)
        assert isinstance(rows, pl.DataFrame)
        assert files == 1
    return {name: call.call_args.args for name, call in seen.items()}


def leak_calls(folder: Path) -> dict[str, Callable[[], object]]:
    """One call of each function that succeeds, and one that fails where it can."""
    good = request()
    scan = folder / "x.parquet"
    pl.DataFrame({"x": [1]}).write_parquet(scan)
    payload = serialise(pl.scan_parquet(scan))
    pruning = pruning_arguments(scan)
    footer = scan.read_bytes()
    return {
        **reading_calls(),
        **table_calls(),
        "plan": lambda: _gocore.plan(good),
        "plan of nothing": expect(ValueError, lambda: _gocore.plan(b"")),
        "plan_cut": lambda: _gocore.plan_cut(good),
        "plan_cut of nothing": expect(ValueError, lambda: _gocore.plan_cut(b"")),
        "find_sites": lambda: _gocore.find_sites(payload),
        "find_sites of nothing": expect(ValueError, lambda: _gocore.find_sites(b"")),
        "find_scans": lambda: _gocore.find_scans(payload),
        "find_scans of nothing": expect(ValueError, lambda: _gocore.find_scans(b"")),
        "replace_paths": lambda: _gocore.replace_paths(payload, b'{"edits": []}'),
        "replace_paths of nothing": expect(ValueError, lambda: _gocore.replace_paths(b"", b"")),
        "concat": lambda: concat_series("equal"),
        "concat of nothing": expect(ValueError, lambda: _gocore.concat([])),
        "pack": pack_and_drop,
        "pack of nothing": expect(TypeError, lambda: _gocore.pack(None, 0)),
        "unpack": expect(ValueError, lambda: _gocore.unpack([(b"", [b"x"])])),
        "graft": lambda: _gocore.graft(*pruning["graft"]),
        "graft of nothing": expect(ValueError, lambda: _gocore.graft(b"", b"", b"")),
        "prune_index": lambda: _gocore.prune_index(*pruning["prune_index"]),
        "prune_index of nothing": expect(ValueError, lambda: _gocore.prune_index(b"")),
        "prune_select": lambda: _gocore.prune_select(*pruning["prune_select"]),
        "prune_select of nothing": expect(ValueError, lambda: _gocore.prune_select(b"", b"", b"")),
        "prune_extents": lambda: _gocore.prune_extents(pruning["prune_select"][0]),
        "prune_extents of nothing": expect(ValueError, lambda: _gocore.prune_extents(b"")),
        "prune_footer": lambda: _gocore.prune_footer(footer, b"{}"),
        "prune_footer of nothing": expect(ValueError, lambda: _gocore.prune_footer(b"", b"")),
        "prune_verify": lambda: _gocore.prune_verify(*pruning["prune_verify"]),
        "prune_verify of nothing": expect(ValueError, lambda: _gocore.prune_verify(b"", b"")),
        "sql_push": lambda: _gocore.sql_push(b'{"dialect": "sqlite", "query": "SELECT 1"}'),
        "sql_push of nothing": expect(ValueError, lambda: _gocore.sql_push(b"")),
        "check_unit": lambda: _gocore.check_unit(b"daily", b"date"),
        "check_process": _gocore.check_process,
        "build_info": _gocore.build_info,
        "_test_job": lambda: _gocore._test_job(b"ended"),
        "_test_panic": expect(InternalError, lambda: _gocore._test_panic("goroutine")),
    }


def test_every_function_is_called(tmp_path: Path) -> None:
    calls = leak_calls(tmp_path)
    assert set(CALLS) <= set(calls)
    for call in calls.values():
        call()


def leaks(call: Callable[[], object], calls: int, most: float) -> bool:
    """Whether the process grows by so many bytes a call, in each of many windows.

    A leak grows in all of them. A heap that warms up grows in some: Go's, until it has twice what
    earlier tests left in it.
    """
    for _ in range(40):
        before = resident()
        for _ in range(calls):
            call()
        if (resident() - before) / calls < most:
            return False
    return True


reads_rss = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads RSS from /proc")
LOOPS = [*CALLS, *(f"{name} of nothing" for name in FAILING)]


@reads_rss
@pytest.mark.parametrize("name", LOOPS)
def test_some_hundred_calls_leak_nothing_large(name: str, tmp_path: Path) -> None:
    """A page a call would show; what is smaller, in the loops that take long."""
    assert not leaks(leak_calls(tmp_path)[name], 200, 4096)


@pytest.mark.long
@reads_rss
@pytest.mark.parametrize("name", LOOPS)
def test_a_hundred_thousand_calls_leak_nothing(name: str, tmp_path: Path) -> None:
    assert not leaks(leak_calls(tmp_path)[name], 20_000, 8)


@reads_rss
def test_what_leaks_is_found() -> None:
    kept = list[mmap.mmap]()

    def call() -> None:
        # Not of a heap, in which earlier tests may have left room.
        kept.append(mmap.mmap(-1, 8192))
        kept[-1].write(b"\1" * 8192)

    assert leaks(call, 200, 4096)


@pytest.mark.long
def test_jobs_that_were_given_up_leak_nothing() -> None:
    """Each keeps its input until its end; when all have ended, nothing is kept."""
    script = """
import signal, time
from polars_io_tools import _gocore
arguments = [bytearray(b"deaf") for _ in range(50)]
signal.signal(signal.SIGALRM, signal.default_int_handler)
for argument in arguments:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        _gocore._test_job(argument)
    except KeyboardInterrupt:
        pass
while _gocore._test_job(b"ended") != b"0 cancelled, 50 deaf":
    time.sleep(0.05)
time.sleep(0.2)
_gocore.check_process()
for argument in arguments:
    argument.append(0)
"""
    done = run_script(script)
    assert done.returncode == 0, done.stderr
