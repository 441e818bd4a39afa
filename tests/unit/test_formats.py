"""Files are read in parallel, as many at a time as the bound on memory allows."""

from __future__ import annotations

import threading
from typing import Any

import polars as pl
import pytest

from polars_io_tools import _formats
from polars_io_tools._transport import decode, encode

FRAME = pl.DataFrame({"x": range(1000), "t": [f"{i:020}" for i in range(1000)]})


class Watched:
    """Reads files like the original, and notes how many are read at the same time."""

    def __init__(self, together: int) -> None:
        self._read = _formats._read_file
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0
        # Everybody waits for the others, so that what may run together does.
        self._barrier = threading.Barrier(together)

    def __call__(self, file: Any, way: Any) -> pl.DataFrame:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._barrier.wait(timeout=30)
        frame = self._read(file, way)
        with self._lock:
            self._now -= 1
        return frame


@pytest.mark.parametrize("return_as", ["ipc", "parquet"])
@pytest.mark.parametrize(("room", "together"), [(0.5, 1), (1, 1), (2.5, 2), (100, 4)])
def test_as_many_at_once_as_there_is_room_for(
    return_as: Any, room: float, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(together)
    monkeypatch.setattr(_formats, "_read_file", watched)
    monkeypatch.setattr(_formats, "_IN_FLIGHT", int(room * FRAME.estimated_size()))
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 4)
    parts = [part for _ in range(8) for part in encode(FRAME, return_as)]
    assert decode(parts).equals(pl.concat([FRAME] * 8))
    assert watched.most == together


def test_a_failure_leaves_room_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_formats, "_IN_FLIGHT", 1)
    parts = [part for _ in range(8) for part in encode(FRAME, "ipc")]
    parts[3] = (*parts[3][:3], b"no file")
    with pytest.raises(pl.exceptions.ComputeError):
        decode(parts)
