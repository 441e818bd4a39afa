"""Who takes part, and the environment from PyPI that each of them runs in.

An environment is made once for each set of requirements and kept in the cache folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "CHART",
    "CONTENDERS",
    "OURS",
    "PUBLISHED",
    "REFERENCE",
    "Contender",
    "EnvironmentFailedError",
    "child_environment",
    "make",
]

ROOT = Path(__file__).parents[1]


class EnvironmentFailedError(Exception):
    """An environment could not be made."""


@dataclass(frozen=True)
class Contender:
    """A library that runs the cases.

    Attributes:
        name: how options and results call it.
        title: how the table calls it.
        module: the module with its queries.
        requirements: what is installed for it; nothing means the interpreter of the harness.
        lacks: the names of cases that it has no counterpart of.
        unordered: its data sets have no order of rows.
        lossy: the columns that it is known to give with other values, in cases that are compared by
            column; it is measured all the same.
        needs: what it needs beside the environment, as the source of the data calls it.
    """

    name: str
    title: str
    module: str
    requirements: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    unordered: bool = False
    lossy: tuple[str, ...] = ()
    needs: str = ""


# Cases that are about periods, or about a function of this package.
_WITHOUT_PERIODS = ("memory_put", "hourly_100", "hourly_1000", "hourly_10000")

REFERENCE = Contender("polars", "plain Polars", "benchmarks.contenders.plain_polars")
OURS = Contender("ours", "this package", "benchmarks.contenders.this_package")
PUBLISHED = Contender(
    "published",
    "polars-io-tools 0.2.6",
    "benchmarks.contenders.published",
    (
        "polars-io-tools==0.2.6",
        "polars==2.1.0",
        "ray==2.60.0",
        "cloudpickle==3.1.2",
        "pyarrow==26.0.1",
        "tqdm==4.70.1",
    ),
    lacks=("memory_put",),
)
CONTENDERS = {
    contender.name: contender
    for contender in (
        REFERENCE,
        OURS,
        PUBLISHED,
        Contender(
            "daft",
            "Daft on Ray",
            "benchmarks.contenders.daft_on_ray",
            ("daft==0.7.26", "ray==2.60.0", "pyarrow==25.0.1", "polars==2.1.0"),
            lacks=_WITHOUT_PERIODS,
            unordered=True,
        ),
        Contender(
            "dask",
            "Dask",
            "benchmarks.contenders.dask_distributed",
            (
                "dask[dataframe,distributed]==2026.8.0",
                "pandas==3.1.1",
                "pyarrow==26.0.1",
                "polars==2.1.0",
            ),
            lacks=_WITHOUT_PERIODS,
        ),
        Contender(
            "ray_data",
            "Ray Data",
            "benchmarks.contenders.ray_data",
            ("ray[data]==2.60.0", "pandas==3.1.1", "pyarrow==26.0.1", "polars==2.1.0"),
            lacks=_WITHOUT_PERIODS,
            unordered=True,
        ),
    )
}

CHART = ("altair==6.3.0", "vl-convert-python==1.9.0.post1")


def child_environment(*, isolated: bool) -> dict[str, str]:
    """Return the environment variables of a process that has to find this harness.

    In an isolated one, what this process has on its path stays out: it may hold another package
    of the same name.
    """
    variables = dict(os.environ)
    inherited = "" if isolated else variables.get("PYTHONPATH", "")
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), inherited]))
    variables.pop("RAY_ADDRESS", None)
    variables.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    variables.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    return variables


def make(requirements: tuple[str, ...], cache: Path, name: str) -> Path:
    """Return the Python of an environment with these requirements, made if it is not there yet.

    Raises:
        EnvironmentFailedError: what is required cannot be installed.
    """
    if not requirements:
        return Path(sys.executable)
    key = hashlib.sha256("\n".join((sys.version, *requirements)).encode()).hexdigest()[:12]
    folder = cache / "environments" / f"{name}-{key}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if complete.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"environment of {name}: {', '.join(requirements)}", flush=True)
    if uv := shutil.which("uv"):
        _call(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        _call(uv, "pip", "install", "--quiet", "--python", str(python), *requirements)
    else:
        _call(sys.executable, "-m", "venv", str(folder))
        pip = (str(python), "-m", "pip", "--disable-pip-version-check")
        _call(*pip, "install", "--quiet", *requirements)
    complete.touch()
    return python


def _call(*command: str) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        last = lines[-1] if lines else "no output"
        raise EnvironmentFailedError(f"{' '.join(command[:4])} … failed: {last}")
