"""The progress bar: one for each query, on terminals and in notebooks."""

from __future__ import annotations

import sys
from typing import Any, Protocol

from polars_io_tools.errors import MissingDependencyError

__all__ = ["Bar", "open_bar", "require_tqdm"]


class Bar(Protocol):
    """What a query needs of a progress bar."""

    def update(self) -> object: ...
    def close(self) -> object: ...


class _NoBar:
    def update(self) -> None:
        return None

    def close(self) -> None:
        return None


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


def open_bar(progress: bool | None, total: int, description: str | None) -> Bar:
    """Return a bar over `total` periods; None shows one where somebody can see it move."""
    if progress is False or (progress is None and not _watched()):
        return _NoBar()
    try:
        bar_class = require_tqdm()
    except MissingDependencyError:
        if progress:
            raise
        return _NoBar()
    bar: Bar = bar_class(total=total, desc=description or "execute_on_ray", unit="period")
    return bar


def _watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
