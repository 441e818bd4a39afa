"""One PostgreSQL for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from polars_io_tools import _gocore
from tests.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    server = Server()
    yield server
    _gocore.pg_disconnect()
    server.stop()
