"""Why the scan of a table cannot be made of its files here."""

from __future__ import annotations

__all__ = ["TableObstacle"]


class TableObstacle(Exception):  # noqa: N818  (nothing is wrong: the table is read as written)
    """Polars reads a table in a way that is not known here; the text is for the user."""
