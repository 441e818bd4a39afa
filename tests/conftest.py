"""What tests of several folders share: one Ray cluster, and servers of PostgreSQL.

Ray takes seconds to start and now and then fails to, so it starts once, with retries, in a process
of its own: a raylet that fails takes the process that started it along. That process ends the
cluster when its standard input closes, so nothing stays behind, however the tests end.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import polars_io_tools
from polars_io_tools import _gocore
from tests import distribution
from tests.postgres import KINDS, Server, Servers

_ATTEMPTS = 3
_START_SECONDS = 120

# What both the cluster and whoever joins it have to agree on; Ray reads it when it is imported.
_ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    # Off, Ray uses the loopback address and nothing else, on Linux too.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # The default that Ray announces for later; without it, ray.init() warns.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # How often the raylet writes down what is in the object store, which tests read.
    "RAY_event_stats_print_interval_ms": "1000",
}
os.environ.update(_ENVIRONMENT)
os.environ.pop("RAY_ADDRESS", None)

_HOLDER = """
import json, shutil, sys
import ray
settings = json.loads(sys.argv[1])
ray.init(
    address="local",
    num_cpus=settings["cpus"],
    object_store_memory=settings["store_bytes"],
    include_dashboard=False,
    log_to_driver=False,
    _temp_dir=settings["folder"],
)
print("address", ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
shutil.rmtree(settings["folder"], ignore_errors=True)
"""


def child_environment() -> dict[str, str]:
    """Return an environment in which Python finds this package, installed or not."""
    paths = [str(Path(polars_io_tools.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


class _Cluster:
    """A cluster in a process of its own, with a folder for all that it writes."""

    def __init__(self) -> None:
        # Short, since the paths of Unix sockets may not have more than about 100 characters.
        base = "/tmp" if Path("/tmp").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="piot", dir=base))
        self._log = (self.folder / "start.log").open("w+")
        self._holder = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, self._settings()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=self.folder,
            env=child_environment(),
        )

    def _settings(self) -> str:
        folder = str(self.folder)
        return f'{{"cpus": 2, "store_bytes": {300 * 2**20}, "folder": "{folder}"}}'

    def address(self) -> str | None:
        """Return the address, None if the cluster did not start."""
        assert self._holder.stdout is not None
        watchdog = threading.Timer(_START_SECONDS, self._holder.kill)
        watchdog.start()
        try:
            for line in self._holder.stdout:
                if line.startswith("address "):
                    return line.split()[1]
        finally:
            watchdog.cancel()
        return None

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()[-3000:]

    def stop(self) -> None:
        assert self._holder.stdin is not None
        assert self._holder.stdout is not None
        self._holder.stdin.close()
        try:
            self._holder.wait(30)
        except subprocess.TimeoutExpired:
            self._holder.kill()
            self._holder.wait()
        self._holder.stdout.close()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """Connect this process to a cluster of two CPUs; workers run in another folder."""
    import ray

    logs = []
    for _ in range(_ATTEMPTS):
        cluster = _Cluster()
        try:
            address = cluster.address()
            if address is None:
                logs.append(cluster.log())
                continue
            try:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            except ConnectionError as error:
                logs.append(f"{error}\n{cluster.log()}")
                continue
            yield
            ray.shutdown()
            return
        finally:
            cluster.stop()
    pytest.fail(f"Ray did not start in {_ATTEMPTS} attempts:\n" + "\n---\n".join(logs))


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Servers of PostgreSQL, of which each starts when a test asks for it."""
    servers = Servers()
    yield servers
    _gocore.pg_disconnect()
    servers.close()


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> Server:
    """One PostgreSQL for all tests that can do with either kind."""
    return servers.of()


@pytest.fixture(scope="session", params=KINDS)
def collating(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """PostgreSQL with the collations of libc, and with those of ICU."""
    return servers.wanted(request.param)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep tests together that need the same servers, where several processes run them."""
    return distribution.scheduler(config, log)


@pytest.fixture(autouse=True)
def _connected(request: pytest.FixtureRequest) -> None:
    """Give tests marked `ray` the cluster."""
    if request.node.get_closest_marker("ray") is not None:
        request.getfixturevalue("ray_cluster")


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, str]]:
    """A local S3 server with one bucket, `bucket`: the storage options that get there."""
    from tests.stores import served

    with served() as found:
        yield found
