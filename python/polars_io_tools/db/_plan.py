"""What is sent to databases: the answer of `explain_sql`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

__all__ = ["SqlPlan", "SqlScan", "SqlTerm"]


# Polars does all of a predicate again; said is where that leaves out rows.
_TOLD = {
    "exact": "exact",
    "superset": "superset, applied again by Polars",
    "not pushed": "not pushed, applied by Polars",
}


@dataclass(frozen=True)
class SqlTerm:
    """One of the terms of a predicate that are joined by `&`.

    Attributes:
        text: the term, in the notation of Polars expressions.
        sql: what the database is asked, with the values in it; "" for nothing.
        status: "exact", "superset" (it keeps some rows more) or "not pushed".
        reason: why it is not exact.
    """

    text: str
    sql: str
    status: str
    reason: str

    def __str__(self) -> str:
        pushed = f" as {self.sql}" if self.sql else ""
        why = f" ({self.reason})" if self.reason else ""
        return f"{_TOLD[self.status]}: {self.text}{pushed}{why}"


@dataclass(frozen=True)
class SqlScan:
    """One statement.

    Attributes:
        part: the period or partition that sends it, "" without a split.
        database: scheme, host, port and database, or the file.
        sql: the statement.
        params: the values of its placeholders, those of the user first, as text.
        terms: what becomes of the predicate. Polars does all of it again.
        exact: whether the statement gives no row on which the predicate is not true.
        limit: how many rows are read before the predicate is asked, None for all.
    """

    part: str
    database: str
    sql: str
    params: tuple[str, ...]
    terms: tuple[SqlTerm, ...]
    exact: bool
    limit: int | None

    def __str__(self) -> str:
        head = f"{self.part}: {self.database}" if self.part else self.database
        lines = [head, *(f"  {line}" for line in self.sql.splitlines())]
        if self.params:
            lines.append(f"  with   {', '.join(self.params)}")
        lines += [f"  filter {term}" for term in self.terms]
        return "\n".join(lines)


@dataclass(frozen=True)
class SqlPlan:
    """The statements that a query sends to databases.

    Attributes:
        scans: the statements, those of a period one after another.
        notes: what is not shown, and why; and what makes parts read more than their own rows.
    """

    scans: tuple[SqlScan, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        scans = list(map(str, self.scans)) or ["no statement is sent"]
        return "\n".join([*scans, *(f"note: {note}" for note in self.notes)])

    def to_polars(self) -> pl.DataFrame:
        """Return one row a statement; the columns are the attributes of `SqlScan`."""
        rows = [
            {
                "part": s.part,
                "database": s.database,
                "sql": s.sql,
                "params": list(s.params),
                "exact": s.exact,
                "limit": s.limit,
                "terms": [
                    {"text": t.text, "sql": t.sql, "status": t.status, "reason": t.reason}
                    for t in s.terms
                ],
            }
            for s in self.scans
        ]
        texts = ("text", "sql", "status", "reason")
        schema: dict[str, Any] = {
            "part": pl.String,
            "database": pl.String,
            "sql": pl.String,
            "params": pl.List(pl.String),
            "exact": pl.Boolean,
            "limit": pl.Int64,
            "terms": pl.List(pl.Struct(dict.fromkeys(texts, pl.String))),
        }
        return pl.DataFrame(rows, schema=schema)
