"""Statements as spans, by the conventions of OpenTelemetry for databases.

Neither the text of a statement nor its parameters are in a span, since a user's query may hold
values; nor is the name of a server, which the reader of a trace has by the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from polars_io_tools._tracing import Context, Span
from polars_io_tools.db._reader import Reader

__all__ = ["traced_statement"]

# The conventions name them; of others it is known that they are asked by SQL.
_SYSTEMS = {"postgresql", "duckdb", "sqlite"}


@contextmanager
def traced_statement(reader: Reader, caller: Context | None) -> Iterator[Callable[[int], None]]:
    """Trace a statement from here to the end of the block; the block says which rows come."""
    system = reader.dialect if reader.dialect in _SYSTEMS else "other_sql"
    attributes = {"db.system.name": system, "db.operation.name": "SELECT"}
    rows = 0

    def returned(count: int) -> None:
        nonlocal rows
        rows += count

    with Span("SELECT", caller, kind="CLIENT", attributes=attributes) as span:
        try:
            yield returned
        finally:
            span.note({"db.response.returned_rows": rows})
