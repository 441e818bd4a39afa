"""How quick and small the latest periods were, which says how many may share a task."""

from __future__ import annotations

from collections import deque

__all__ = ["Pace"]

# What a task of several periods should take, and bring at most.
_TASK_SECONDS = 0.1
_TASK_BYTES = 8 * 2**20

_REMEMBERED = 8  # estimates rest on so many of the latest periods


class Pace:
    """Estimates for the next periods."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._bytes: deque[int] = deque(maxlen=_REMEMBERED)

    def note(self, seconds: float, size: int) -> None:
        """Take a finished period into account."""
        self._seconds.append(seconds)
        self._bytes.append(size)

    def size(self) -> int:
        """Return how many bytes a period brings at most."""
        return max(self._bytes, default=0)

    def share(self) -> int:
        """Return how many periods are enough for one task: one, while nothing is known."""
        if not self._seconds:
            return 1
        seconds = sum(self._seconds) / len(self._seconds)
        return min(int(_TASK_SECONDS / max(seconds, 1e-6)), _TASK_BYTES // max(1, self.size()))
