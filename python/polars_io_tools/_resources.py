"""What the sources of a query need on the driver for as long as the query runs.

A source that tasks read from may need more than data: a state of a database that all tasks see, for
which somebody has to keep a transaction open; a password, which must not travel as data does; and
connections, of which a server takes only so many. It asks for them when the plan is sent.

Invariant: when a run ends, however it ends, everything that it held is given back.

Example:
    >>> resources = Resources(lambda key, value: value, processes=8)
    >>> resources.connect("db:5432", 1, most=4)
    >>> while resources.has_room():
    ...     resources.begin_task()
    >>> BUDGET.left("db:5432", most=5)
    1
    >>> resources.close()
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any, Protocol, TypeVar, cast

from polars_io_tools._budget import BUDGET
from polars_io_tools.errors import DatabaseConnectionError

__all__ = ["Held", "NoRoomError", "Resources"]


class NoRoomError(Exception):
    """The tasks of other queries have all connections to a server. It never leaves a run."""


class Held(Protocol):
    """Something that is open for as long as a query runs."""

    def check(self) -> None:
        """Raise if what tasks have read so far does not go together. It takes no time."""

    def close(self) -> None:
        """End it."""


H = TypeVar("H", bound=Held)


class Resources:
    """What one run holds.

    Args:
        hide: takes a key and a secret, and returns an item for tasks, through which `reveal` of a
            worker gets at the secret by the key.
        processes: how many processes may run tasks at once.
        waits: whether what is held may wait for the tasks of other queries, by a `NoRoomError`.
    """

    def __init__(
        self, hide: Callable[[str, str], Any], processes: float, *, waits: bool = False
    ) -> None:
        self.hide = hide
        self.processes = processes
        self._waits = waits
        self._held: dict[Hashable, Held] = {}
        self._holding: list[str] = []  # the server of each connection that is held
        # For each server, how many connections a task takes, and the most that there may be.
        self._needs: dict[str, tuple[int, int]] = {}
        self._tasks = 0  # those that have begun, and the next one if it is reserved
        self._reserved = False
        self._lock = threading.Lock()

    def held(self, key: Hashable, server: str, take: Callable[[], H]) -> H:
        """Return what is held under a key, taken once a run.

        It is a connection to the server, if one is named, to which tasks are connected as well.

        Raises:
            NoRoomError: the tasks of other queries have all connections; some end soon.
        """
        if key not in self._held:
            if server:
                self._hold(server)
            self._held[key] = take()
        return cast("H", self._held[key])

    def _hold(self, server: str) -> None:
        count, most = self._needs[server]
        if not self._waits or self._holding.count(server) + 1 + count > most:
            most = sys.maxsize  # of what is too much, `start` says what
        else:
            _check_held(server, 1 + count, most)
        if not BUDGET.hold(server, most):
            raise NoRoomError
        self._holding.append(server)

    def connect(self, server: str, count: int, most: int) -> None:
        """Say that each task has so many connections to a server, of which it may have `most`."""
        if server not in self._needs:
            BUDGET.begin_run(server)
        before, allowed = self._needs.get(server, (0, most))
        self._needs[server] = (before + count, min(allowed, most))

    def start(self) -> None:
        """Check that a task can ever begin; everything is asked for by now.

        Raises:
            ValueError: a task takes more connections than there may be.
            DatabaseConnectionError: other queries hold too many for as long as they run.
        """
        for server, (count, most) in self._needs.items():
            own = self._holding.count(server)
            if own + count > most:
                shared = ", and one goes to the state that all tasks share" if own else ""
                msg = (
                    f"scan_db: max_connections={most} is too small: each task needs {count} "
                    f"connections to {server}{shared}"
                )
                raise ValueError(msg)
            _check_held(server, count, most)

    def has_room(self) -> bool:
        """Return whether there are connections for the next task, which has them from now on."""
        with self._lock:
            if not self._reserved:
                taken: list[tuple[str, int]] = []
                for server, (count, most) in self._needs.items():
                    if not BUDGET.take(server, count, most):
                        for other, others in taken:
                            BUDGET.drop(other, others)
                        return False
                    taken.append((server, count))
                self._reserved = True
                self._tasks += 1
        return True

    def begin_task(self) -> None:
        """Count a task that begins now, whether there is room for it or not."""
        with self._lock:
            if self._reserved:
                self._reserved = False
                return
            self._tasks += 1
            for server, (count, _) in self._needs.items():
                BUDGET.add(server, count)

    def end_task(self) -> None:
        """Count the connections of a task no more."""
        with self._lock:
            if self._tasks == 0:
                return
            self._tasks -= 1
            for server, (count, _) in self._needs.items():
                BUDGET.drop(server, count)

    def check(self) -> None:
        """Raise if what tasks have read so far does not go together."""
        for held in list(self._held.values()):
            held.check()

    def close(self) -> None:
        """Give everything back."""
        while self._tasks:
            self.end_task()
        needs, self._needs = self._needs, {}
        for server in needs:
            BUDGET.end_run(server)
        held, self._held = self._held, {}
        for each in held.values():
            with suppress(Exception):  # a server that is gone has given it back
                each.close()
        holding, self._holding = self._holding, []
        for server in holding:
            BUDGET.let_go(server)


def _check_held(server: str, count: int, most: int) -> None:
    """Check that there are connections that do not stay for as long as some query runs."""
    if BUDGET.held(server) + count > most:
        msg = (
            f"scan_db: other queries of this process hold the {most} connections that "
            f"max_connections allows to {server}; let one of them end, or raise it"
        )
        raise DatabaseConnectionError(msg)
