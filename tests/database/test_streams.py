"""How a read begins, goes on and ends: batches, cancelling, Ctrl-C, kill, memory of batches."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl
import pytest

from polars_io_tools import _gocore
from polars_io_tools.errors import (
    ColumnValueError,
    DatabaseConnectionError,
    DatabaseError,
    DatabaseTimeoutError,
)
from tests.boundary.streams import Holder
from tests.boundary.test_signals import ctrl_c_during
from tests.conftest import child_environment
from tests.database.reading import (
    APPLICATION,
    FOREVER,
    batches,
    describe,
    read,
    request,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Server

# The documentation promises 2 s; other processes of the machine take their share.
ENDED_WITHIN = 8

MANY = "SELECT g AS n, repeat('x', g % 30) AS t FROM generate_series(1, 200000) g"


def ended(postgres: Server) -> float:
    return wait_until(lambda: postgres.active(APPLICATION) == 0, ENDED_WITHIN)


def started(postgres: Server) -> None:
    wait_until(lambda: postgres.active(APPLICATION) == 1)


def test_batches_are_bounded(postgres: Server) -> None:
    sizes = [b.height for b in batches(postgres, MANY, batch_rows=30_000)]
    assert sizes == [30_000] * 6 + [20_000]
    got = read(postgres, MANY)
    assert got["n"].to_list() == list(range(1, 200_001))
    assert got["t"].str.len_bytes().to_list() == [n % 30 for n in range(1, 200_001)]
    long = [
        b.height
        for b in batches(postgres, "SELECT repeat('x', 1000000) AS t FROM generate_series(1, 9)")
    ]
    assert max(long) <= 3


def test_a_query_without_rows_has_its_columns(postgres: Server) -> None:
    (empty,) = batches(postgres, "SELECT 1 AS a, ARRAY['x'] AS b WHERE false")
    assert empty.schema == {"a": pl.Int32, "b": pl.List(pl.String)}
    assert empty.is_empty()


def test_a_row_longer_than_any_buffer(postgres: Server) -> None:
    got = read(
        postgres, "SELECT repeat('ab', 20000000) AS t, decode(repeat('00', 3000000), 'hex') AS b"
    )
    assert got["t"].str.len_bytes().to_list() == [40_000_000]
    assert got["b"].bin.size().to_list() == [3_000_000]


def test_many_columns_and_names(postgres: Server) -> None:
    names = [f'c"{i} ü' for i in range(1500)]
    columns = ", ".join('{} AS "{}"'.format(i, n.replace('"', '""')) for i, n in enumerate(names))
    got = read(postgres, f"SELECT {columns}")
    assert got.columns == names
    assert got.row(0) == tuple(range(1500))


def test_batches_outlive_everything(postgres: Server) -> None:
    """They are memory of their own: not the stream's, not Go's."""
    stream = _gocore.pg_open(request(postgres, MANY, batch_rows=1000))
    capsules = [_gocore.pg_next(stream) for _ in range(5)]
    del stream
    frames = [pl.DataFrame(Holder(c)) for c in capsules]
    del capsules
    read(postgres, MANY)
    assert [f["n"].sum() for f in frames] == [
        sum(range(k + 1, k + 1001)) for k in range(0, 5000, 1000)
    ]
    # Columns may be released apart from each other, and on any thread.
    columns = [c for f in frames for c in f.get_columns()]
    del frames
    threads = [threading.Thread(target=columns.clear), threading.Thread(target=columns.clear)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_end_stays_the_end(postgres: Server) -> None:
    stream = _gocore.pg_open(request(postgres, "SELECT 1 AS a"))
    assert _gocore.pg_wait(stream, 60_000)
    assert _gocore.pg_next(stream) is not None
    assert [_gocore.pg_next(stream) for _ in range(3)] == [None] * 3
    assert _gocore.pg_wait(stream, 0)
    failing = _gocore.pg_open(request(postgres, "SELECT 1/0 AS a"))
    for _ in range(3):
        with pytest.raises(DatabaseError, match="division by zero"):
            _gocore.pg_next(failing)


def test_waiting_has_an_end(postgres: Server) -> None:
    stream = _gocore.pg_open(request(postgres, FOREVER))
    assert not _gocore.pg_wait(stream, 0)
    assert not _gocore.pg_wait(stream, 100)
    _gocore.pg_close(stream)
    ended(postgres)
    assert _gocore.pg_wait(stream, 0)
    with pytest.raises(DatabaseError, match="the query was cancelled"):
        _gocore.pg_next(stream)
    _gocore.pg_close(stream)


@pytest.mark.parametrize("sql", [FOREVER, "SELECT generate_series(1, 1000000000) AS n"])
def test_closing_ends_the_query(sql: str, postgres: Server) -> None:
    """Also while the server is the one that waits, as nobody reads on."""
    stream = _gocore.pg_open(request(postgres, sql))
    started(postgres)
    _gocore.pg_close(stream)
    ended(postgres)


def test_dropping_ends_the_query(postgres: Server) -> None:
    stream = _gocore.pg_open(request(postgres, FOREVER))
    started(postgres)
    del stream
    ended(postgres)


def test_a_bad_value_ends_the_query(postgres: Server) -> None:
    sql = (
        "SELECT CASE WHEN g = 7 THEN date 'infinity' END AS d "
        "FROM (SELECT generate_series(1, 1000000000) AS g) q"
    )
    with pytest.raises(ColumnValueError, match="column 'd' row 7"):
        read(postgres, sql)
    ended(postgres)


def test_ctrl_c_ends_the_query(postgres: Server) -> None:
    stream = _gocore.pg_open(request(postgres, FOREVER))
    started(postgres)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), ctrl_c_during(0.1):
        _gocore.pg_next(stream)
    assert time.monotonic() - start < 5
    del stream
    ended(postgres)


@contextmanager
def locked(postgres: Server, table: str) -> Iterator[None]:
    """Hold a lock on a new table, for which whoever describes a query on it waits."""
    postgres.psql(f"CREATE TABLE {table} (a int)")
    held = f"SELECT count(*) FROM pg_locks WHERE relation = '{table}'::regclass"
    holder = postgres.psql_process()
    assert holder.stdin is not None
    try:
        holder.stdin.write(f"BEGIN; LOCK {table};\n")
        holder.stdin.flush()
        wait_until(lambda: postgres.psql(held) == "1")
        yield
    finally:
        holder.stdin.close()
        holder.wait(60)


def test_ctrl_c_ends_a_description(postgres: Server) -> None:
    with locked(postgres, "locked"):
        with pytest.raises(KeyboardInterrupt), ctrl_c_during(0.3):
            describe(postgres, "SELECT * FROM locked")
        ended(postgres)
    assert describe(postgres, "SELECT * FROM locked")["columns"][0]["name"] == "a"


def test_a_killed_client_leaves_no_query(postgres: Server) -> None:
    script = (
        "import sys; from polars_io_tools import _gocore\n"
        "stream = _gocore.pg_open(sys.argv[1].encode())\n"
        "print('open', flush=True); _gocore.pg_next(stream)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, request(postgres, FOREVER).decode()],
        env=child_environment(),
        stdout=subprocess.PIPE,
    )
    started(postgres)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()
    ended(postgres)


def test_a_time_out(postgres: Server) -> None:
    with pytest.raises(DatabaseTimeoutError, match=r"statement timeout .*the time-out was 300ms"):
        read(postgres, FOREVER, timeout_ms=300)
    # It is gone with the transaction.
    assert read(postgres, "SELECT current_setting('statement_timeout') AS t").item() == "0"


def test_sessions(postgres: Server) -> None:
    names = [
        "TimeZone",
        "DateStyle",
        "transaction_read_only",
        "transaction_isolation",
        "client_connection_check_interval",
        "application_name",
        "standard_conforming_strings",
        "client_encoding",
    ]
    columns = ", ".join(f"current_setting('{n}') AS \"{n}\"" for n in names)
    assert read(postgres, f"SELECT {columns}").row(0) == (
        "UTC",
        "ISO, MDY",
        "on",
        "repeatable read",
        "500ms",
        APPLICATION,
        "on",
        "UTF8",
    )
    # A text that becomes a time when the query is parsed means UTC.
    assert read(postgres, "SELECT timestamptz '2024-01-01' AS t")["t"].dt.hour().to_list() == [0]
    named = postgres.uri + "?application_name=mine"
    assert (
        read(postgres, "SELECT current_setting('application_name') AS a", dsn=named).item()
        == "mine"
    )
    # The next query of the process has the same connection, and nothing of what the last one did.
    pid = read(
        postgres, "SELECT pg_backend_pid() AS p, set_config('search_path', 'nowhere', false)"
    ).item(0, 0)
    again = read(postgres, "SELECT pg_backend_pid() AS p, current_setting('search_path') AS s")
    assert again.row(0) == (pid, '"$user", public')
    _gocore.pg_disconnect()
    wait_until(
        lambda: postgres.psql(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}") == "0"
    )
    assert read(postgres, "SELECT pg_backend_pid() AS p").item() != pid


def test_two_streams_at_once(postgres: Server) -> None:
    """Neither waits for the other: both may feed one join."""
    one = _gocore.pg_open(request(postgres, MANY, batch_rows=1000))
    two = _gocore.pg_open(request(postgres, MANY, batch_rows=1000))
    for _ in range(200):
        assert _gocore.pg_next(two) is not None
    for _ in range(200):
        assert _gocore.pg_next(one) is not None
    assert (_gocore.pg_next(one), _gocore.pg_next(two)) == (None, None)


def test_a_lost_connection(postgres: Server) -> None:
    sql = "SELECT pg_backend_pid() AS p, pg_sleep(600)::text"
    stream = _gocore.pg_open(request(postgres, sql, retries=0))
    # Not one that only begins a transaction: a session that is lost before the query is replaced.
    sleeps = f"application_name = '{APPLICATION}' AND state = 'active' AND query LIKE '%pg_sleep%'"
    wait_until(
        lambda: postgres.psql(f"SELECT count(*) FROM pg_stat_activity WHERE {sleeps}") == "1"
    )
    postgres.psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {sleeps}")
    with pytest.raises(DatabaseConnectionError, match="SQLSTATE 57P01"):
        _gocore.pg_next(stream)
    # An idle one that was lost is replaced.
    read(postgres, "SELECT 1 AS a")
    postgres.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE application_name = '{APPLICATION}'"
    )
    assert read(postgres, "SELECT 1 AS a", retries=0).item() == 1


def test_servers_that_are_not_there(postgres: Server) -> None:
    for dsn, message in {
        "postgresql://me:canary@127.0.0.1:1/db": r"no connection to database 'db' on 127.* refused",
        "postgresql://me:canary@host:port/db": "the connection string cannot be read",
        postgres.uri + "_not": r"no connection to database .* does not exist \(SQLSTATE 3D000\)",
    }.items():
        with pytest.raises((DatabaseConnectionError, ValueError), match=message) as caught:
            describe(postgres, "SELECT 1", dsn=dsn)
        assert "canary" not in str(caught.value)
    with pytest.raises(DatabaseConnectionError) as connection:
        describe(postgres, "SELECT 1", dsn="postgresql://127.0.0.1:1/db")
    assert isinstance(connection.value, ConnectionError)


def test_requests_and_handles_of_the_wrong_kind(postgres: Server) -> None:
    with pytest.raises(ValueError, match="the request cannot be read"):
        _gocore.pg_open(b"{")
    with pytest.raises(ValueError, match='unknown field "query"'):
        _gocore.pg_open(json.dumps({"query": ""}).encode())
    handle = _gocore.pg_open(request(postgres, "SELECT 1 AS a"))
    for call in (_gocore.pg_check, _gocore.pg_close, _gocore.pg_next):
        with pytest.raises(TypeError, match="not a capsule named"):
            call(object())  # type: ignore[arg-type] # which is the point
    with pytest.raises(TypeError, match="pg_snapshot"):
        _gocore.pg_check(handle)  # type: ignore[arg-type] # which is the point
    with pytest.raises(TypeError):
        _gocore.pg_wait(handle, "1")  # type: ignore[arg-type] # which is the point


def test_a_forked_child_leaves_the_stream_alone(postgres: Server) -> None:
    script = """
    import os, sys
    from polars_io_tools import _gocore
    from polars_io_tools.errors import ForkedProcessError
    from tests.boundary.streams import read_batch
    stream = _gocore.pg_open(sys.argv[1].encode())
    batch = _gocore.pg_next(stream)
    child = os.fork()
    if child == 0:
        try:
            _gocore.pg_next(stream)
        except ForkedProcessError:
            # Releasing what is in C memory works; the handle is left to the parent.
            del batch
            del stream
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    n = 1
    while _gocore.pg_next(stream) is not None:
        n += 1
    print(n)
    """
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            textwrap.dedent(script),
            request(postgres, MANY, batch_rows=1000).decode(),
        ],
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("200\n", "")
