"""What a table and its transactions are to do, said with lists of rows.

A transaction that is committed has the effect of its steps, one after the other, on the table as it
is then. What is refused has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import polars_io_tools as piot

Rows = list[tuple[int, int]]


class Step(NamedTuple):
    """A step of a transaction: the rows of `keys` go, and `rows` come."""

    kind: str
    rows: Rows
    keys: frozenset[int] = frozenset()
    part: Part | None = None

    def on(self, rows: Rows) -> Rows:
        """Return the rows of a table after the step."""
        if self.part is not None:
            return self.part.on(rows)
        return [row for row in rows if row[0] not in self.keys] + self.rows


@dataclass(eq=False)
class Part:
    """A transaction, its steps, and what becomes of it."""

    txn: piot.Transaction
    start: int
    upserts: bool
    app: int | None = None
    steps: list[Step] = field(default_factory=list)
    ops: str = ""

    def on(self, rows: Rows) -> Rows:
        """Return the rows of a table after the transaction."""
        for step in self.steps:
            rows = step.on(rows)
        return rows

    def flat(self) -> Iterator[Step]:
        """Yield the steps with those of the transactions that were included."""
        for step in self.steps:
            yield from [step] if step.part is None else step.part.flat()

    @property
    def parts(self) -> set[int]:
        """The transactions that were included."""
        direct = [step.part for step in self.steps if step.part is not None]
        return {id(part) for part in direct}.union(*(part.parts for part in direct))

    @property
    def repeats(self) -> bool:
        """Whether a key is written twice, which an upsert may refuse."""
        keys = [k for step in self.flat() for k, _ in step.rows]
        return len({*keys}) < len(keys)

    @property
    def replaces(self) -> bool:
        """Whether rows are taken away, so that others may be in the way."""
        return any(step.keys for step in self.flat())


def repeated(rows: Rows) -> bool:
    """Tell whether a key is there twice."""
    return len({k for k, _ in rows}) < len(rows)
