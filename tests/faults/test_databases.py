"""Queries on a server end with what asked for them, and nobody learns a password."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import LOAD, Driver, Nodes, until
from tests.postgres import Server

# What is promised, on a machine that has nothing else to do.
CANCEL_SECONDS = 2 * LOAD
ORPHAN_SECONDS = 10 * LOAD

APPLICATION = "polars-io-tools"

# With what it takes to break a URI, a regular expression, a shell or a JSON text.
CANARY = f"canary-{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def runs(server: Server) -> bool:
    """Wait until two tasks have their query run."""
    return until(lambda: server.active(APPLICATION) == 2, 60) is not None


def ended(server: Server, seconds: float) -> float | None:
    """Return how long it takes until no query of ours runs, None if that takes too long."""
    return until(lambda: server.active(APPLICATION) == 0, seconds)


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@pytest.mark.parametrize("query", ["waiting", "streaming"])
def test_ctrl_c(one_node: Nodes, tmp_path: Path, server: Server, query: str, engine: str) -> None:
    settings = {"query": query, "engine": engine, "uri": server.uri}
    with one_node.drive("database_drivers.endless", tmp_path, **settings) as driver:
        assert driver.hear() == {"started": True}
        assert runs(server)
        driver.interrupt()
        assert "interrupted" in driver.hear()
        assert ended(server, CANCEL_SECONDS) is not None


def test_a_query_that_fails(one_node: Nodes, tmp_path: Path, server: Server) -> None:
    with one_node.drive("database_drivers.failing", tmp_path, uri=server.uri) as driver:
        assert driver.hear() == {"started": True}
        assert runs(server)
        assert driver.hear() == {"period": "2024-01"}
        assert ended(server, CANCEL_SECONDS) is not None


def kill_driver(nodes: Nodes, driver: Driver) -> None:
    driver.process.kill()


def kill_workers(nodes: Nodes, driver: Driver) -> None:
    driver.process.kill()
    for worker in nodes.busy():
        worker.kill()


@pytest.mark.parametrize(
    ("kill", "seconds"),
    [(kill_driver, ORPHAN_SECONDS), (kill_workers, CANCEL_SECONDS)],
    ids=["the driver", "all"],
)
def test_processes_that_are_killed(
    one_node: Nodes,
    tmp_path: Path,
    server: Server,
    kill: Callable[[Nodes, Driver], None],
    seconds: float,
) -> None:
    settings = {"query": "waiting", "engine": "streaming", "uri": server.uri}
    with one_node.drive("database_drivers.endless", tmp_path, **settings) as driver:
        assert driver.hear() == {"started": True}
        assert runs(server)
        kill(one_node, driver)
        assert ended(server, seconds) is not None
        # The transaction that holds the state ends with the driver.
        held = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        assert until(lambda: server.psql(held) == "0", seconds) is not None


@pytest.fixture
def guarded(server: Server) -> str:
    """The URI of a server for a user who needs the password."""
    server.psql(
        f"CREATE ROLE guarded LOGIN PASSWORD '{CANARY}'; "
        "CREATE TABLE secretive AS SELECT make_date(2024, 1 + g % 12, 15) AS date, g::int8 AS n "
        "FROM generate_series(1, 1200) g; GRANT SELECT ON secretive TO guarded"
    )
    server.ask_for_password("guarded")
    parts = urlsplit(server.uri)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"guarded:{CANARY}@{host}").geturl()


def test_nobody_learns_a_password(
    one_node: Nodes, tmp_path: Path, server: Server, guarded: str
) -> None:
    said: dict[str, str] = {}
    settings = {
        "uri": guarded,
        "wrong": guarded.replace(CANARY, f"{CANARY}-wrong"),
        "nowhere": f"postgresql://me:{CANARY}@127.0.0.1:1/none",
        "malformed": f"postgresql://me:{CANARY}/@[127.0.0.1/none",
    }
    started = time.time()
    with one_node.drive("database_drivers.secretive", tmp_path, **settings) as driver:
        while "tasks" not in said:
            heard = driver.hear()
            said[heard["what"]] = heard["text"]
            assert heard.get("rows", 1200) == 1200
        assert driver.end() == 0
        said["logged by the driver"] = driver.log.read_text()
    assert "28P01" in said["wrong password"]
    assert "28P01" in said["wrong password in tasks"]
    assert "28P01" in said["wrong password, no state"]
    assert "division by zero" in said["failing"]
    assert "WorkerCrashedError" in said["crashing"]
    assert "cannot be read" in said["of no form"]
    assert "2024-01" in said["tasks"]
    assert "piot:2024-01" in said["timeline"]
    assert len(said) == 13
    for what, text in said.items():
        assert CANARY not in text, what
    assert files_with(CANARY, [one_node.logs.parent, Path("/dev/shm")], started) == []


def files_with(secret: str, folders: list[Path], since: float) -> list[Path]:
    """Return the files that hold a secret, of all that Ray has written, the object store too."""
    found = []
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    assert len(files) > 10
    for path in files:
        if path.stat().st_mtime < since - 3600:
            continue
        with path.open("rb") as file:
            before = b""
            while block := file.read(2**24):
                if secret.encode() in before + block:
                    found.append(path)
                    break
                before = block[-64:]
    return found
