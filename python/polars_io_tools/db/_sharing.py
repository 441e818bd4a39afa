"""What the statements of a query share of a database: one state of it, and its connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from polars_io_tools._budget import BUDGET
from polars_io_tools._resources import Resources
from polars_io_tools._task import inside_task
from polars_io_tools.db._reader import Query, Reader, SharingReader

__all__ = ["Joined", "Sharing"]


class _Source(Protocol):
    @property
    def asked(self) -> Query: ...

    def reader(self) -> Reader: ...

    def shown(self) -> str: ...


@dataclass(frozen=True)
class Joined:
    """What statements of this process share.

    Attributes:
        count: how many of them there may be at once.
        snapshot: the name of the state that they see.
        check: raises if what they have read does not go together.
    """

    count: int
    snapshot: str
    check: Callable[[], None]


@dataclass(frozen=True)
class Sharing:
    """How the statements of a query share a database.

    Attributes:
        snapshot: as the argument of `scan_db`.
        most: the most connections that there may be to the server.
    """

    snapshot: Literal["auto", "required", "off"]
    most: int

    def prepare(self, source: _Source, resources: Resources) -> dict[str, Any]:
        """Return what the statements of a task have to know, as attributes of `Statement`.

        Raises:
            DatabaseError: the state of the database cannot be held.
            ValueError: it cannot be shared and has to be, or the connection is not known here.
        """
        reader = _known(source) if self.snapshot == "off" else source.reader()
        server = getattr(reader, "server", "") if reader is not None else source.shown()
        if server:
            resources.connect(server, 1, self.most)
        # A process keeps one connection, and so they are as many as processes.
        reuse = resources.processes < self.most
        prepared = {"snapshot": self._snapshot(source, reader, resources), "reuse": reuse}
        if isinstance(reader, SharingReader):
            reader.let_go()
        return prepared

    @contextmanager
    def here(self, source: _Source, reader: Reader, wanted: int) -> Iterator[Joined]:
        """Hold a state for statements of this process, and as many connections as there may be.

        At least one: a read that waits for others may wait for those that wait for it.

        Raises:
            DatabaseError: the state of the database cannot be held.
            ValueError: it cannot be shared and has to be.
        """
        server = getattr(reader, "server", "")
        resources = Resources(lambda _, secret: secret, processes=1)
        count = 0
        try:
            if server:
                resources.connect(server, 1, self.most)
            snapshot = self._snapshot(source, reader, resources)
            if isinstance(reader, SharingReader):
                reader.let_go()
            if server:
                resources.start()
                count = max(1, min(wanted, BUDGET.left(server, self.most)))
                BUDGET.add(server, count)
            yield Joined(count or wanted, snapshot, resources.check)
        finally:
            BUDGET.drop(server, count)
            resources.close()

    @contextmanager
    def alone(self, reader: Reader) -> Iterator[None]:
        """Count the connection of one statement of this process; it waits for nobody.

        In a task, that of the task is counted where the task was begun.
        """
        server = getattr(reader, "server", "")
        count = 1 if server and not inside_task() else 0
        BUDGET.add(server, count)
        try:
            yield
        finally:
            BUDGET.drop(server, count)

    def _snapshot(self, source: _Source, reader: Reader | None, resources: Resources) -> str:
        if self.snapshot == "off" or reader is None:
            return ""
        if not isinstance(reader, SharingReader):
            if self.snapshot == "required":
                msg = f"scan_db: snapshot='required' but {reader.shown()} cannot share one"
                raise ValueError(msg)
            return ""
        # Sources of one database see the same state.
        state = resources.held(reader, reader.server, lambda: reader.share(source.asked))
        return state.name


def _known(source: _Source) -> Reader | None:
    """Return the reader, None where only tasks can find out what the connection is."""
    try:
        return source.reader()
    except Exception:  # noqa: BLE001  (whatever a function of the user's raises)
        return None
