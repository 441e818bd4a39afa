"""A small FlightSQL server over a DuckDB file, in a process of its own.

It knows what clients of queries need: statements, prepared statements with values, schemas, and a
user with a password. Messages of FlightSQL are Protocol Buffers, of which a few lines are enough.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import flight

__all__ = ["FlightServer"]

_PREFIX = "type.googleapis.com/arrow.flight.protocol.sql."
_USER = "me"

# A query that its client has given up is not noticed here: it ends after a while, as any does.
_LONGEST_SECONDS = 5


def _fields(message: bytes) -> dict[int, bytes]:
    """Return the fields of a message that have a length."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        if tag & 7 == 2:
            length, at = _number(message, at)
            found[tag >> 3] = message[at : at + length]
            at += length
        else:
            _, at = _number(message, at)
    return found


def _number(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _message(**fields: bytes) -> bytes:
    """Return a message; its fields are named f1, f2 and so on."""
    out = b""
    for name, value in fields.items():
        out += _varint(int(name[1:]) << 3 | 2) + _varint(len(value)) + value
    return out


def _varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _opened(command: bytes) -> tuple[str, dict[int, bytes]]:
    """Return the name of a command, and its fields."""
    fields = _fields(command)
    return fields[1].decode().removeprefix(_PREFIX), _fields(fields.get(2, b""))


def _closed(name: str, message: bytes) -> bytes:
    return _message(f1=(_PREFIX + name).encode(), f2=message)


class _Token(flight.ServerMiddleware):  # type: ignore[misc]  # pyarrow has no types
    def __init__(self, token: str) -> None:
        self._token = token

    def sending_headers(self) -> dict[str, str]:
        return {"authorization": self._token}


class _Passwords(flight.ServerMiddlewareFactory):  # type: ignore[misc]  # pyarrow has no types
    def __init__(self, password: str) -> None:
        super().__init__()
        self._password = password

    def start_call(self, info: Any, headers: dict[str, list[str]]) -> Any:
        given = headers.get("authorization", [""])[0]
        basic = base64.b64encode(f"{_USER}:{self._password}".encode()).decode()
        known = (f"Basic {basic}", f"Bearer {self._password}")
        if self._password and given.rstrip("=") not in [k.rstrip("=") for k in known]:
            # As a careless server would, it says what it was given.
            raise flight.FlightUnauthenticatedError(f"{given} is not let in")
        return _Token(f"Bearer {self._password}") if self._password else None


class _Anybody(flight.ServerAuthHandler):  # type: ignore[misc]  # pyarrow has no types
    """Leaves it to the middleware, without which there is no handshake."""

    def authenticate(self, outgoing: Any, incoming: Any) -> None:
        pass

    def is_valid(self, token: Any) -> bytes:
        return b""


class _Server(flight.FlightServerBase):  # type: ignore[misc]  # pyarrow has no types
    def __init__(self, path: str, password: str) -> None:
        super().__init__(
            "grpc://127.0.0.1:0",
            auth_handler=_Anybody(),
            middleware={"basic": _Passwords(password)},
        )
        self._path = path
        self._prepared: dict[bytes, tuple[str, list[Any]]] = {}
        self._lock = threading.Lock()

    def _relation(self, sql: str, params: list[Any]) -> Any:
        connection = duckdb.connect(self._path, read_only=True)
        connection.execute("SET TimeZone = 'UTC'")
        give_up = threading.Timer(_LONGEST_SECONDS, connection.interrupt)
        give_up.daemon = True
        give_up.start()
        try:
            return connection.sql(sql, params=params or None)
        except duckdb.Error as error:
            raise flight.FlightServerError(str(error)) from error

    def _schema(self, relation: Any) -> Any:
        schema = relation.limit(0).to_arrow_reader(1).schema
        return pa.schema(
            f.with_metadata({"ARROW:FLIGHT:SQL:TYPE_NAME": str(kind)})
            for f, kind in zip(schema, relation.types, strict=True)
        )

    def _asked(self, command: bytes) -> tuple[str, list[Any]]:
        name, fields = _opened(command)
        if name == "CommandStatementQuery":
            return fields[1].decode(), []
        if name in ("CommandPreparedStatementQuery", "TicketStatementQuery"):
            return self._prepared[fields[1]]
        raise flight.FlightUnimplementedError(name)

    def _kept(self, sql: str, params: list[Any]) -> bytes:
        with self._lock:
            handle = str(len(self._prepared)).encode()
            self._prepared[handle] = (sql, params)
        return handle

    def get_flight_info(self, context: Any, descriptor: Any) -> Any:
        sql, params = self._asked(descriptor.command)
        schema = self._schema(self._relation(sql, params))
        handle = self._kept(sql, params)
        ticket = flight.Ticket(_closed("TicketStatementQuery", _message(f1=handle)))
        return flight.FlightInfo(schema, descriptor, [flight.FlightEndpoint(ticket, [])], -1, -1)

    def get_schema(self, context: Any, descriptor: Any) -> Any:
        relation = self._relation(*self._asked(descriptor.command))
        return flight.SchemaResult(self._schema(relation))

    def do_get(self, context: Any, ticket: Any) -> Any:
        relation = self._relation(*self._asked(ticket.ticket))
        schema = self._schema(relation)

        def batches() -> Iterator[Any]:
            for batch in relation.to_arrow_reader(1000):
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

        return flight.GeneratorStream(schema, batches())

    def do_put(self, context: Any, descriptor: Any, reader: Any, writer: Any) -> None:
        _, fields = _opened(descriptor.command)
        sql, _ = self._prepared[fields[1]]
        (row,) = reader.read_all().to_pylist()
        self._prepared[fields[1]] = (sql, list(row.values()))

    def do_action(self, context: Any, action: Any) -> Any:
        name, fields = _opened(action.body.to_pybytes())
        if name != "ActionCreatePreparedStatementRequest":
            return
        sql = fields[1].decode()
        result = _message(f1=self._kept(sql, []))
        yield flight.Result(_closed("ActionCreatePreparedStatementResult", result))


def _serve(path: str, password: str) -> None:
    server = _Server(path, password)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve()


class FlightServer:
    """A server that ends with the process that started it.

    Attributes:
        uri: where it is, without its password.
    """

    def __init__(self, path: str, password: str = "") -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, path, password],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.uri = f"grpc://127.0.0.1:{int(self._process.stdout.readline())}"

    def stop(self) -> None:
        """End the server."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2])
