"""Connection strings that hold a password, which must not get into a plan.

Where such a string is pickled, an id is left of it. The process that wrote it finds it again by the
id, for as long as something there refers to it; any other process does not.

A task of a distributed query asks for them: the run holds them meanwhile. They are part of
neither plans nor arguments.
"""

from __future__ import annotations

import base64
import threading
import uuid
import weakref
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from polars_io_tools._attach import attached, is_collecting, offer
from polars_io_tools.db._odbc_string import is_odbc, odbc_has_secret, odbc_secrets, public_odbc
from polars_io_tools.errors import DatabaseConnectionError, InternalError

__all__ = ["SecretUri", "has_secret", "public_uri", "server_of", "without_secrets"]

# Query parameters of a URI that are secrets.
_SECRET_KEYS = {"password", "sslpassword", "passfile", "sslkey"}


class _Value:
    """A string that shows nothing of itself."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "***"


_lock = threading.Lock()
_values: weakref.WeakValueDictionary[str, _Value] = weakref.WeakValueDictionary()


class SecretUri:
    """A URI with a password, as it is held by a source."""

    def __init__(self, uri: str) -> None:
        self._key = f"secret-{uuid.uuid4().hex}"
        self._public = public_uri(uri)
        self._value: _Value | None = _Value(uri)
        with _lock:
            _values[self._key] = self._value

    def __repr__(self) -> str:
        return self._public

    def __getstate__(self) -> dict[str, Any]:
        """Leave an id of the URI."""
        if is_collecting():
            offer(self._key, lambda resources: (resources.hide(self._key, self.reveal()),))
        return {**self.__dict__, "_value": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        with _lock:
            self._value = _values.get(self._key)

    def reveal(self) -> str:
        """Return the URI.

        Raises:
            DatabaseConnectionError: it is not in this process.
        """
        if self._value is not None:
            return self._value.text
        try:
            # In a task: it is asked for once, and forgotten with the plan.
            return attached(self._key, lambda items: str(items[0](self._key)))
        except InternalError:
            raise DatabaseConnectionError(self._advice()) from None

    def _advice(self) -> str:
        return (
            f"scan_db: the password of {self._public} was written into connection= and does not "
            "leave its process, other than for the tasks of a distributed query that starts there; "
            "pass connection='env:NAME', and set the variable where the LazyFrame is read, or pass "
            "a function that returns the URI"
        )


def public_uri(uri: str) -> str:
    """Return scheme, host, port and database of a URI, or as much of an ODBC string.

    Example:
        >>> public_uri("postgresql://me:secret@db.example:5432/trades?password=x")
        'postgresql://db.example:5432/trades'
    """
    if is_odbc(uri):
        return public_odbc(uri)
    try:
        parts = urlsplit(uri)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return uri.partition("://")[0] + "://…"
    if "@" in parts.path:  # a password with a slash in it
        return f"{parts.scheme}://…"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def server_of(uri: str) -> str:
    """Return host and port of a URI, as it has them.

    Example:
        >>> server_of("postgresql://me:secret@db.example:5432/trades")
        'db.example:5432'
    """
    try:
        parts = urlsplit(uri)
        host = parts.netloc.rpartition("@")[2]
        return host or dict(parse_qsl(parts.query)).get("host", "local")
    except ValueError:
        return "local"


def has_secret(uri: str) -> bool:
    """Return whether a URI or an ODBC string holds a password, or may hold one."""
    if is_odbc(uri):
        return odbc_has_secret(uri)
    try:
        parts = urlsplit(uri)
    except ValueError:
        return True
    if parts.password is not None or "@" in parts.path:
        return True
    if parts.scheme != "postgresql":  # the options of drivers are many
        return bool(parts.query or parts.fragment)
    keys = {key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return bool(keys & _SECRET_KEYS)


def without_secrets(text: str, uri: str) -> str:
    """Return the message of a driver without what is secret in its connection.

    Example:
        >>> without_secrets("no user me with s3cret", "grpc://me:s3cret@db:31337")
        'no user me with ***'
    """
    if not has_secret(uri):
        return text
    for secret in sorted(_secrets_of(uri), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets_of(uri: str) -> set[str]:
    """Return all parts of a connection that may be secret, as they are written and as they mean."""
    if is_odbc(uri):
        found = odbc_secrets(uri)
    else:
        userinfo, at, _ = uri.partition("://")[2].rpartition("@")
        query = uri.partition("?")[2]
        found = {userinfo.partition(":")[2]} if at else set()
        # As it stands in a header, which a server may repeat.
        found.add(base64.b64encode(unquote(userinfo).encode()).decode().rstrip("="))
        found |= {value for pair in query.split("&") for value in [pair.partition("=")[2]]}
        found |= {query}
    found |= {unquote_plus(s) for s in found} | {unquote(s) for s in found}
    return {s for s in found | {uri} if s}
