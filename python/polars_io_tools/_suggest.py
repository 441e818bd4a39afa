"""What to say of a name that is not known: names near to it, or those that there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["suggest"]

_MAX_LISTED = 20


def suggest(value: object, names: Iterable[str], intro: str = "use one of") -> str:
    """Return the names near to a mistyped one, or all of them while they are few."""
    known = list(names)
    near = difflib.get_close_matches(str(value), known, n=3)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    shown = ", ".join(map(repr, known[:_MAX_LISTED]))
    return f"{intro} {shown}{', …' if len(known) > _MAX_LISTED else ''}"
