"""What an error of Polars says, without what it says of plans that were made here."""

from __future__ import annotations

__all__ = ["reason"]


def reason(error: Exception) -> str:
    """Return why a query is not valid, on one line: the plan, which is long, is left out."""
    return str(error).partition("\n\nResolved plan")[0].replace("\n\n", "; ")
