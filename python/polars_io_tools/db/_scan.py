"""`scan_db`: its arguments, checked, and the LazyFrame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._partitions import (
    ByQuantile,
    ByRange,
    ByTime,
    ByValue,
    KeyPartitions,
    Partitioner,
    ReadPartition,
)
from polars_io_tools.db._casts import Types
from polars_io_tools.db._connection import Connection, checked, reader_of
from polars_io_tools.db._engines import DIALECTS, ENGINES, Choice, Engine
from polars_io_tools.db._partitioned import PartitionedSource
from polars_io_tools.db._push import check_text
from polars_io_tools.db._reader import Query, Reader
from polars_io_tools.db._sharing import Sharing
from polars_io_tools.db._source import DbSource

__all__ = ["scan_db"]

T = TypeVar("T", bound=str)

Partitions = (
    ByTime | ByValue | ByRange | ByQuantile | KeyPartitions | Partitioner | Iterable[ReadPartition]
)


def scan_db(  # noqa: PLR0913  (the keywords are the interface)
    query: str,
    connection: Connection,
    fetch_size: int = 65_536,
    cast_map: Types | None = None,
    *,
    params: Sequence[Any] | None = None,
    schema: Types | None = None,
    schema_overrides: Types | None = None,
    pushdown: bool = True,
    partitions: Partitions | None = None,
    max_partitions: int = 512,
    max_concurrency: int | None = None,
    preserve_partition_order: bool = False,
    timeout: dt.timedelta | float | None = None,
    retries: int = 3,
    on_infinity: Literal["error", "null"] = "error",
    snapshot: Literal["auto", "required", "off"] = "auto",
    max_connections: int = 16,
    engine: Engine = "auto",
    dialect: str | None = None,
    description: str | None = None,
) -> pl.LazyFrame:
    """Read a query from a database: columns, filters and limits of the LazyFrame become SQL.

    The rows stream in bounded memory. A filter is pushed as far as SQL means the same, and Polars
    does all of it again; `lf.piot.explain_sql()` shows what is sent. Under `execute_on_ray` each
    task asks for its own period.

    Args:
        query: one SELECT, WITH or VALUES. It goes in as it is, as a subquery.
        connection: a URI (`postgresql://…`, `duckdb:///relative.db`, `sqlite:////absolute.db`,
            `grpc+tls://…` of FlightSQL, `snowflake://…`, `bigquery://…`), an ODBC string (with
            `Driver=` or `DSN=`), the path of a file with a known suffix, `env:NAME` for the
            variable that holds one of these, a function that returns one, or a `Reader`. Variables
            are looked up, and functions called, where the rows are read; without `schema` also
            here, for the columns. A password belongs into one of the two: written into a URI it
            does not travel to tasks.
        fetch_size: about how many rows arrive at a time.
        cast_map: types to which columns are cast when they have been read. Filters on them are
            pushed where the cast keeps the order of values, such as that of a timestamp to a Date.
        params: values of the placeholders in the query: `$1` on PostgreSQL and DuckDB, `?` on
            SQLite and through ODBC.
        schema: all columns and their types. Then the database is asked for nothing before rows are
            read; without it, it describes the columns now.
        schema_overrides: types in which single columns are read.
        pushdown: whether filters are pushed.
        partitions: how to split the read into statements that run at the same time, each on a
            connection of its own: `by_time`, `by_value`, `by_range`, `by_key`, `by_quantile`, a
            `Partitioner`, or a list of `ReadPartition`. Where none follow from the filters, the
            query is read in one statement.
        max_partitions: the most partitions; more are an error.
        max_concurrency: how many partitions are read at once; None for up to four. In a task of
            `execute_on_ray` it is one.
        preserve_partition_order: whether rows come in the order of the partitions, and not as they
            arrive.
        timeout: for how long a statement may run, in seconds or as a timedelta.
        retries: how often what may go away by itself is tried again, before the first row.
        on_infinity: whether infinite dates, and what else Polars has no value for, are errors or
            nulls.
        snapshot: whether all tasks of a distributed query, and all partitions, see one state of the
            database. "auto" does where the database can, "required" refuses one that cannot, and
            with "off" each sees what is there when it begins.
        max_connections: the most connections to the server that this process and the tasks of its
            queries have at a time; a query starts no more tasks than that allows.
        engine: what reads: "native" PostgreSQL, DuckDB and SQLite by their own readers, "adbc"
            through an ADBC driver, "odbc" an ODBC string; "auto" takes the first that there is.
        dialect: how SQL is written for a FlightSQL server: "duckdb", "postgresql", "sqlite" or
            "generic", which holds on any database.
        description: a name for the query, shown by `explain()`.

    Returns:
        A LazyFrame. Collecting it raises errors below `DatabaseError`, and `SchemaMismatchError`
        where the columns are not what they were when the query was scanned.

    Raises:
        ValueError: the query is not a single SELECT, WITH or VALUES, the connection is of no form
            that is known, its variable is not set, a number is out of range, or `cast_map` or
            `partitions` name a column that is not there.
        TypeError: an argument is of the wrong type.
        MissingDependencyError: a driver is not installed.
        UnsupportedColumnError: a column has no name of its own, or no type that can be read.
        DatabaseError: the database refuses the query, or cannot be reached. With `schema` this and
            the two before come when rows are read.

    Example:
        >>> import polars as pl, polars_io_tools as piot, sqlite3, tempfile
        >>> path = tempfile.mkdtemp() + "/trades.sqlite"
        >>> with sqlite3.connect(path) as db:
        ...     _ = db.execute("CREATE TABLE trades (symbol TEXT, price REAL)")
        ...     _ = db.execute("INSERT INTO trades VALUES ('A', 1.5), ('B', 2.5)")
        >>> lf = piot.scan_db("SELECT * FROM trades", path)
        >>> lf.filter(pl.col("price") > 2).collect()["symbol"].to_list()
        ['B']
    """
    _gocore.check_process()
    given = None if schema is None else pl.Schema(schema)
    asked = Query(
        text=_text(query),
        params=_params(params),
        overrides=dict(pl.Schema({**(schema or {}), **(schema_overrides or {})})),
        infinity=_one_of("on_infinity", on_infinity, ("error", "null")),
        timeout=_seconds(timeout),
        retries=_number("retries", retries, 0),
    )
    held = checked(connection)
    choice = _choice(engine, dialect)
    source = DbSource(
        asked,
        held,
        given,
        fetch_size=_number("fetch_size", fetch_size, 1),
        pushdown=pushdown,
        sharing=_sharing(snapshot, max_connections),
        choice=choice,
        casts=cast_map,
    )
    asks = isinstance(held, Reader) or not (callable(held) or str(held).startswith("env:"))
    if given is not None and asks:
        check_text(asked, reader_of(held, choice))
    how = (max_partitions, max_concurrency, preserve_partition_order)
    return _split(source, partitions, *how).lazy(description)


def _split(
    source: DbSource, partitions: Any, most: object, at_once: object, order: object
) -> DbSource | PartitionedSource:
    """Return what splits a source, itself if nothing does; the arguments are checked anyhow."""
    max_partitions = _number("max_partitions", most, 1)
    max_concurrency = None if at_once is None else _number("max_concurrency", at_once, 1)
    ordered = _bool("preserve_partition_order", order)
    if partitions is None:
        return source
    return PartitionedSource(
        source,
        partitions,
        max_partitions=max_partitions,
        max_concurrency=max_concurrency,
        ordered=ordered,
    )


def _sharing(snapshot: Literal["auto", "required", "off"], most: object) -> Sharing:
    known = _one_of("snapshot", snapshot, ("auto", "required", "off"))
    return Sharing(known, _number("max_connections", most, 1))


def _choice(engine: Engine, dialect: str | None) -> Choice:
    known = None if dialect is None else _one_of("dialect", dialect, DIALECTS)
    return Choice(_one_of("engine", engine, ENGINES), known)


def _text(query: object) -> str:
    if not isinstance(query, str):
        raise TypeError(f"scan_db: query must be a str, not {type(query).__name__}")
    return query


def _params(params: Sequence[Any] | None) -> tuple[Any, ...]:
    if isinstance(params, str | bytes | Mapping):
        raise TypeError("scan_db: params must be a list of values, in the order of placeholders")
    return tuple(params or ())


def _one_of(name: str, value: T, known: Sequence[str]) -> T:
    if value not in known:
        *others, last = map(repr, known)
        allowed = f"{', '.join(others)} or {last}"
        raise ValueError(f"scan_db: {name} must be {allowed}, not {value!r}")
    return value


def _bool(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"scan_db: {name} must be True or False, not {value!r}")
    return value


def _number(name: str, value: object, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"scan_db: {name} must be an int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"scan_db: {name} must be at least {least}, not {value}")
    return value


def _seconds(timeout: dt.timedelta | float | None) -> float | None:
    if timeout is None:
        return None
    seconds = timeout.total_seconds() if isinstance(timeout, dt.timedelta) else timeout
    if isinstance(seconds, bool) or type(seconds) not in (int, float):
        msg = f"scan_db: timeout must be a timedelta or seconds, not {type(timeout).__name__}"
        raise TypeError(msg)
    if not seconds > 0:
        raise ValueError(f"scan_db: timeout must be above 0, not {timeout}")
    return float(seconds)
