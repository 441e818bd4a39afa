"""One connection of an ADBC driver, with one statement on it, and whatever it fails with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from polars_io_tools.db._adbc_drivers import Driver, opened
from polars_io_tools.db._secrets import without_secrets
from polars_io_tools.errors import (
    DatabaseConnectionError,
    DatabaseError,
    DatabaseTimeoutError,
    PiotError,
)

__all__ = ["Session", "asked"]

T = TypeVar("T")


def asked(uri: str, call: Callable[..., T], *args: Any) -> T:
    """Call a driver; its errors become ours, and lose what is secret in the URI.

    Raises:
        DatabaseError: the driver fails.
    """
    try:
        return call(*args)
    except Exception as error:
        if not _is_of_driver(error):
            raise
        failure = _failure(error, without_secrets(str(error), uri))
    # Not from within: what the driver says is not to be seen beside it.
    raise failure


class Session:
    """A connection that runs one statement. Any thread may cancel it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Any] = []

    def connect(self, driver: Driver, uri: str, settings: Sequence[str]) -> None:
        """Connect, and run statements that give nothing.

        Raises:
            MissingDependencyError: the driver is not installed.
            DatabaseError: it does not connect.
        """
        database = self._kept(opened(driver, uri))
        import adbc_driver_manager as manager

        connection = self._kept(manager.AdbcConnection(database))
        for setting in settings:
            statement = manager.AdbcStatement(connection)
            statement.set_sql_query(setting)
            statement.execute_update()
            statement.close()
        self._kept(manager.AdbcStatement(connection))

    def schema(self, sql: str, without_rows: str, params: Sequence[Any]) -> Any:
        """Return the schema of a query, which is not run; a driver that needs to runs the other."""
        import adbc_driver_manager as manager
        import pyarrow as pa

        statement = self._open[-1]
        try:
            self._bind(sql, params)
            return pa.schema(statement.execute_schema())
        except manager.NotSupportedError:
            return self.rows(without_rows, params).schema

    def rows(self, sql: str, params: Sequence[Any], **options: str | int) -> Any:
        """Run a query, and return the reader of its batches."""
        import pyarrow as pa

        statement = self._open[-1]
        statement.set_options(**options)
        self._bind(sql, params)
        stream, _ = statement.execute_query()
        return self._kept(pa.RecordBatchReader.from_stream(stream))

    def cancel(self) -> None:
        """End what runs, as far as the driver can."""
        with self._lock:
            for handle in reversed(self._open):
                if hasattr(handle, "cancel"):
                    with suppress(Exception):  # not every driver can
                        handle.cancel()

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            while self._open:
                with suppress(Exception):  # a connection may be broken
                    self._open.pop().close()

    def _kept(self, handle: Any) -> Any:
        with self._lock:
            self._open.append(handle)
        return handle

    def _bind(self, sql: str, params: Sequence[Any]) -> None:
        import pyarrow as pa

        statement = self._open[-1]
        statement.set_sql_query(sql)
        if params:
            arrays = [_array(value) for value in params]
            statement.prepare()
            statement.bind(pa.record_batch(arrays, names=[str(i) for i in range(len(arrays))]))


def _array(value: Any) -> Any:
    import pyarrow as pa

    try:
        return pa.array([value], pa.string() if value is None else None)
    except (pa.ArrowException, OverflowError) as error:
        what = f"scan_db: a parameter cannot be a {type(value).__name__}: {error}"
        raise TypeError(what) from error


def _is_of_driver(error: Exception) -> bool:
    if isinstance(error, PiotError):
        return False
    module = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError) or module in ("adbc_driver_manager", "pyarrow")


def _failure(error: Exception, text: str) -> DatabaseError:
    import adbc_driver_manager as manager

    code = getattr(error, "status_code", None)
    codes = manager.AdbcStatusCode
    text = f"scan_db: {text.strip()}"
    if code == codes.TIMEOUT or "statement timeout" in text:
        return DatabaseTimeoutError(text)
    if code in (codes.IO, codes.UNAUTHENTICATED, codes.UNAUTHORIZED):
        return DatabaseConnectionError(text)
    return DatabaseError(text)
