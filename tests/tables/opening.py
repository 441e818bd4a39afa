"""Which files of a folder are opened, by whatever process: the kernel tells (inotify of Linux)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPEN = 0x20  # IN_OPEN
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows


@contextmanager
def opened(folder: str | Path) -> Iterator[Counter[str]]:
    """Count how often each data file is opened inside; the counts are there at the end."""
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(os.O_NONBLOCK)
    if queue < 0 or libc.inotify_add_watch(queue, os.fsencode(folder), _OPEN) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    found: Counter[str] = Counter()
    try:
        yield found
        found.update(name for name in _names(queue) if name.endswith(".parquet"))
    finally:
        os.close(queue)


def _names(queue: int) -> Iterator[str]:
    while True:
        try:
            events = os.read(queue, 1 << 16)
        except BlockingIOError:
            return
        while events:
            length = _EVENT.unpack_from(events)[3]
            name, events = events[_EVENT.size :][:length], events[_EVENT.size + length :]
            yield os.fsdecode(name.rstrip(b"\0"))
