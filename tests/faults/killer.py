"""Kills busy workers now and then."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Self

import psutil

if TYPE_CHECKING:
    from tests.faults.conftest import Nodes


class Killer:
    """While it is open, a worker with a task of ours is killed every 0.5 to 2 seconds."""

    def __init__(self, nodes: Nodes, seed: int) -> None:
        self._nodes = nodes
        self._random = random.Random(seed)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.killed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(self._random.uniform(0.5, 2)):
            busy = sorted(self._nodes.busy(), key=lambda process: process.pid)
            if not busy:
                continue
            try:
                self._random.choice(busy).kill()
            except psutil.NoSuchProcess:
                continue
            self.killed += 1
