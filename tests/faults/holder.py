"""Holds a Ray cluster of several nodes on this machine, and does to it what its parent asks.

It is a program of its own: Ray keeps one cluster in a process, a raylet that fails takes the
process that started it along, and what a node inherits of the environment must not reach the tests.
It reads one command a line from its standard input, answers each with one line, and ends the
cluster when its input closes, so nothing stays behind however the tests end.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any

from ray.cluster_utils import Cluster


class Holder:
    """The nodes by name; the first is the head, to which drivers connect."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._cluster = Cluster(shutdown_at_exit=True)
        self._nodes: dict[str, Any] = {}

    def add(self, name: str, environment: dict[str, str], **settings: Any) -> dict[str, Any]:
        """Start a node whose processes, and nobody else's, have these variables."""
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            extra = {} if self._nodes else {"include_dashboard": False}
            node = self._cluster.add_node(temp_dir=self._folder, **extra, **settings)
        finally:
            os.environ.clear()
            os.environ.update(before)
        self._nodes[name] = node
        return {"address": self._cluster.address, "logs": node.get_logs_dir_path()}

    def remove(self, name: str) -> dict[str, Any]:
        """End a node as a power failure does."""
        self._cluster.remove_node(self._nodes.pop(name), allow_graceful=False)
        return {}

    def pids(self, name: str) -> dict[str, Any]:
        """Return the processes that were started for a node."""
        processes = self._nodes[name].live_processes()
        return {kind: process.pid for kind, process in processes}

    def end(self) -> None:
        """Stop all nodes."""
        shutdown: Any = self._cluster.shutdown
        shutdown()


def main(folder: str) -> None:
    """Answer commands until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Ray prints goes to the log
    holder = Holder(folder)
    try:
        for line in sys.stdin:
            command = json.loads(line)
            answer = getattr(holder, command.pop("command"))(**command)
            print(json.dumps(answer), file=answers, flush=True)
    finally:
        holder.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
