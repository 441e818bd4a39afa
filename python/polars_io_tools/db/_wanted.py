"""Rows of databases for as long as they are wanted, and errors that say where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from polars_io_tools._interrupt import is_interrupted
from polars_io_tools._lifetime import Lifetime
from polars_io_tools.db._reader import Frames
from polars_io_tools.errors import PiotError

__all__ = ["check_wanted", "named_errors", "until_over"]


def until_over(frames: Frames, lifetime: Lifetime) -> Frames:
    """Yield frames until nobody wants them any more, and close what makes them."""
    # A frame or None comes every moment, so that there is nothing to wake up.
    lifetime.then(lambda: None)
    try:
        for frame in frames:
            yield frame
            check_wanted(lifetime)
    finally:
        frames.close()
        lifetime.close()


def check_wanted(lifetime: Lifetime) -> None:
    """Check between two frames that the process and its task go on.

    Raises:
        PiotError: one of them ends.
    """
    if lifetime.exiting:
        raise PiotError("the process ends while a query of scan_db runs")
    if is_interrupted():
        raise PiotError("the task was cancelled while a query of scan_db ran")


@contextmanager
def named_errors() -> Iterator[None]:
    """Say in each error of ours that it is one of scan_db."""
    try:
        yield
    except PiotError as error:
        if str(error).startswith("scan_db"):
            raise
        raise type(error)(f"scan_db: {error}") from error.__cause__
