"""Who takes part in the suite about sinks."""

from __future__ import annotations

from dataclasses import replace

from benchmarks import environments
from benchmarks.environments import Contender

__all__ = ["CONTENDERS", "OURS"]

_MODULES = "benchmarks.sinks.contenders"


def _of_files(name: str, module: str) -> Contender:
    return replace(environments.CONTENDERS[name], module=f"{_MODULES}.{module}", lacks=())


OURS = _of_files("ours", "this_package")
CONTENDERS = {
    contender.name: contender
    for contender in (
        _of_files("polars", "plain_polars"),
        OURS,
        _of_files("daft", "daft_on_ray"),
        _of_files("ray_data", "ray_data"),
    )
}
