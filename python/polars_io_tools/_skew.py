"""The versions on which driver and worker have to agree: plans do not travel between them."""

from __future__ import annotations

import sys

import polars as pl

from polars_io_tools._version import __version__

__all__ = ["check_versions", "versions"]


def versions() -> dict[str, str]:
    """Return the versions on which driver and worker have to agree."""
    return {
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "polars": pl.__version__,
        "polars-io-tools-go": __version__,
    }


def check_versions(driver: dict[str, str], node: str) -> None:
    """Check that this process, a worker on a node, has the versions of the driver.

    Raises:
        RuntimeError: it has others.
    """
    worker = versions()
    different = [
        f"{name} {worker.get(name)} here, {version} on the driver"
        for name, version in driver.items()
        if worker.get(name) != version
    ]
    if different:
        msg = (
            f"the worker on node {node} has other versions than the driver: "
            f"{'; '.join(different)}. Plans do not travel between versions: install the "
            "driver's versions there, or start Ray with a runtime_env that does."
        )
        raise RuntimeError(msg)
