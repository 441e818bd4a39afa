"""The results folder: written after a run, and read by a later one that adds to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.cases import Case
from benchmarks.environments import Contender
from benchmarks.schedule import Result
from benchmarks.suites import FILES, Suite

__all__ = ["MismatchError", "Outcome"]

# What the figures of one table have in common.
_COMMON = ("machine", "size")
_NOT_RUN = Result("none", "not run")


class MismatchError(Exception):
    """Results of another machine or another size cannot stand in the same table."""


@dataclass(frozen=True)
class Outcome:
    """The results of one or more runs.

    Attributes:
        results: of each contender, in each case.
        about: date, machine, sizes, versions, limits.
        suite: that they are of.
    """

    results: Mapping[str, Mapping[str, Result]]
    about: Mapping[str, Any]
    suite: Suite = FILES

    @property
    def cases(self) -> list[Case]:
        """Return the cases, in the order of the table."""
        return [case for name, case in self.suite.cases.items() if name in self.results]

    @property
    def contenders(self) -> list[Contender]:
        """Return the contenders of any case, in the order of the table."""
        ran = {name for of_case in self.results.values() for name in of_case}
        return [contender for name, contender in self.suite.contenders.items() if name in ran]

    def after(self, earlier: Outcome) -> Outcome:
        """Return these results, and the earlier ones of all cases that were not run again.

        Raises:
            MismatchError: the earlier ones are of another machine or size.
        """
        for key in _COMMON:
            if self.about[key] != earlier.about[key]:
                raise MismatchError(
                    f"the results there are of another {key}: {earlier.about[key]}, "
                    f"not {self.about[key]}; choose another folder, or leave out --add"
                )
        versions = {**earlier.about["versions"], **self.about["versions"]}
        about = {**self.about, "versions": versions}
        return Outcome({**earlier.results, **self.results}, about, self.suite)

    def write(self, folder: Path) -> str:
        """Write the results for readers and for programs, and return the former."""
        folder.mkdir(parents=True, exist_ok=True)
        filled = {case.name: self._filled(case, self.contenders) for case in self.cases}
        found = json.dumps(self.suite.as_json(self.cases, filled, self.about), indent=1)
        table = self.suite.as_markdown(self.cases, self.contenders, filled, self.about)
        (folder / f"{self.suite.results}.json").write_text(found + "\n", encoding="utf-8")
        (folder / f"{self.suite.results}.md").write_text(table, encoding="utf-8")
        return table

    def _filled(self, case: Case, contenders: Sequence[Contender]) -> dict[str, Result]:
        return {c.name: self.results[case.name].get(c.name, _NOT_RUN) for c in contenders}

    @staticmethod
    def read(folder: Path, suite: Suite = FILES) -> Outcome | None:
        """Return what was written into a folder, None if nothing was."""
        path = folder / f"{suite.results}.json"
        if not path.exists():
            return None
        about = json.loads(path.read_text(encoding="utf-8"))
        known = [field.name for field in fields(Result)]
        results = {
            row["case"]: {
                name: Result(**{key: found[key] for key in known if key in found})
                for name, found in row["contenders"].items()
            }
            for row in about.pop("cases")
        }
        return Outcome(results, about, suite)
