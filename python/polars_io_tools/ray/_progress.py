"""The progress bar: one for each query, on terminals and in notebooks.

It counts periods, and shows beside them the rows and bytes that have arrived, and how many periods
were tried again.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Protocol

from polars_io_tools.errors import MissingDependencyError

__all__ = ["Progress", "require_tqdm"]

# Shows a bar, or none, where the argument `progress` leaves it open.
_VARIABLE = "PIOT_PROGRESS"
_VALUES = {"0": False, "1": True}

# From here on, three digits would round to four.
_THOUSAND = 999.5


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
        msg = "progress=True needs tqdm; install polars-io-tools-go[ray]"
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

    def retried(self, periods: int) -> None:
        """Count periods that failed and are tried again."""
        self._retried += periods
        self._show()

    def close(self) -> None:
        """Take the bar away; it stays on the terminal as it is."""
        if self._bar is not None:
            self._bar.close()

    def _show(self) -> None:
        if self._bar is None:
            return
        texts = [f"{_short(self._rows)} rows", f"{_short(self._bytes)}B"]
        if self._retried:
            texts.append(f"{self._retried} retried")
        self._bar.set_postfix_str(", ".join(texts), refresh=False)


def _wanted() -> bool:
    wanted = _VALUES.get(os.environ.get(_VARIABLE, ""))
    return _watched() if wanted is None else wanted


def _watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def _short(count: float) -> str:
    """Return a number as people read it: 999, 1.5k, 20M."""
    for unit in ("", "k", "M", "G"):
        if count < _THOUSAND:
            return f"{count:.3g}{unit}"
        count /= 1000
    return f"{count:.3g}T"
