"""Numbers as people read them."""

from __future__ import annotations

__all__ = ["amount", "duration"]

# From here on, three digits would round to four.
_THOUSAND = 999.5

_MINUTE = 60.0
_HOUR = 3600.0


def amount(count: float) -> str:
    """Return a number as people read it: 999, 1.5k, 20M."""
    for unit in ("", "k", "M", "G"):
        if count < _THOUSAND:
            return f"{count:.3g}{unit}"
        count /= 1000
    return f"{count:.3g}T"


def duration(seconds: float) -> str:
    """Return a time as people read it: 3 ms, 1.25 s, 2 min 5 s, 1 h 10 min."""
    if seconds < _THOUSAND / 1000:
        return f"{seconds * 1000:.3g} ms"
    if seconds < _MINUTE:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
