"""What `doctor` found, as data and as text; it looks at nothing itself."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Check", "Diagnosis", "Status"]

Status = Literal["ok", "warning", "error", "skipped"]

# Where the text of a check begins, and how long its lines are.
_INDENT = " " * 28
_WIDTH = 100


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at.
        status: "ok"; "warning" for what works less well than it could; "error" for what keeps
            queries from running, or from being right; "skipped" for what could not be looked at.
        found: what was found, in a sentence.
        remedy: what helps, empty if nothing has to.
    """

    name: str
    status: Status
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All that was looked at, in order; `str` makes a table of it.

    Attributes:
        checks: the checks.
    """

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no check ended in an error."""
        return all(check.status != "error" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Return it as builtins, fit for JSON: `{"ok": ..., "checks": [{"name": ...}, ...]}`."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}

    def __str__(self) -> str:
        """Return a line or more for each check, and one that sums up."""
        lines = [line for check in self.checks for line in _lines(check)]
        return "\n".join([*lines, self._summary()])

    def _summary(self) -> str:
        count = Counter(check.status for check in self.checks)
        found = [f"{count[s]} {s}{'s' * (count[s] > 1)}" for s in ("error", "warning") if count[s]]
        return ", ".join(found) if found else "nothing found that is wrong"


def _lines(check: Check) -> list[str]:
    first = f"{check.status:<8} {check.name:<18} "
    lines = _wrapped(check.found, first)
    return lines + (_wrapped(check.remedy, f"{_INDENT}-> ") if check.remedy else [])


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
