"""PostgreSQL's ODBC driver: that of the system, or Debian's packages unpacked into the cache."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Driver", "DriverMissingError", "find"]

_SYSTEM = ("/usr/lib/*/odbc/psqlodbcw.so", "/usr/lib*/psqlodbcw.so", "/usr/local/lib/psqlodbcw.so")
_PACKAGES = ("odbc-postgresql", "libodbc2", "libodbcinst2", "libltdl7", "libpq5")


class DriverMissingError(Exception):
    """There is no ODBC driver, and it cannot be fetched; the message says why."""


@dataclass(frozen=True)
class Driver:
    """The driver's file.

    Attributes:
        path: of the driver.
        libraries: the folder of the libraries that it needs, None if the system finds them.
        version: of its package, where it was fetched.
    """

    path: Path
    libraries: Path | None = None
    version: str = "of the system"

    def connection_string(self, uri: str) -> str:
        """Return the connection string of a database; rows are fetched as they are wanted."""
        parts = urlsplit(uri)
        words = {
            "Driver": self.path,
            "Server": parts.hostname,
            "Port": parts.port or 5432,
            "Database": parts.path.lstrip("/"),
            "Uid": unquote(parts.username or ""),
            "Pwd": unquote(parts.password or ""),
            "UseDeclareFetch": 1,
            "Fetch": 10_000,
        }
        return "".join(f"{name}={value};" for name, value in words.items() if value != "")


def find(cache: Path) -> Driver:
    """Return the driver of the system, or the one of the cache, which is fetched if need be.

    Raises:
        DriverMissingError: there is neither, and it cannot be fetched.
    """
    root = Path("/")
    for pattern in _SYSTEM:
        found = sorted(root.glob(pattern.lstrip("/")))
        if found and ctypes.util.find_library("odbc"):
            return Driver(found[0])
    folder = cache / "odbc"
    if not (folder / "complete").exists():
        _fetch(folder)
        (folder / "complete").touch()
    drivers = sorted(folder.glob("usr/lib/*/odbc/psqlodbcw.so"))
    packages = sorted(folder.glob("odbc-postgresql_*.deb"))
    if not (drivers and packages):
        raise DriverMissingError(f"no ODBC driver: the packages in {folder} have none")
    version = packages[0].name.split("_")[1].replace("%3a", ":")
    driver = Driver(drivers[0], drivers[0].parents[1], version)
    _check(driver)
    return driver


def _fetch(folder: Path) -> None:
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise DriverMissingError(
                f"no ODBC driver: psqlODBC is not installed, and there is no {program} to fetch it"
            )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _call(folder, "apt-get", "download", *_PACKAGES)
    for package in sorted(folder.glob("*.deb")):
        _call(folder, "dpkg", "-x", str(package), str(folder))


def _check(driver: Driver) -> None:
    """Look whether all libraries are there.

    Raises:
        DriverMissingError: one is not.
    """
    variables = {**os.environ, "LD_LIBRARY_PATH": str(driver.libraries)}
    listed = _call(driver.path.parent, "ldd", str(driver.path), variables=variables)
    missing = [line.split()[0] for line in listed.splitlines() if "not found" in line]
    if missing:
        raise DriverMissingError(f"no ODBC driver: it needs {', '.join(missing)}")


def _call(folder: Path, *command: str, variables: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise DriverMissingError(f"no ODBC driver: {' '.join(command[:2])} failed: {last}")
    return done.stdout
