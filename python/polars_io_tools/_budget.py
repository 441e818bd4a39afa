"""How many connections this process and its tasks have to each server, and who waits for one.

A server takes only so many connections, and gives them to whoever comes first. So everything here
that reads from it counts what it uses, the tasks of a query on other machines among it, and a query
starts its next task only when there are connections left for it. Who has none yet holds nothing.

Invariant: what is counted for a server goes back to zero when nothing here reads from it.

It does not know of other programs, nor of the drivers of other queries.

Example:
    >>> budget = Budget()
    >>> budget.add("db:5432", 15)
    >>> budget.left("db:5432", most=16)
    1
"""

from __future__ import annotations

import threading
from collections import Counter

__all__ = ["BUDGET", "Budget"]


class Budget:
    """The connections in use, by server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: Counter[str] = Counter()
        self._held: Counter[str] = Counter()
        self._runs: Counter[str] = Counter()

    def left(self, server: str, most: int) -> int:
        """Return how many more connections there may be if there may be `most` in all."""
        with self._lock:
            return max(0, most - self._used[server])

    def add(self, server: str, count: int) -> None:
        """Count connections that are made now, also where they are too many."""
        with self._lock:
            self._used[server] += count

    def take(self, server: str, count: int, most: int) -> bool:
        """Count connections if there may be so many more, and return whether there may."""
        with self._lock:
            if self._used[server] + count > most:
                return False
            self._used[server] += count
            return True

    def drop(self, server: str, count: int) -> None:
        """Count connections no more."""
        with self._lock:
            self._used[server] -= count

    def hold(self, server: str, most: int) -> bool:
        """Count a connection that stays for as long as a query runs, if there may be one more."""
        with self._lock:
            if self._used[server] + 1 > most:
                return False
            self._used[server] += 1
            self._held[server] += 1
            return True

    def let_go(self, server: str) -> None:
        """Count such a connection no more."""
        with self._lock:
            self._used[server] -= 1
            self._held[server] -= 1

    def begin_run(self, server: str) -> None:
        """Note that a distributed query reads from a server."""
        with self._lock:
            self._runs[server] += 1

    def end_run(self, server: str) -> None:
        """Note that such a query is over."""
        with self._lock:
            self._runs[server] -= 1

    def is_shared(self, server: str) -> bool:
        """Return whether a distributed query reads from a server, so that nobody else may idle."""
        with self._lock:
            return self._runs[server] > 0

    def held(self, server: str) -> int:
        """Return how many connections stay for as long as some query runs."""
        with self._lock:
            return self._held[server]


BUDGET = Budget()
