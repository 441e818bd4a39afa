"""Several processes read one state of the database while it changes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from polars_io_tools import _gocore
from polars_io_tools.errors import SnapshotEndedError
from tests.conftest import child_environment
from tests.database.reading import read, request, wait_until

if TYPE_CHECKING:
    from tests.postgres import Server

PARTS = 4
ROWS = 1200

# A child sums the parts that it is told to, one query each.
_CHILD = """
import json, sys
import polars as pl
from polars_io_tools import _gocore
class Holder:
    def __init__(self, capsule): self.capsule = capsule
    def __arrow_c_stream__(self, schema=None): return self.capsule
print("ready", flush=True)
for line in sys.stdin:
    total = 0
    for request in json.loads(line):
        stream = _gocore.pg_open(json.dumps(request).encode())
        while (capsule := _gocore.pg_next(stream)) is not None:
            total += pl.DataFrame(Holder(capsule))["n"].sum()
    print(total, flush=True)
"""


class Child:
    """A process that reads."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answer()

    def ask(self, requests: list[object]) -> None:
        assert self._process.stdin is not None
        print(json.dumps(requests), file=self._process.stdin, flush=True)

    def answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def totals(postgres: Server, children: list[Child], rounds: int, snapshot: str | None) -> list[int]:
    """Count the rows of the table by parts, which the children share, several times."""
    out = []
    for _ in range(rounds):
        held = _gocore.pg_export(request(postgres, "")) if snapshot is None else (None, snapshot)
        parts = [
            json.loads(
                request(
                    postgres,
                    f"SELECT count(*) AS n, pg_sleep(0.05)::text FROM rotating WHERE part = {part}",
                    snapshot=held[1],
                )
            )
            for part in range(PARTS)
        ]
        for i, child in enumerate(children):
            child.ask(parts[i :: len(children)])
        out.append(sum(int(child.answer()) for child in children))
        if held[0] is not None:
            _gocore.pg_close(held[0])
    return out


def test_a_snapshot_is_shared_while_rows_move(postgres: Server) -> None:
    postgres.psql(
        f"CREATE TABLE rotating AS SELECT g % {PARTS} AS part FROM generate_series(1, {ROWS}) g"
    )
    writer = postgres.psql_process()
    children = [Child(), Child()]
    try:
        assert writer.stdin is not None
        # All rows move from part to part, all the time.
        writer.stdin.write(
            "DO $$ BEGIN LOOP UPDATE rotating SET part = (part + 1) % 4 WHERE part IN "
            "(SELECT (random() * 3)::int); COMMIT; END LOOP; END $$;\n"
        )
        writer.stdin.flush()
        wait_until(lambda: postgres.psql("SELECT count(*) FROM rotating WHERE part = 0") != "300")
        assert totals(postgres, children, 8, snapshot=None) == [ROWS] * 8
        # The control: without it, parts are counted at different times.
        assert totals(postgres, children, 8, snapshot="") != [ROWS] * 8
    finally:
        for child in children:
            child.stop()
        postgres.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %'"
        )
        writer.wait(60)
        assert writer.stdin is not None
        writer.stdin.close()


def test_a_snapshot_shows_what_was(postgres: Server) -> None:
    postgres.psql("CREATE TABLE frozen AS SELECT 1 AS a")
    snapshot, name = _gocore.pg_export(request(postgres, ""))
    postgres.psql("UPDATE frozen SET a = 2")
    assert read(postgres, "SELECT a FROM frozen", snapshot=name).item() == 1
    assert read(postgres, "SELECT a FROM frozen").item() == 2
    _gocore.pg_check(snapshot)
    # A retried task reads it again.
    assert read(postgres, "SELECT a FROM frozen", snapshot=name).item() == 1
    _gocore.pg_close(snapshot)
    with pytest.raises(SnapshotEndedError, match="the snapshot of this read has ended"):
        read(postgres, "SELECT a FROM frozen", snapshot=name)
    with pytest.raises(SnapshotEndedError, match="the snapshot was closed"):
        _gocore.pg_check(snapshot)
    with pytest.raises(ValueError, match="is not the name of a snapshot"):
        read(postgres, "SELECT a FROM frozen", snapshot="'; --")


def test_dropping_a_snapshot_ends_it(postgres: Server) -> None:
    held = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    snapshot, name = _gocore.pg_export(request(postgres, ""))
    assert postgres.psql(held) == "1"
    del snapshot
    wait_until(lambda: postgres.psql(held) == "0")
    with pytest.raises(SnapshotEndedError):
        read(postgres, "SELECT 1 AS a", snapshot=name)


def test_a_snapshot_that_the_server_has_ended(postgres: Server) -> None:
    snapshot, _ = _gocore.pg_export(request(postgres, ""))
    postgres.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    )
    with pytest.raises(SnapshotEndedError, match="the snapshot has ended"):
        _gocore.pg_check(snapshot)
