"""Types of DuckDB by those of Arrow, for servers of which a user says that they speak its SQL."""

from __future__ import annotations

from typing import Any

__all__ = ["type_name"]

_NAMES = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date32[day]": "DATE",
}


def type_name(arrow: Any) -> str:
    """Return the one type that DuckDB gives as this one of Arrow, "" where there are several."""
    text = str(arrow)
    if text in ("string", "large_string", "string_view"):
        # Or a VARCHAR, or another type: a JSON is compared by its text, as any of them may be.
        return "JSON"
    return _NAMES.get(text, "")
