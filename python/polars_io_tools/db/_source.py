"""The IO source of a query: what Polars asks for becomes SQL, and rows stream back.

The row limit applies first, inside of the statement, then the predicate, as Polars means it when it
sends both. The database may do the predicate only in part; here it is done in full.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from polars_io_tools._attach import attached, is_collecting, offer
from polars_io_tools._lifetime import Lifetime
from polars_io_tools.db._casts import Casts, Types
from polars_io_tools.db._columns import as_given, checked, distinct
from polars_io_tools.db._connection import named, reader_of
from polars_io_tools.db._engines import AUTO, Choice
from polars_io_tools.db._push import Pushed, check_text, push, wire_predicate
from polars_io_tools.db._reader import (
    Description,
    Frames,
    Query,
    Reader,
    Statement,
)
from polars_io_tools.db._sharing import Sharing
from polars_io_tools.db._traced import traced_statement
from polars_io_tools.db._wanted import named_errors, until_over

__all__ = ["DbSource"]


class DbSource:
    """The source that Polars calls when a LazyFrame of `scan_db` is collected.

    Args:
        query: what the user asks for.
        connection: where, as `checked` returns it.
        schema: the columns, None to ask the database.
        fetch_size: about how many rows a frame has.
        pushdown: whether predicates are pushed.
        sharing: whether all tasks of a distributed query see one state, and how many connections
            they may have.
        choice: what reads, and how SQL is written.
        casts: the types to which columns are cast.
    """

    def __init__(  # noqa: PLR0913  (what `scan_db` was told)
        self,
        query: Query,
        connection: Any,
        schema: pl.Schema | None,
        *,
        fetch_size: int,
        pushdown: bool,
        sharing: Sharing,
        choice: Choice = AUTO,
        casts: Types | None = None,
    ) -> None:
        self._query = query
        self._connection = connection
        self._given = schema
        self._fetch_size = fetch_size
        self._pushdown = pushdown
        self._sharing = sharing
        self._attached: str | None = None  # the key of what the run holds, in a task of it
        self._choice = choice
        self._casts = Casts(casts)
        self._description: Description | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Travel with what is known of the columns, so that tasks notice when they change."""
        state = {k: v for k, v in self.__dict__.items() if k != "_lock"}
        if is_collecting():
            # Each time another one: in a plan that has it twice, a task reads it twice at once.
            state["_attached"] = f"database-{uuid.uuid4().hex}"
            offer(state["_attached"], lambda resources: (self._sharing.prepare(self, resources),))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def lazy(self, description: str | None, through: Any = None) -> pl.LazyFrame:
        """Return the LazyFrame whose collection reads the query; no row is read now.

        The database is asked for the columns here, not when Polars wants them: that would make an
        error of its own of what goes wrong. What Polars calls is this source, or another one that
        reads through it.
        """
        detail = self.shown() if description is None else f"{description}: {self.shown()}"
        return register_io_source(
            through or self, schema=self.schema(), explain_name="scan_db", explain_detail=detail
        )

    def shown(self) -> str:
        """Name the database."""
        return named(self._connection)

    def schema(self) -> pl.Schema:
        """Return the columns of the query, which the database is asked for once.

        Raises:
            ValueError: a column that is to be cast is not there.
        """
        if self._given is not None:
            return self._casts.schema(self._given)
        with named_errors():
            known = self._description or self.described(self.reader())
        return self._casts.schema(known.schema())

    @property
    def __piot_database__(self) -> str:
        """The name of the database: the plan walk knows by it that rows come in no order."""
        return self.shown()

    @property
    def sharing(self) -> Sharing:
        """What its statements share."""
        return self._sharing

    @property
    def params(self) -> tuple[Any, ...]:
        """The values of the user's placeholders."""
        return self._query.params

    @property
    def asked(self) -> Query:
        """What the user asks for."""
        return self._query

    def reader(self) -> Reader:
        """Return the reader of the connection, which is resolved now."""
        return reader_of(self._connection, self._choice)

    def described(self, reader: Reader) -> Description:
        """Return what is known of the query."""
        with self._lock:
            if self._description is None:
                check_text(self._query, reader)
                found = distinct(reader.describe(self._query))
                self._description = found if self._given is None else as_given(found, self._given)
            return self._description

    def pushed(
        self,
        reader: Reader,
        columns: list[str] | None,
        predicate: Mapping[str, Any],
        n_rows: int | None,
    ) -> Pushed:
        """Return the SQL of what is asked for; `predicate` is on the wire."""
        known = self.described(reader)
        wire = self._casts.predicate(predicate, known.schema()) if self._pushdown else {}
        # A statement gives at least one column, so that its rows can be counted.
        names = columns or ([c.name for c in known.columns[:1]] if columns == [] else None)
        return push(self._query, known, reader, columns=names, predicate=wire, limit=n_rows)

    def asked_sql(
        self, columns: list[str] | None, predicate: Mapping[str, Any] | None, n_rows: int | None
    ) -> tuple[str, str] | None:
        """Return a statement and what it asks of rows; None if the database would be asked for it.

        The values of a predicate are in the latter, those of the user's placeholders in neither.
        """
        if self._description is None:
            return None
        pushed = self.pushed(self.reader(), columns, predicate or {}, n_rows)
        return pushed.sql, " AND ".join(c["sql"] for c in pushed.conjuncts if c["sql"])

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that Polars asks for, at least one frame."""
        lifetime = Lifetime()
        return lifetime.of(self.rows(with_columns, predicate, n_rows, lifetime))

    def rows(
        self,
        columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        lifetime: Lifetime,
    ) -> Generator[pl.DataFrame, None, None]:
        """Yield the rows that Polars asks for, for as long as they are wanted."""
        with named_errors():
            reader = self.reader()
            statement = self.statement(reader, columns, predicate, n_rows)
            frames = self.frames(reader, statement, predicate, n_rows, lifetime)
            kept = None if columns is None else cs.by_name(*columns)
            nothing = self._casts.frame(statement.nothing())
            rows_wanted = closing(until_over(frames, lifetime))
            with self._sharing.alone(reader), rows_wanted as wanted:
                for frame in wanted:
                    rows = nothing if frame is None else frame
                    yield rows if kept is None else rows.select(kept)

    def frames(
        self,
        reader: Reader,
        statement: Statement,
        predicate: pl.Expr | None,
        n_rows: int | None,
        lifetime: Lifetime,
    ) -> Frames:
        """Yield the rows of a statement on which a predicate is true, all columns of it.

        None stands for a moment without rows. The predicate is asked of the first `n_rows` rows.
        """
        limit = n_rows
        traced = traced_statement(reader, lifetime.caller)
        with traced as returned, closing(reader.read(statement)) as frames:
            for frame in frames:
                if frame is None:
                    yield None
                    continue
                returned(frame.height)
                rows = checked(frame, statement.columns)
                if limit is not None:
                    rows = rows.head(limit)
                    limit -= rows.height
                rows = self._casts.frame(rows)
                yield rows if predicate is None else rows.filter(predicate)
                if limit == 0:
                    break

    def statement(
        self,
        reader: Reader,
        columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
    ) -> Statement:
        """Return what is sent for some columns, and those of a predicate on the columns shown."""
        known = self.described(reader)
        shown = self._casts.schema(known.schema())
        read = columns
        if columns is not None and predicate is not None:
            read = list(dict.fromkeys([*columns, *predicate.meta.root_names()]))
        pushed = self.pushed(reader, read, wire_predicate(shown, predicate), n_rows)
        by_name = {c.name: c for c in known.columns}
        given = known.columns if read is None else tuple(by_name[n] for n in read)
        return Statement(
            sql=pushed.sql,
            params=(*self._query.params, *pushed.params),
            columns=given or known.columns[:1],
            query=self._query,
            batch_rows=self._fetch_size,
            **self._shared(),
        )

    def _shared(self) -> dict[str, Any]:
        """Return what a statement has to know of the run that it belongs to."""
        if self._attached is None:
            return {}
        return attached(self._attached, lambda items: dict(items[0]))
