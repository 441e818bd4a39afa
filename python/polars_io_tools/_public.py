"""Addresses as they may be shown: without a password, or a signature, in them."""

from __future__ import annotations

import re

__all__ = ["public"]

# A user with a password, wherever an address is; and what follows a "?" on the web, where it may
# be a signature. Elsewhere that is a pattern.
_PASSWORD = re.compile(r"(?<=://)[^\s/@'\"\[\]]*:[^\s/@'\"\[\]]*@")
_QUERY = re.compile(r"(\bhttps?://[^\s?'\",;\[\]]*)\?[^\s'\",;\[\]]*")


def public(text: str) -> str:
    """Return a text without what is secret in the addresses of files in it.

    Example:
        >>> public("first https://me:s3cret@host/a.parquet?sig=b4c, and s3://bucket/?.parquet")
        'first https://host/a.parquet, and s3://bucket/?.parquet'
    """
    return _QUERY.sub(r"\1", _PASSWORD.sub("", text))
