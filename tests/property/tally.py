"""What became of the examples of a run: the figures that a run of any length reports."""

from __future__ import annotations

from collections import Counter

__all__ = ["RUN", "Tally"]


class Tally:
    """Counts of examples and of periods, printed at the end of a run.

    The counts are: for plans, `order`, `rows` and `schema` (compared as a sequence, as a multiset,
    or in schema only, since the query leaves the rest open), `invalid` (plain Polars refuses the
    query too), `unsplittable`, `too many` and `unbounded` (refused), `unsound` (another answer) and
    `unbounded by mistake` (refused although a filter of a listed form bounds it). For what plans
    run, `tasks` and `tasks without rows`. For predicates, `predicates`, `rows lost` (a date outside
    of the periods) and, where all its forms are listed ones, `missed` (refused, though it holds for
    no date far away, as when parts of it contradict each other in another column), `periods` and
    `needless` (periods in which the predicate holds for no date).
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    def add(self, name: str, n: int = 1) -> None:
        self.counts[name] += n

    @property
    def plans(self) -> int:
        """How many plans were drawn."""
        kinds = ("order", "rows", "schema", "invalid", "unsplittable", "too many", "unbounded")
        return sum(self.counts[k] for k in (*kinds, "unsound", "unbounded by mistake"))

    @property
    def mistakes(self) -> int:
        """How many examples broke a promise."""
        return sum(self.counts[k] for k in ("unsound", "unbounded by mistake", "rows lost"))

    def summary(self) -> dict[str, int | float]:
        """Return the counts with the shares that follow from them."""
        counts = self.counts
        out: dict[str, int | float] = {"plans": self.plans, **dict(sorted(counts.items()))}
        for part, whole in (("needless", "periods"), ("tasks without rows", "tasks")):
            if counts[whole]:
                out[f"share of {part}"] = round(counts[part] / counts[whole], 4)
        return out


# The figures of this process.
RUN = Tally()
