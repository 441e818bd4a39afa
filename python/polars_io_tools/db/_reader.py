"""What a database has to offer so that `scan_db` can read from it: the `Reader` protocol.

A reader describes a query without running it, and runs statements that `scan_db` has written
around it. It knows nothing of predicates and limits, which are in the statement by then.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import polars as pl

from polars_io_tools.errors import SchemaMismatchError

__all__ = [
    "Column",
    "Description",
    "Frames",
    "Query",
    "Reader",
    "SharingReader",
    "State",
    "Statement",
    "check_drift",
]

# Closing it ends the statement. None stands for a moment in which there are no rows yet.
Frames = Generator[pl.DataFrame | None, None, None]


@dataclass(frozen=True)
class Column:
    """A column of a query, on both sides.

    Attributes:
        name: its name.
        dtype: the type in which the reader gives it.
        type: the database's name of its type. By it is decided how values compare, so that a name
            that is not known only keeps filters on the column from being pushed.
        length: the n of a `char(n)`, else 0.
        scale: that of a numeric column, None if it has none.
        collation: "c" where texts are ordered by their bytes, "deterministic" where only equal
            texts are equal, "" where that is not known.
    """

    name: str
    dtype: pl.DataType
    type: str = ""
    length: int = 0
    scale: int | None = None
    collation: str = ""


@dataclass(frozen=True)
class Query:
    """What the user asks for.

    Attributes:
        text: the SQL as it was written.
        params: values of the placeholders in it.
        overrides: the types in which columns are wanted, by name.
        infinity: whether values that Polars has not, such as infinite dates, are errors or nulls.
        timeout: for how many seconds a statement may run, None for ever.
        retries: how often what may go away by itself is tried again, before the first row.
    """

    text: str
    params: tuple[Any, ...] = ()
    overrides: Mapping[str, pl.DataType] = field(default_factory=dict)
    infinity: Literal["error", "null"] = "error"
    timeout: float | None = None
    retries: int = 3


@dataclass(frozen=True)
class Description:
    """What is known of a query before it runs.

    Attributes:
        columns: its columns in order.
        encoding: that of the database's texts.
        quote: the character that begins a quoted name, where the database was asked; "" for that
            of the reader.
    """

    columns: tuple[Column, ...]
    encoding: str = "UTF8"
    quote: str = ""

    def schema(self) -> pl.Schema:
        """Return the types of the columns in Polars."""
        return pl.Schema({c.name: c.dtype for c in self.columns})


@dataclass(frozen=True)
class Statement:
    """A query as it is sent.

    Attributes:
        sql: the text: the user's query as a subquery, with columns, limit and predicate around it.
        params: values of all placeholders: those of the user, then ours.
        columns: the columns that the statement gives, in order.
        query: what it was made of, and the options that hold for it.
        batch_rows: about how many rows a frame should have.
        snapshot: the name of the `State` that it has to see, "" for the present one.
        reuse: whether its connection may be kept for the next statement of the process.
    """

    sql: str
    params: tuple[Any, ...]
    columns: tuple[Column, ...]
    query: Query
    batch_rows: int
    snapshot: str = ""
    reuse: bool = True

    def nothing(self) -> pl.DataFrame:
        """Return a frame of its columns without rows."""
        return pl.DataFrame(schema={c.name: c.dtype for c in self.columns})


@runtime_checkable
class Reader(Protocol):
    """Reads from one database. It travels to workers by pickle, so it may hold no connection.

    Errors are those of `polars_io_tools.errors` below `DatabaseError`. None may show a password.

    Example:
        >>> import polars as pl, polars_io_tools as piot
        >>> from polars_io_tools.db import Column, Description
        >>> class Numbers:
        ...     dialect, quote = "generic", '"'
        ...
        ...     def shown(self):
        ...         return "numbers"
        ...
        ...     def describe(self, query):
        ...         return Description((Column("n", pl.Int64()),))
        ...
        ...     def read(self, statement):
        ...         yield pl.DataFrame({"n": [1, 2, 3]})
        >>> lf = piot.scan_db("SELECT n FROM numbers", Numbers())
        >>> lf.filter(pl.col("n") > 1).collect()["n"].to_list()
        [2, 3]
    """

    @property
    def dialect(self) -> str:
        """How to write SQL: "postgresql", "duckdb", "sqlite", or "generic" for any other.

        "odbc" is "generic" with numbers and times written into the text, in the forms of ODBC.
        """
        ...

    @property
    def quote(self) -> str:
        """The character that begins a quoted name: `"`; a generic database may have another."""
        ...

    def shown(self) -> str:
        """Name the database for messages and plans, without secrets."""
        ...

    def describe(self, query: Query) -> Description:
        """Return the columns that a query gives, without running it.

        Raises:
            UnsupportedColumnError: a column cannot be read as it is.
            DatabaseError: the database refuses the query, or there is no connection.
        """
        ...

    def read(self, statement: Statement) -> Frames:
        """Run a statement and yield its rows, at least one frame, in bounded memory.

        The frames have the columns of the statement, in its order and types. It yields None every
        tenth of a second or so while it waits, so that Ctrl-C gets through. Closing the generator,
        which any thread may do, ends the statement.

        Raises:
            SchemaMismatchError: the columns are not what they were when they were described.
            ColumnValueError: a value does not fit its column.
            DatabaseTimeoutError: it took longer than the query allows.
            DatabaseError: the database refuses the statement, or fails in it.
        """
        ...


class State(Protocol):
    """A state of the database, which the statements of several processes see while it is held."""

    @property
    def name(self) -> str:
        """What a statement has to give to see it, "" if every statement does."""
        ...

    def check(self) -> None:
        """Raise if statements have seen, or may have seen, another state. It takes no time.

        Raises:
            SnapshotEndedError: the state is gone.
        """
        ...

    def close(self) -> None:
        """Let go of it. Statements that have begun are not disturbed."""
        ...


@runtime_checkable
class SharingReader(Reader, Protocol):
    """A `Reader` whose database can show one state to several connections.

    `server` names what takes only so many connections; `max_connections` holds for all sources with
    the same one. With "" they are not counted, as for a file. Readers of one database are equal, so
    that they share its state.
    """

    @property
    def server(self) -> str:
        """Name the server, without secrets."""
        ...

    def __hash__(self) -> int:
        """Go with `__eq__`."""
        ...

    def let_go(self) -> None:
        """Close the connections that this process keeps for later."""

    def share(self, query: Query) -> State:
        """Hold the present state of the database; on a server it takes a connection.

        Raises:
            DatabaseError: that cannot be done.
        """
        ...


def check_drift(expected: tuple[Column, ...], found: tuple[Column, ...]) -> None:
    """Check that columns are still what they were.

    Raises:
        SchemaMismatchError: one of them is not; the message names it.
    """
    now = {c.name: c.dtype for c in found}
    for column in expected:
        name, was = column.name, column.dtype
        if name not in now:
            raise SchemaMismatchError(f"scan_db: column {name!r} was {was} and is gone now")
        if now[name] != was:
            msg = f"scan_db: column {name!r} was {was} when scanned and is {now[name]} now"
            raise SchemaMismatchError(msg)
