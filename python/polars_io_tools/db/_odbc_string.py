"""ODBC connection strings: told from others, and shown without what is secret in them.

`Driver={My Driver};Server=db;UID=me;PWD={a;b}` is a list of keys and values; a value in braces may
hold anything, with a closing brace doubled.
"""

from __future__ import annotations

import re

__all__ = ["is_odbc", "odbc_has_secret", "odbc_secrets", "public_odbc"]

_BEGINS = re.compile(r"(?:^|;)\s*(?:driver|dsn)\s*=", re.IGNORECASE)
_PAIR = re.compile(r"[;\s]*([^=;{}]+?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)\s*(?:;|$)")

# What is shown, in this order.
_SHOWN = ("driver", "dsn", "server", "servername", "host", "hostname", "port", "database", "dbq")

# What else is no secret, of drivers that are in wide use. Anything that is not listed may be one.
_HARMLESS = {
    *_SHOWN,
    *("uid", "user", "username", "trusted_connection", "encrypt", "trustservercertificate"),
    *(
        "charset",
        "sslmode",
        "readonly",
        "fetch",
        "usedeclarefetch",
        "boolsaschar",
        "byteaaslongvarbinary",
    ),
    *("maxvarcharsize", "maxlongvarcharsize", "applicationintent", "mars_connection", "app"),
    *("timeout", "logintimeout", "connecttimeout", "protocol", "option", "tls_version"),
}


def is_odbc(text: str) -> bool:
    """Return whether a text is an ODBC connection string.

    Example:
        >>> is_odbc("DSN=trades;UID=me"), is_odbc("postgresql://db/dsn")
        (True, False)
    """
    return _BEGINS.search(text) is not None


def public_odbc(text: str) -> str:
    """Return the driver, server and database of an ODBC string.

    Example:
        >>> public_odbc("Driver=Some Driver;Server=db;UID=me;PWD={a;b}")
        'odbc:Driver=Some Driver;Server=db'
    """
    pairs = _pairs(text)
    if pairs is None:
        return "odbc:…"
    by_key = {key.lower(): f"{key}={value}" for key, value in reversed(pairs)}
    return "odbc:" + ";".join(by_key[key] for key in _SHOWN if key in by_key)


def odbc_has_secret(text: str) -> bool:
    """Return whether an ODBC string has keys that may be secret."""
    pairs = _pairs(text)
    return pairs is None or any(key.lower() not in _HARMLESS for key, _ in pairs)


def odbc_secrets(text: str) -> set[str]:
    """Return the values that may be secret, with their braces and without."""
    found: set[str] = set()
    for key, value in _pairs(text) or [("", text)]:
        if key.lower() not in _HARMLESS:
            bare = value[1:-1].replace("}}", "}") if value[:1] == "{" else value
            found |= {value, value.strip("{}"), bare}
    return found


def _pairs(text: str) -> list[tuple[str, str]] | None:
    """Return keys and values in order, None if the text is not made of them."""
    found, at = [], 0
    while at < len(text.rstrip("; \t\n")):
        match = _PAIR.match(text, at)
        if match is None:
            return None
        found.append((match[1], match[2].strip()))
        at = match.end()
    return found
