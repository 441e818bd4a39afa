"""The progress bar: one for each query, on terminals and in notebooks.

It counts periods, and shows beside them the rows and bytes that have arrived, the slowest period so
far, how many periods were tried again, and which ones failed.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Protocol

from polars_io_tools._figures import amount
from polars_io_tools._installation import installing
from polars_io_tools.errors import MissingDependencyError

__all__ = ["Progress", "require_tqdm"]

# Shows a bar, or none, where the argument `progress` leaves it open.
_VARIABLE = "PIOT_PROGRESS"
_VALUES = {"0": False, "1": True}

# From here on the slowest period is worth a name.
_SLOW_SECONDS = 0.1

# How many failures are named, the latest.
_NAMED = 3


class _Bar(Protocol):
    """What a query needs of a bar of tqdm."""

    def update(self, n: int) -> object: ...
    def set_postfix_str(self, s: str, refresh: bool) -> object: ...
    def close(self) -> object: ...


def require_tqdm() -> Any:
    """Return the bar class of tqdm that fits the terminal or notebook.

    Raises:
        MissingDependencyError: tqdm is not installed.
    """
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        msg = f"progress=True needs tqdm: {installing('ray')}"
        raise MissingDependencyError(msg) from error
    return tqdm


class Progress:
    """How far a query is, shown if somebody can see it move.

    Args:
        shown: whether to show a bar; None leaves it to `PIOT_PROGRESS`, and else to where the
            output goes.
        total: the number of periods.
        description: what stands before the bar.
        unit: what it counts.

    Raises:
        MissingDependencyError: a bar was asked for, and tqdm is not installed.
    """

    def __init__(
        self, shown: bool | None, total: int, description: str | None, unit: str = "period"
    ) -> None:
        self._rows = self._bytes = self._retried = 0
        self._slowest = (0.0, "")
        self._failed: dict[str, None] = {}
        self._bar: _Bar | None = None
        if shown is False or (shown is None and not _wanted()):
            return
        try:
            bar_class = require_tqdm()
        except MissingDependencyError:
            if shown:
                raise
            return
        self._bar = bar_class(total=total, desc=description or "execute_on_ray", unit=unit)

    def finished(self) -> None:
        """Count a period that is computed."""
        if self._bar is not None:
            self._bar.update(1)

    def arrived(self, rows: int, size: int) -> None:
        """Count rows that have arrived, and their bytes."""
        self._rows += rows
        self._bytes += size
        self._show()

    def took(self, period: str, seconds: float) -> None:
        """Take note of how long a period took, in case it is the slowest."""
        self._slowest = max(self._slowest, (seconds, period))

    def failed(self, period: str, retried: int) -> None:
        """Count periods whose task failed and that are tried again, and name the first."""
        self._failed[period] = None
        self._retried += retried
        self._show()

    def close(self) -> None:
        """Take the bar away; it stays on the terminal as it is."""
        if self._bar is not None:
            self._bar.close()

    def _show(self) -> None:
        if self._bar is None:
            return
        texts = [f"{amount(self._rows)} rows", f"{amount(self._bytes)}B"]
        seconds, period = self._slowest
        if seconds >= _SLOW_SECONDS:
            texts.append(f"slowest {period} {seconds:.3g}s")
        if self._retried:
            texts.append(f"{self._retried} retried")
        if self._failed:
            named = [*self._failed][-_NAMED:]
            more = len(self._failed) - len(named)
            texts.append(f"failed {' '.join(named)}" + (f" and {more} more" if more else ""))
        self._bar.set_postfix_str(", ".join(texts), refresh=False)


def _wanted() -> bool:
    wanted = _VALUES.get(os.environ.get(_VARIABLE, ""))
    return _watched() if wanted is None else wanted


def _watched() -> bool:
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _in_notebook() -> bool:
    """Tell whether this process is a kernel, and not one that has started others."""
    kernel = getattr(sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None)
    return kernel is not None and bool(kernel.initialized())
