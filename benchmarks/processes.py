"""The processes of a contender, seen from outside: their memory, their work, and their end."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import psutil

__all__ = ["Sampler", "children_cpu_seconds", "end", "memory", "tree"]

_TREE_SECONDS = 0.2
_DRIVER_SECONDS = 0.02


def memory(pid: int) -> int:
    """Return the bytes that a process has in memory, shared ones included; 0 once it has ended."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _tree_memory(pid: int) -> int:
    """Return the bytes of a process and all its descendants, shared ones counted once."""
    total = 0
    for process in tree(pid):
        try:
            info = process.memory_full_info()
        except psutil.Error:
            continue
        # Where the system does not tell how pages are shared, what is a process's own.
        total += info.pss if hasattr(info, "pss") else info.uss
    return total


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and all its descendants; nothing once it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def children_cpu_seconds(pid: int) -> float:
    """Return the processor time, user's and system's, of all descendants of a process so far."""
    total = 0.0
    for process in tree(pid)[1:]:
        try:
            total += sum(process.cpu_times()[:4])  # its own, and that of its children which ended
        except psutil.Error:
            continue
    return total


class Sampler:
    """Looks at the memory of a process again and again, for as long as the context lasts.

    To look at a whole tree costs it time, so that belongs to runs whose time does not count; the
    driver alone is cheap to look at.

    Attributes:
        peak_bytes: the most that was seen.
        start_bytes: what was seen first.
    """

    def __init__(self, pid: int, *, whole_tree: bool) -> None:
        self._pid = pid
        self._look = _tree_memory if whole_tree else memory
        self._seconds = _TREE_SECONDS if whole_tree else _DRIVER_SECONDS
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.start_bytes = self.peak_bytes = 0

    def __enter__(self) -> Self:
        self.start_bytes = self.peak_bytes = self._look(self._pid)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(self._seconds):
            self.peak_bytes = max(self.peak_bytes, self._look(self._pid))
        self.peak_bytes = max(self.peak_bytes, self._look(self._pid))


def end(processes: Iterable[psutil.Process], *, grace_seconds: float) -> None:
    """Wait for processes to end by themselves, and end those that have not after that."""
    _, alive = psutil.wait_procs(list(processes), timeout=grace_seconds)
    for process in alive:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(alive, timeout=10)
