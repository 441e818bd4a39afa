"""Tells the progress bar and the recording of a run how it goes."""

from __future__ import annotations

from collections.abc import Sequence

from polars_io_tools._period import AnyPartition
from polars_io_tools._recording import Recording
from polars_io_tools._report import Report
from polars_io_tools.ray._progress import Progress
from polars_io_tools.ray._protocol import Watch

__all__ = ["Watched"]


class Watched(Watch):
    """A watch of a run that is recorded, maybe with a bar."""

    def __init__(self, recording: Recording, progress: Progress) -> None:
        self._progress = progress
        self._recording = recording

    def submitted(self, periods: Sequence[AnyPartition], skip: int) -> None:
        """Note a task."""
        self._recording.submitted(periods, skip)

    def arrived(self, periods: Sequence[AnyPartition], report: Report) -> None:
        """Note what a worker says of a part."""
        self._recording.arrived(periods, report)
        if report["last"]:
            self._progress.took(periods[0].label, report["seconds"])
        if report["wrote"] is not None:
            rows, size = report["wrote"]
            self._progress.arrived(rows or 0, size)

    def finished(self, period: AnyPartition) -> None:  # noqa: ARG002  (a bar counts)
        """Count a period."""
        self._progress.finished()

    def failed(self, periods: Sequence[AnyPartition], error: Exception, *, again: bool) -> None:
        """Note a failure, and count what is tried again."""
        self._recording.failed(periods, error)
        self._progress.failed(periods[0].label, len(periods) if again else 0)

    def read(self, periods: Sequence[AnyPartition]) -> None:
        """Note that rows have gone to the query above."""
        self._recording.read(periods)

    def held_back(self) -> None:
        """Note that the store is full."""
        self._recording.held_back()
