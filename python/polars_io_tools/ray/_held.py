"""How much of the object store the frames of this process keep.

A result uses the memory of the object store for as long as its frame lives. A result that is larger
than the store would fill it and drive Ray to the disk, so from a limit on parts are copied out.
"""

from __future__ import annotations

import threading
import weakref

from polars_io_tools._transport import Part

__all__ = ["held_bytes", "hold"]

# Reentrant, for a frame may be let go while memory is taken inside of the lock.
_lock = threading.RLock()
_held = 0


def held_bytes() -> int:
    """Return how many bytes of parts the frames of this process keep in the object store."""
    return _held


def hold(part: Part, size: int, limit: int) -> Part:
    """Return a part in shared memory, or a copy of it if that would exceed `limit` bytes."""
    global _held  # noqa: PLW0603  (the store is one for the whole process)
    if part[0] != "arrow":  # decoding copies it anyway
        return part
    views = [e if isinstance(e, str | int | tuple) else memoryview(e) for e in part]
    buffers = [view for view in views if isinstance(view, memoryview)]
    with _lock:
        if not buffers:
            return part
        if _held + size > limit:
            return tuple(bytearray(e) if isinstance(e, memoryview) else e for e in views)
        _held += size
    # The frame keeps all buffers of a part, so any of them tells when it goes.
    weakref.finalize(max(buffers, key=len), _let_go, size).atexit = False
    return tuple(views)


def _let_go(size: int) -> None:
    global _held  # noqa: PLW0603  (the store is one for the whole process)
    with _lock:
        _held -= size
