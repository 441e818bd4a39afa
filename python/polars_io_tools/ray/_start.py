"""Known causes for which Ray does not start, or hangs, looked for without starting it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from polars_io_tools._diagnosis import Check

__all__ = ["start_checks"]

_NAME = "start of Ray"

# The longest path of a Unix socket on Linux, and what Ray puts behind its folder.
_SOCKET_PATH = 107
_BEHIND_FOLDER = len("/ray/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store")

# Ray takes no more objects when a disk is so full, and ends workers when the memory is.
_FULL = 0.95

_LOCAL = ("127.0.0.1", "localhost", "*")


def start_checks() -> Iterator[Check]:
    """Yield what is likely to keep Ray from starting on this machine, or one check that is ok."""
    found = (_address(), _folder(), _disk(), *_memory(), _proxy(), _path())
    troubles = [check for check in found if check is not None]
    yield from troubles
    if not troubles:
        yield Check(_NAME, "ok", "no known cause of trouble found on this machine")


def _temporary() -> str:
    return os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()


def _address() -> Check | None:
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        return None
    return Check(
        _NAME,
        "warning",
        f"RAY_ADDRESS is {address}: ray.init() joins that cluster and starts none",
        'unset it, or call ray.init(address="local"), if a cluster of your own is meant',
    )


def _folder() -> Check | None:
    folder = _temporary()
    if len(folder) + _BEHIND_FOLDER <= _SOCKET_PATH:
        return None
    return Check(
        _NAME,
        "error",
        f"the folder for temporary files, {folder}, is too long: Ray's sockets would have paths of "
        f"more than {_SOCKET_PATH} characters",
        "set RAY_TMPDIR to a short folder, such as /tmp, before Ray starts",
    )


def _disk() -> Check | None:
    folder = _temporary()
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return Check(_NAME, "error", f"{folder} cannot be used: {error}", "set RAY_TMPDIR")
    if usage.free > (1 - _FULL) * usage.total:
        return None
    return Check(
        _NAME,
        "error",
        f"the disk of {folder} is more than 95 % full ({usage.free / 1e9:.1f} GB are free): Ray "
        "then takes no objects that do not fit into memory",
        "free some of it, or set RAY_TMPDIR to a folder on another disk",
    )


def _memory() -> Iterator[Check]:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        total, free = (int(lines[k].split()[0]) * 1024 for k in ("MemTotal", "MemAvailable"))
        if free < (1 - _FULL) * total:
            yield Check(
                _NAME,
                "warning",
                f"{free / 1e9:.1f} of {total / 1e9:.0f} GB of memory are free: Ray ends workers "
                "when less than a twentieth is",
                "end other programs, or set RAY_memory_usage_threshold",
            )
    shared = Path("/dev/shm")  # noqa: S108  (looked at only)
    if shared.is_dir() and shutil.disk_usage(shared).free < 2**28:
        yield Check(
            _NAME,
            "warning",
            "less than 256 MiB are free in /dev/shm: Ray's object store goes to the disk then",
            "delete files there, or start the container with a larger --shm-size",
        )


def _proxy() -> Check | None:
    names = ("grpc_proxy", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    name = next((name for name in names if os.environ.get(name)), None)
    direct = "".join(os.environ.get(n, "") for n in ("no_grpc_proxy", "no_proxy", "NO_PROXY"))
    if name is None or any(local in direct for local in _LOCAL):
        return None
    return Check(
        _NAME,
        "warning",
        f"{name} is set, and no_proxy does not leave this machine out: the parts of Ray may not "
        "reach each other",
        "put 127.0.0.1, localhost and the addresses of all nodes into no_proxy",
    )


def _path() -> Check | None:
    if " " not in sys.executable:
        return None
    return Check(
        _NAME,
        "warning",
        f"the path of the interpreter, {sys.executable}, has a space: with a runtime_env, Ray "
        "starts no workers and waits for ever",
        "use an environment in a folder without spaces",
    )
