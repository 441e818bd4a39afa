"""What the tasks of a query share of a database: one state of it, and its connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from polars_io_tools._resources import Resources
from polars_io_tools.db._reader import Query, Reader, SharingReader

__all__ = ["Sharing"]


class _Source(Protocol):
    @property
    def asked(self) -> Query: ...

    def reader(self) -> Reader: ...

    def shown(self) -> str: ...


@dataclass(frozen=True)
class Sharing:
    """How the tasks of a run share a database.

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
