"""What `RayEngine` refuses, and in which words: a part of the table of messages."""

from __future__ import annotations

import operator

import polars_io_tools as piot
from tests.messages import Case

__all__ = ["RAY_ENGINE_CASES"]

RAY_ENGINE_CASES: dict[str, Case] = {
    "unknown name": Case(
        lambda *_: operator.attrgetter("RayEngin")(piot),
        AttributeError,
        "module 'polars_io_tools' has no attribute 'RayEngin'",
    ),
}
