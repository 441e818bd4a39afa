"""What a contender's process is told."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NotOfferedError", "Settings"]


class NotOfferedError(Exception):
    """The contender has nothing to run this case with; the message says why."""


@dataclass(frozen=True)
class Settings:
    """How a contender sets itself up.

    Attributes:
        cpus: the processors that it may use.
        store_bytes: the size of Ray's object store.
        scratch: a folder with a short path, for what the cluster writes.
        ray_address: the cluster to join instead of starting one.
    """

    cpus: int
    store_bytes: int
    scratch: str
    ray_address: str | None = None
