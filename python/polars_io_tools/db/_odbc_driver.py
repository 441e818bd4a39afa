"""The driver manager of ODBC: connections, what they say of the database, and their errors.

arrow-odbc reads rows and says nothing of the database; the questions that remain are put to the
driver manager itself, which arrow-odbc has loaded.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from polars_io_tools._installation import installing
from polars_io_tools.db._secrets import without_secrets
from polars_io_tools.errors import (
    DatabaseConnectionError,
    DatabaseError,
    DatabaseTimeoutError,
    MissingDependencyError,
)

__all__ = ["Facts", "asked", "connected", "facts_of"]

T = TypeVar("T")

_LIBRARY = "libodbc.2.dylib" if sys.platform == "darwin" else "libodbc.so.2"

# Numbers of sql.h.
_ENVIRONMENT, _CONNECTION, _STATEMENT = 1, 2, 3
_ODBC_VERSION, _ODBC_3 = 200, 3
_DBMS_NAME, _QUOTE = 17, 29
_VARYING = (12, -9)  # SQL_VARCHAR and SQL_WVARCHAR
_SUCCESS = (0, 1)
_ROOM = 256

_QUOTES = ('"', "`", "[")


def connected(string: str) -> Any:
    """Return a connection that commits nothing.

    Raises:
        MissingDependencyError: there is no arrow-odbc, or no driver manager.
        DatabaseConnectionError: the driver does not connect.
    """
    driver = _arrow_odbc()
    try:
        return driver.connect(string, autocommit=False)
    except driver.Error as error:
        text = f"scan_db: {without_secrets(str(error), string).strip()}"
    # Not from within: what the driver says is not to be seen beside it.
    raise DatabaseConnectionError(text)


def asked(string: str, call: Callable[..., T], *args: Any, **options: Any) -> T:
    """Call arrow-odbc; its errors become ours, and lose what is secret in the connection.

    Raises:
        DatabaseError: it fails.
    """
    driver = _arrow_odbc()
    try:
        return call(*args, **options)
    except driver.Error as error:
        failure = _failure(without_secrets(str(error), string).strip())
    raise failure


@dataclass(frozen=True)
class Facts:
    """What a driver says of its database and of a query.

    Attributes:
        vendor: the name of the database, "" if it is not said.
        quote: the character that begins a quoted name, "" if it is not said.
        varying: the places of columns that are a VARCHAR: texts of any length, kept as they are.
    """

    vendor: str = ""
    quote: str = ""
    varying: frozenset[int] = frozenset()


def facts_of(string: str, sql: str) -> Facts:
    """Ask a driver about its database and about a query, which is not run."""
    library = ctypes.CDLL(_LIBRARY)
    environment, connection = ctypes.c_void_p(), ctypes.c_void_p()
    library.SQLAllocHandle(_ENVIRONMENT, None, ctypes.byref(environment))
    library.SQLSetEnvAttr(environment, _ODBC_VERSION, ctypes.c_void_p(_ODBC_3), 0)
    library.SQLAllocHandle(_CONNECTION, environment, ctypes.byref(connection))
    try:
        text = string.encode()
        if not _done(library.SQLDriverConnect(connection, None, text, len(text), None, 0, None, 0)):
            return Facts()
        quote = _information(library, connection, _QUOTE)
        facts = Facts(
            _information(library, connection, _DBMS_NAME),
            quote if quote in _QUOTES else "",
            _varying(library, connection, sql.encode()),
        )
        library.SQLDisconnect(connection)
        return facts
    finally:
        library.SQLFreeHandle(_CONNECTION, connection)
        library.SQLFreeHandle(_ENVIRONMENT, environment)


def _information(library: ctypes.CDLL, connection: ctypes.c_void_p, what: int) -> str:
    room, length = ctypes.create_string_buffer(_ROOM), ctypes.c_short()
    library.SQLGetInfo(connection, what, room, _ROOM, ctypes.byref(length))
    return room.value.decode(errors="replace").strip()


def _varying(library: ctypes.CDLL, connection: ctypes.c_void_p, sql: bytes) -> frozenset[int]:
    statement, count = ctypes.c_void_p(), ctypes.c_short()
    library.SQLAllocHandle(_STATEMENT, connection, ctypes.byref(statement))
    found = set()
    if _done(library.SQLPrepare(statement, sql, len(sql))) and _done(
        library.SQLNumResultCols(statement, ctypes.byref(count))
    ):
        for at in range(count.value):
            kind = ctypes.c_short()
            done = library.SQLDescribeCol(
                statement, at + 1, None, 0, None, ctypes.byref(kind), None, None, None
            )
            if _done(done) and kind.value in _VARYING:
                found.add(at)
    library.SQLFreeHandle(_STATEMENT, statement)
    return frozenset(found)


def _done(status: int) -> bool:
    return ctypes.c_short(status).value in _SUCCESS


def _arrow_odbc() -> Any:
    try:
        import arrow_odbc
        import pyarrow as pa  # noqa: F401  (through which rows come)
    except ImportError as error:
        msg = f"scan_db: an ODBC string needs an extra: {installing('odbc')}"
        raise MissingDependencyError(msg) from error
    except OSError as error:
        msg = (
            f"scan_db: an ODBC string needs the driver manager unixODBC: {error}; install the "
            "package unixodbc of the system, and the database's driver"
        )
        raise MissingDependencyError(msg) from error
    return arrow_odbc


def _failure(text: str) -> DatabaseError:
    text = f"scan_db: {text}"
    if "State: HYT00" in text or "statement timeout" in text:
        return DatabaseTimeoutError(text)
    if "without truncation" in text:
        hint = "; a text or binary value is longer than the driver says: cast it in the query"
        return DatabaseError(text + hint)
    return DatabaseConnectionError(text) if "State: 08" in text else DatabaseError(text)
