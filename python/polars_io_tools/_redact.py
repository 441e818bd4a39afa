"""What users hand to Ray may hold secrets, which no message of ours repeats."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["redacted"]

# Shorter values, such as numbers and names of modes, are no secrets, and part of other words.
_SHORTEST = 6


def redacted(text: str, options: Any) -> str:
    """Return a text without the strings among the values of options.

    Example:
        >>> redacted("cannot log in: token-1", {"env_vars": {"TOKEN": "token-1"}})
        'cannot log in: …'
    """
    for value in sorted(set(_strings(options)), key=len, reverse=True):
        text = text.replace(value, "…")
    return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            yield value
            yield repr(value)[1:-1]
            yield json.dumps(value)[1:-1]
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _strings(each)
