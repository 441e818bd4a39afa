"""The process of a contender: runs a case whenever it is asked to.

It is told what to do by lines of JSON on its standard input, and answers by lines on what was its
standard output; whatever libraries print goes to its standard error. A request to run a case is
answered by three events: `prepared`, then, once it is told to go, `answered` with the time it took,
and `checked` with the summary of the answer, which is made after the time was taken. `failed` ends
any request.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from importlib import metadata
from types import ModuleType
from typing import Any

from benchmarks.answers import columns, summarise
from benchmarks.cases import CASES, Case
from benchmarks.data import Data, Source
from benchmarks.databases import cases as databases
from benchmarks.databases.table import Table
from benchmarks.settings import NotOfferedError, Settings
from benchmarks.sinks import cases as sinks

_PACKAGES = (
    "polars",
    "polars-io-tools-go",
    "polars-io-tools",
    "ray",
    "daft",
    "dask",
    "distributed",
    "pandas",
    "pyarrow",
    "adbc-driver-postgresql",
    "connectorx",
    "arrow-odbc",
    "pyodbc",
)

_CASES = {**CASES, **databases.CASES, **sinks.CASES}
_SOURCES: dict[str, Callable[..., Source]] = {"files": Data.received, "table": Table.received}


class Server:
    """Runs requests on the module of one contender."""

    def __init__(self, module: str, settings: Settings, data: Source) -> None:
        self._name = module
        self._settings = settings
        self._data = data
        self._module: ModuleType | None = None
        # What the case at hand works on; dropped when another case comes.
        self._prepared: tuple[str, Any] | None = None

    def start(self) -> dict[str, Any]:
        """Import the contender and start its cluster."""
        self._module = importlib.import_module(self._name)
        self._module.start(self._settings)
        return {"event": "started", "versions": versions()}

    def run(
        self, case: Case, say: Callable[[dict[str, Any]], None], wait: Callable[[], None]
    ) -> dict[str, Any]:
        """Run a case, once `wait` returns.

        Raises:
            NotOfferedError: the contender has nothing to run it with.
        """
        query = self._query(case)
        argument = self._argument(case)
        gc.collect()
        say({"event": "prepared"})
        wait()
        cpu, start = time.process_time(), time.perf_counter()
        answer = query(argument)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        say({"event": "answered", "seconds": seconds, "cpu_seconds": cpu_seconds})
        summary = summarise(answer, case.schema)
        each = columns(answer, case.schema) if case.by_column else None
        return {"event": "checked", **summary._asdict(), "columns": each}

    def _query(self, case: Case) -> Callable[[Any], Any]:
        name = "hourly" if case.periods else case.name
        query = getattr(self._module, name, None)
        if query is None:
            raise NotOfferedError("has no counterpart of this")
        return partial(query, count=case.periods) if case.periods else query

    def _argument(self, case: Case) -> Any:
        if self._prepared is None or self._prepared[0] != case.name:
            self._prepared = None
            prepare = getattr(self._module, f"prepare_{case.name}", None)
            self._prepared = (case.name, prepare(self._data) if prepare else self._data)
        return self._prepared[1]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that are compared."""
    found = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def main() -> None:
    """Answer requests until the standard input is closed."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(event: dict[str, Any]) -> None:
        out.write(json.dumps(event) + "\n")

    def wait() -> None:
        if not sys.stdin.readline():
            sys.exit()

    told = json.loads(sys.argv[1])
    kind, described = told["data"]
    settings = Settings(**told["settings"])
    server = Server(told["module"], settings, _SOURCES[kind](**described))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "start":
                say(server.start())
            else:
                say(server.run(_CASES[request["case"]], say, wait))
        except NotOfferedError as error:
            say({"event": "failed", "offered": False, "error": str(error)})
        except Exception as error:  # noqa: BLE001  (whatever a library raises is its result)
            traceback.print_exc()
            text = f"{type(error).__name__}: {error}".strip()
            say({"event": "failed", "offered": True, "error": text.splitlines()[0][:300]})


if __name__ == "__main__":
    main()
