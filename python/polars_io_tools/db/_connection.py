"""From the `connection` of `scan_db` to a reader.

A connection is checked where it is written and resolved where it is read: `env:NAME` and functions
are asked in the process that reads, and files are made absolute in the one that wrote the query.
Which reader it becomes is in `_engines`.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from polars_io_tools._task import inside_task
from polars_io_tools.db._engines import AUTO, SCHEMES, Choice, misnamed, opened
from polars_io_tools.db._odbc_string import is_odbc
from polars_io_tools.db._reader import Reader
from polars_io_tools.db._secrets import SecretUri, has_secret, public_uri

__all__ = ["Connection", "checked", "named", "reader_of"]

# What a user may pass.
Connection = str | Path | Callable[[], str] | Reader

_ALIASES = {"postgres": "postgresql"}

_FILES = ("duckdb", "sqlite")

# Suffixes of files that can be of one database only.
_SUFFIXES = {
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db3": "sqlite",
}

_ENV = "env:"


def checked(connection: Connection) -> Any:
    """Return a connection as a source holds it: files absolute, passwords out of sight.

    Raises:
        ValueError: it is of no form that is known.
        TypeError: it is of another type.
    """
    if isinstance(connection, Path):
        return _file(str(connection))
    if isinstance(connection, str):
        return connection if connection.startswith(_ENV) else _uri(connection)
    if callable(connection) or isinstance(connection, Reader):
        return connection
    msg = (
        "scan_db: connection must be a URI, an ODBC string, a path, 'env:NAME', a function that "
        f"returns one of these, or a Reader, not {type(connection).__name__}"
    )
    raise TypeError(msg)


def named(connection: Any) -> str:
    """Name a checked connection, without secrets and without asking anything."""
    if isinstance(connection, Reader):
        return connection.shown()
    if isinstance(connection, str):
        return connection if connection.startswith(_ENV) else public_uri(connection)
    if isinstance(connection, SecretUri):
        return repr(connection)
    return f"{getattr(connection, '__name__', type(connection).__name__)}()"


def reader_of(connection: Any, choice: Choice = AUTO) -> Reader:
    """Return the reader of a checked connection.

    Raises:
        ValueError: what a variable or a function gives is of no form that is known, or the choice
            is none for it.
        MissingDependencyError: an optional package is needed.
        DatabaseConnectionError: the password is not in this process.
    """
    if isinstance(connection, Reader):
        choice.check_own()
        return connection
    resolved = connection
    if isinstance(connection, str) and connection.startswith(_ENV):
        resolved = checked(_variable(connection))
    elif callable(connection):
        given = connection()
        if not isinstance(given, str | Path):
            msg = f"scan_db: {named(connection)} must return a URI, not {type(given).__name__}"
            raise TypeError(msg)
        resolved = checked(given)
    return opened(resolved.reveal() if isinstance(resolved, SecretUri) else resolved, choice)


def _variable(connection: str) -> str:
    name = connection.removeprefix(_ENV)
    value = os.environ.get(name)
    if not value:
        where = f" (on worker {platform.node()})" if inside_task() else ""
        raise ValueError(f"scan_db: connection {connection!r}: the variable is not set{where}")
    return value


def _uri(text: str) -> Any:
    if is_odbc(text):
        return SecretUri(text) if has_secret(text) else text
    scheme, separator, rest = text.partition("://")
    if not separator:
        return _file(text)
    scheme = _ALIASES.get(scheme, scheme)
    if scheme not in SCHEMES:
        raise ValueError(misnamed(scheme, _ALIASES))
    uri = f"{scheme}://{rest}"
    if scheme not in _FILES:
        return SecretUri(uri) if has_secret(uri) else uri
    if not rest.startswith("/") or rest in ("/", "/:memory:") or "?" in rest:
        msg = (
            f"scan_db: {public_uri(uri)} names no file; write {scheme}:///relative.db or "
            f"{scheme}:////absolute.db"
        )
        raise ValueError(msg)
    return f"{scheme}:///{Path(rest[1:]).absolute()}"


def _file(path: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES)
        msg = (
            f"scan_db: of what database is {_shortened(path)}? Files end in {known}; for another "
            "one write duckdb:///file or sqlite:///file"
        )
        raise ValueError(msg)
    return f"{_SUFFIXES[suffix]}:///{Path(path).absolute()}"


def _shortened(text: str) -> str:
    # It may be a connection string of another form, with a password in it.
    return "the connection string" if "=" in text or "@" in text else repr(text)
