"""Which tests one process runs, where several run them: those that need the same servers.

What takes long to start, Ray above all, is started by one of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

__all__ = ["scheduler"]

_ROOT = Path(__file__).parents[1]

# What files say that use a cluster.
_CLUSTERS = ("mark.ray", "one_node", "many_nodes", "ray_cluster")

# Folders with servers, or with wheels, of their own.
_TOGETHER = ("database", "packaging", "pushdown")


@cache
def group_of(file: str) -> str:
    """Return what the tests of a file are kept together with."""
    folder = Path(file).parts[1]
    text = (_ROOT / file).read_text()
    if folder == "faults" or any(word in text for word in _CLUSTERS):
        return "ray"
    return folder if folder in _TOGETHER else file


class _ByServer(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.split("::", 1)[0])


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what hands the tests out: the largest groups first."""
    return _ByServer(config, log)
