"""Another Go runtime in the process: the Flight SQL driver of ADBC, with a server to talk to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.flight as fl

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 1000


class Server(fl.FlightServerBase):  # type: ignore[misc]  # pyarrow has no types
    """Answers every query with one table.

    Args:
        confuse: answer questions about the server with the table too, which no driver expects.
    """

    def __init__(self, *, confuse: bool) -> None:
        super().__init__("grpc://127.0.0.1:0")
        self._confuse = confuse
        self._table = pa.table({"x": list(range(ROWS))})

    def get_flight_info(self, context: object, descriptor: Any) -> Any:
        if b"CommandGetSqlInfo" in descriptor.command and not self._confuse:
            raise NotImplementedError("this server says nothing about itself")
        endpoints = [fl.FlightEndpoint(b"", [])]
        return fl.FlightInfo(self._table.schema, descriptor, endpoints, -1, -1)

    def do_get(self, context: object, ticket: object) -> Any:
        return fl.RecordBatchStream(self._table)


@contextmanager
def server(*, confuse: bool = False) -> Iterator[str]:
    running = Server(confuse=confuse)
    try:
        yield f"grpc://127.0.0.1:{running.port}"
    finally:
        running.shutdown()


def query() -> None:
    """Load the driver if need be and have it run a query."""
    from adbc_driver_flightsql import dbapi

    with (
        server() as address,
        dbapi.connect(address, autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select x from t")
        assert cursor.fetch_arrow_table().column("x").to_pylist() == list(range(ROWS))


def panic() -> str:
    """Have the driver panic, and give the message of the exception that it makes of that."""
    import adbc_driver_manager
    from adbc_driver_flightsql import connect

    with server(confuse=True) as address:
        database = connect(address)
        try:
            adbc_driver_manager.AdbcConnection(database)
        except adbc_driver_manager.Error as error:
            return str(error)
    raise AssertionError("no panic")
