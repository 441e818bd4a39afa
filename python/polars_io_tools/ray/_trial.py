"""The checks of a cluster, made in a process of their own.

A part of Ray that fails to start takes the process along that asked for it, and a process that has
left a cluster is not what it was. So the user's process neither starts nor joins one for a trial.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from polars_io_tools._diagnosis import Check

__all__ = ["checks_of"]

_SECONDS = 300
_CONNECT_SECONDS = 10
_STORE_BYTES = 200 * 2**20
_SHOWN_CHARACTERS = 1000

# Only the last line of the output counts: others write there too.
_SCRIPT = """
import json, sys
import ray
ray.init(**json.loads(sys.argv[1]))
from polars_io_tools._doctor import connected_checks
found = [vars(check) for check in connected_checks()]
ray.shutdown()
print(json.dumps(found), flush=True)
"""

# Short, since the paths of Unix sockets may not have more than about 100 characters.
_SHORT = "/tmp"  # noqa: S108  (a folder of its own is made in it)


def checks_of(address: str | None) -> list[Check]:
    """Return the checks of the cluster at an address, or of one that is started for them."""
    why = "" if address is None else _unreachable(address)
    if why:
        return [_failed(address, why)]
    folder = tempfile.mkdtemp(prefix="piot", dir=_SHORT if Path(_SHORT).is_dir() else None)
    settings: dict[str, Any] = {"address": address or "local", "log_to_driver": False}
    if address is None:
        # On the loopback address, so that nobody else can join.
        own = {"include_dashboard": False, "_temp_dir": folder, "_node_ip_address": "127.0.0.1"}
        settings |= own | {"num_cpus": 2, "object_store_memory": _STORE_BYTES}
    try:
        done = subprocess.run(  # noqa: S603  (Python, with a script from here)
            [sys.executable, "-c", _SCRIPT, json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        return [_failed(address, f"no answer in {_SECONDS} s")]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode != 0:
        return [_failed(address, done.stderr.strip()[-_SHOWN_CHARACTERS:])]
    found = "the one at " + address if address else "one of two CPUs, started for a trial"
    checks = json.loads(done.stdout.splitlines()[-1])
    return [Check("cluster", "ok", found), *(Check(**check) for check in checks)]


def _unreachable(address: str) -> str:
    """Return why nobody listens at host:port, which Ray would wait minutes for."""
    host, _, port = address.rpartition(":")
    if "/" in host or not port.isdigit():
        return ""
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except OSError as error:
        return str(error)
    return ""


def _environment() -> dict[str, str]:
    """Return an environment in which Python finds this package, installed or not."""
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _failed(address: str | None, why: str) -> Check:
    if address is None:
        remedy = "the lines above tell known causes; Ray's logs are in /tmp/ray"
        return Check("cluster", "error", f"Ray does not start here: {why}", remedy)
    remedy = "check the address and, if the cluster asks for one, its token (RAY_AUTH_TOKEN)"
    return Check("cluster", "error", f"the one at {address} cannot be used: {why}", remedy)
