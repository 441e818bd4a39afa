"""Objects that are written as their bytes come, in memory that does not grow with them.

A store shows no object before all of its pieces are there and it is closed. What was sent of one
that is not closed stays with the store, unseen, until its rules for unfinished uploads remove it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Writer", "opened_for"]

# How much is sent at a time, and how many such pieces at once: S3 takes 10,000 of them, so 320 GB.
_PIECE_BYTES = 32 << 20
_PIECES_AT_ONCE = 2


def opened_for(client: Any, key: str) -> Any:
    """Return what an object of a client of obstore is written into."""
    from obstore import open_writer

    return open_writer(client, key, buffer_size=_PIECE_BYTES, max_concurrency=_PIECES_AT_ONCE)


class Writer:
    """An object that is written, and there when it is closed; never, if it is not.

    It waits for the store while a few pieces are on their way.

    Attributes:
        failed: why the store did not take a piece.

    Args:
        asked: calls a function with what is opened, and raises an OSError that tells no secrets.
    """

    def __init__(self, asked: Callable[[Callable[[Any], Any]], Any]) -> None:
        self._asked = asked
        self.failed: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write more of it.

        Raises:
            OSError: the store does not take it.
        """
        try:
            return int(self._asked(lambda opened: opened.write(data)))
        except OSError as error:
            self.failed = error
            raise

    def flush(self) -> None:
        """Do nothing: what is there is there when it is closed."""

    def close(self) -> None:
        """Finish it.

        Raises:
            OSError: the store does not take it.
        """
        self._asked(lambda opened: opened.close())
