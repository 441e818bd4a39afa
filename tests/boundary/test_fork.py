"""A forked child gets errors instead of a Go runtime that hangs, and can still clean up."""

from __future__ import annotations

import multiprocessing

import pytest

from polars_io_tools import _gocore
from tests.boundary.processes import output_of

CALLS = {
    "plan": "_gocore.plan(b'')",
    "plan_cut": "_gocore.plan_cut(b'')",
    "find_sites": "_gocore.find_sites(b'')",
    "find_scans": "_gocore.find_scans(b'')",
    "replace_paths": "_gocore.replace_paths(b'', b'')",
    "concat": "_gocore.concat([CountedStream([[1]]).capsule])",
    "concat of nothing": "_gocore.concat([])",
    "pack": "_gocore.pack(CountedStream([[1]]).capsule, 0)",
    "unpack": "_gocore.unpack([(b'', [])])",
    "graft": "_gocore.graft(b'', b'', b'')",
    "prune_index": "_gocore.prune_index(b'')",
    "prune_select": "_gocore.prune_select(b'', b'', b'')",
    "prune_extents": "_gocore.prune_extents(b'')",
    "prune_footer": "_gocore.prune_footer(b'', b'')",
    "prune_verify": "_gocore.prune_verify(b'', b'')",
    "pg_describe": "_gocore.pg_describe(b'')",
    "pg_open": "_gocore.pg_open(b'')",
    "pg_wait": "_gocore.pg_wait(None, 0)",
    "pg_next": "_gocore.pg_next(None)",
    "pg_export": "_gocore.pg_export(b'')",
    "pg_check": "_gocore.pg_check(None)",
    "pg_close": "_gocore.pg_close(None)",
    "pg_disconnect": "_gocore.pg_disconnect()",
    "sql_push": "_gocore.sql_push(b'')",
    "table_shard": "_gocore.table_shard(b'')",
    "table_operations": "_gocore.table_operations(b'')",
    "table_asof": "_gocore.table_asof(b'')",
    "table_shards": "_gocore.table_shards(b'')",
    "table_spots": "_gocore.table_spots(b'')",
    "table_cuts": "_gocore.table_cuts(b'')",
    "table_conflicts": "_gocore.table_conflicts(b'')",
    "table_statistics": "_gocore.table_statistics(b'')",
    "key_ranges": "_gocore.key_ranges(b'')",
    "key_scan": "_gocore.key_scan(b'', [])",
    "tally_open": "_gocore.tally_open(b'')",
    "tally_add": "_gocore.tally_add(None, CountedStream([[1]]).capsule)",
    "tally_next": "_gocore.tally_next(None)",
    "check_process": "_gocore.check_process()",
    "check_unit": "_gocore.check_unit(b'daily', b'date')",
    "build_info": "_gocore.build_info()",
    "_test_job": "_gocore._test_job(b'short')",
    "_test_panic": "_gocore._test_panic('call')",
}

FORK = """
import os, signal, sys
from polars_io_tools import _gocore
from tests.boundary.streams import CountedStream, Holder, read_batch
{before}
child = os.fork()
if child == 0:
    # A Go runtime that waits for its lost threads would wait forever.
    signal.alarm(20)
    status = 1
    try:
{inside}
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
print(_gocore.build_info().split()[0][:2])
"""


def in_child(inside: str, before: str = "") -> list[str]:
    """Run lines in a forked child; give its output and then "go" from the parent."""
    lines = "\n".join("        " + line for line in inside.splitlines())
    return output_of(FORK.format(before=before, inside=lines), "-W", "ignore").splitlines()


def test_every_function_is_tested() -> None:
    public = {name for name in dir(_gocore) if callable(getattr(_gocore, name))}
    module = {
        name for name in public if type(getattr(_gocore, name)).__name__.startswith("builtin")
    }
    assert module <= set(CALLS)
    assert len(module) >= 7


@pytest.mark.parametrize("name", CALLS)
def test_functions_raise_at_once(name: str) -> None:
    inside = f"""
from polars_io_tools.errors import ForkedProcessError
import time
start = time.monotonic()
try:
    {CALLS[name]}
except ForkedProcessError as error:
    assert isinstance(error, RuntimeError)
    assert "fork" in str(error) and "spawn" in str(error), error
    assert time.monotonic() - start < 1
    print("raised")
"""
    assert in_child(inside) == ["raised", "go"]


def test_a_grandchild_raises_too() -> None:
    inside = """
from polars_io_tools.errors import ForkedProcessError
if (grandchild := os.fork()) == 0:
    try:
        _gocore.check_process()
    except ForkedProcessError:
        os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]) == 7
"""
    assert in_child(inside) == ["go"]


def test_a_tally_is_dropped_in_the_child() -> None:
    request = '{"key":[["x","int64"]],"n":2,"each":null,"nbytes":null}'
    before = f"tally = _gocore.tally_open(b'{request}')"
    assert in_child("del tally", before) == ["go"]


def test_refused_streams_stay_with_their_capsules() -> None:
    before = "stream = CountedStream([[1]])"
    inside = """
from polars_io_tools.errors import ForkedProcessError
try:
    _gocore.concat([stream.capsule])
except ForkedProcessError:
    assert not stream.is_moved and stream.streams_released == 0
    print("kept")
"""
    assert in_child(inside, before) == ["kept", "go"]


BEFORE = """
streams = [CountedStream([[1], [2]]), CountedStream([[3]])]
capsule = _gocore.concat([s.capsule for s in streams])
first = read_batch(capsule)
"""


def test_a_stream_made_before_is_released_in_the_child() -> None:
    inside = "del capsule; print([s.streams_released for s in streams])"
    assert in_child(inside, BEFORE) == ["[1, 1]", "go"]


def test_a_stream_made_before_is_read_in_the_child() -> None:
    inside = "print(first, read_batch(capsule), read_batch(capsule), read_batch(capsule))"
    assert in_child(inside, BEFORE) == ["[1] [2] [3] None", "go"]


def test_frames_made_before_are_released_in_the_child() -> None:
    """What polars imported holds arrays whose release must not need Go either."""
    before = BEFORE + "import polars as pl\nseries = pl.Series(Holder(capsule))"
    inside = "del series, capsule; print([s.streams_released for s in streams])"
    assert in_child(inside, before) == ["[1, 1]", "go"]


@pytest.mark.parametrize(
    ("handler", "raised"),
    [("lambda *_: None", "ForkedProcessError"), ("lambda *_: 1 / 0", "ZeroDivisionError")],
)
def test_a_signal_handler_may_fork_during_a_call(handler: str, raised: str) -> None:
    """The child comes back into the middle of a call whose work went on in the parent only."""
    out = output_of(
        f"""
    import os, signal
    from polars_io_tools import _gocore
    children = []
    def fork(*_):
        children.append(os.fork())
        if children[0] == 0:
            # A Go runtime that waits for its lost threads would wait forever.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)
            ({handler})()
    signal.signal(signal.SIGALRM, fork)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        answer = _gocore._test_job(b"short")
    except Exception as error:
        os._exit(7 if type(error).__name__ == "{raised}" else 8)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 7
    print(answer)
    """,
        "-W",
        "ignore",
    )
    assert out == "b'short'\n"


def test_packed_arrays_are_released_in_the_child() -> None:
    before = "stream = CountedStream([[1], [2]])\npacked = _gocore.pack(stream.capsule, 0)"
    inside = "del packed; print(stream.arrays_open, stream.streams_released)"
    assert in_child(inside, before) == ["0 1", "go"]


def test_unpacked_frames_are_read_and_released_in_the_child() -> None:
    before = """
import polars as pl
stream = CountedStream([[1], [2]])
_, description, buffers = _gocore.pack(stream.capsule, 0)
capsule = _gocore.unpack([(description, buffers)])
series = pl.Series(Holder(_gocore.unpack([(description, buffers)])))
del buffers
"""
    inside = """
print(read_batch(capsule), series[1])
del capsule, series
for _ in range(1000):
    pass
print(stream.arrays_open)
"""
    assert in_child(inside, before) == ["[1] 2", "0", "go"]


def test_the_import_may_come_after_the_fork() -> None:
    script = """
    import os
    if (child := os.fork()) == 0:
        from polars_io_tools import _gocore
        _gocore.check_process()
        os._exit(3 if _gocore.build_info().startswith("go") else 4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    """
    output_of(script, "-W", "ignore")


def test_subprocesses_do_not_count_as_forks() -> None:
    output_of("""
    import subprocess, sys
    from polars_io_tools import _gocore
    subprocess.run([sys.executable, "-c", ""], check=True, preexec_fn=lambda: None)
    subprocess.run([sys.executable, "-c", ""], check=True)
    _gocore.check_process()
    """)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_the_advice_works(method: str) -> None:
    context = multiprocessing.get_context(method)
    with context.Pool(1) as pool:
        assert pool.apply(_gocore.build_info) == _gocore.build_info()
        pool.close()
        pool.join()
