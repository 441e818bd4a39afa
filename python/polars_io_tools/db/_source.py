"""The IO source of a query: what Polars asks for becomes SQL, and rows stream back.

The row limit applies first, inside of the statement, then the predicate, as Polars means it when it
sends both. The database may do the predicate only in part; here it is done in full.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from polars_io_tools._attach import attached, is_collecting, offer
from polars_io_tools._interrupt import is_interrupted
from polars_io_tools._lifetime import Lifetime
from polars_io_tools.db._connection import named, reader_of
from polars_io_tools.db._engines import AUTO, Choice
from polars_io_tools.db._push import Pushed, check_text, push, wire_predicate
from polars_io_tools.db._reader import (
    Column,
    Description,
    Frames,
    Query,
    Reader,
    Statement,
    check_drift,
)
from polars_io_tools.db._sharing import Sharing
from polars_io_tools.errors import PiotError, SchemaMismatchError, UnsupportedColumnError

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
    ) -> None:
        self._query = query
        self._connection = connection
        self._given = schema
        self._fetch_size = fetch_size
        self._pushdown = pushdown
        self._sharing = sharing
        self._attached: str | None = None  # the key of what the run holds, in a task of it
        self._choice = choice
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

    def lazy(self, description: str | None) -> pl.LazyFrame:
        """Return the LazyFrame whose collection reads the query; no row is read now.

        The database is asked for the columns here, not when Polars wants them: that would make an
        error of its own of what goes wrong.
        """
        detail = self.shown() if description is None else f"{description}: {self.shown()}"
        return register_io_source(
            self, schema=self.schema(), explain_name="scan_db", explain_detail=detail
        )

    def shown(self) -> str:
        """Name the database."""
        return named(self._connection)

    def schema(self) -> pl.Schema:
        """Return the columns of the query, which the database is asked for once."""
        if self._given is not None:
            return self._given
        if self._description is not None:
            return self._description.schema()
        with _errors():
            return self.described(self.reader()).schema()

    @property
    def __piot_database__(self) -> str:
        """The name of the database: the plan walk knows by it that rows come in no order."""
        return self.shown()

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
                found = _distinct(reader.describe(self._query))
                self._description = found if self._given is None else _as_given(found, self._given)
            return self._description

    def pushed(
        self,
        reader: Reader,
        columns: list[str] | None,
        predicate: Mapping[str, Any],
        n_rows: int | None,
    ) -> Pushed:
        """Return the SQL of what is asked for; `predicate` is on the wire."""
        wire = predicate if self._pushdown else {}
        known = self.described(reader)
        # A statement gives at least one column, so that its rows can be counted.
        names = columns or ([c.name for c in known.columns[:1]] if columns == [] else None)
        return push(self._query, known, reader, columns=names, predicate=wire, limit=n_rows)

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that Polars asks for, at least one frame."""
        lifetime = Lifetime()
        return lifetime.of(self._rows(with_columns, predicate, n_rows, lifetime))

    def _rows(
        self,
        columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        lifetime: Lifetime,
    ) -> Generator[pl.DataFrame, None, None]:
        with _errors():
            reader = self.reader()
            statement, limit = self._statement(reader, columns, predicate, n_rows)
            kept = None if columns is None else cs.by_name(*columns)
            nothing = pl.DataFrame(schema={c.name: c.dtype for c in statement.columns})
            with closing(_until_over(reader.read(statement), lifetime)) as frames:
                for frame in frames:
                    rows = nothing if frame is None else _checked(frame, statement.columns)
                    if limit is not None:
                        rows = rows.head(limit)
                        limit -= rows.height
                    if predicate is not None:
                        rows = rows.filter(predicate)
                    yield rows if kept is None else rows.select(kept)
                    if limit == 0:
                        break

    def _statement(
        self,
        reader: Reader,
        columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
    ) -> tuple[Statement, int | None]:
        """Return what is sent, and the limit that is left to be done here."""
        known = self.described(reader)
        read = columns
        if columns is not None and predicate is not None:
            read = list(dict.fromkeys([*columns, *predicate.meta.root_names()]))
        pushed = self.pushed(reader, read, wire_predicate(known.schema(), predicate), n_rows)
        by_name = {c.name: c for c in known.columns}
        given = known.columns if read is None else tuple(by_name[n] for n in read)
        statement = Statement(
            sql=pushed.sql,
            params=(*self._query.params, *pushed.params),
            columns=given or known.columns[:1],
            query=self._query,
            batch_rows=self._fetch_size,
            **self._shared(),
        )
        return statement, n_rows

    def _shared(self) -> dict[str, Any]:
        """Return what a statement has to know of the run that it belongs to."""
        if self._attached is None:
            return {}
        return attached(self._attached, lambda items: dict(items[0]))


def _until_over(frames: Frames, lifetime: Lifetime) -> Frames:
    """Yield frames until nobody wants them any more, and close what makes them."""
    # A frame or None comes every moment, so that there is nothing to wake up.
    lifetime.then(lambda: None)
    try:
        for frame in frames:
            yield frame
            if lifetime.exiting:
                raise PiotError("the process ends while a query of scan_db runs")
            if is_interrupted():
                raise PiotError("the task was cancelled while a query of scan_db ran")
    finally:
        frames.close()
        lifetime.close()


@contextmanager
def _errors() -> Iterator[None]:
    """Say in each error of ours that it is one of scan_db."""
    try:
        yield
    except PiotError as error:
        if str(error).startswith("scan_db"):
            raise
        raise type(error)(f"scan_db: {error}") from error.__cause__


def _distinct(found: Description) -> Description:
    """Return a description whose columns have different names.

    Raises:
        UnsupportedColumnError: two of them have the same.
    """
    names = [c.name for c in found.columns]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        msg = f"scan_db: column {twice[0]!r} appears twice; give it an alias"
        raise UnsupportedColumnError(msg)
    return found


def _as_given(found: Description, schema: pl.Schema) -> Description:
    """Return a description in the order of the user's schema.

    Raises:
        SchemaMismatchError: the columns are others.
    """
    columns = tuple(Column(name, dtype) for name, dtype in schema.items())
    check_drift(columns, found.columns)
    more = [c.name for c in found.columns if c.name not in schema]
    if more:
        msg = f"scan_db: the query gives the column {more[0]!r}, which schema= does not name"
        raise SchemaMismatchError(msg)
    by_name = {c.name: c for c in found.columns}
    return replace(found, columns=tuple(by_name[name] for name in schema))


def _checked(frame: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    expected = pl.Schema({c.name: c.dtype for c in columns})
    if frame.schema != expected:
        check_drift(columns, tuple(Column(n, t) for n, t in frame.schema.items()))
        msg = f"scan_db: the columns {frame.columns} came instead of {list(expected)}"
        raise SchemaMismatchError(msg)
    return frame
