"""The databases of these tests, once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Servers
from tests.pushdown.engines import ENGINES, SERVERS, Engine


class _Tables(dict[str, list[Engine]]):
    """The tables of each database, made when first asked for."""

    def __init__(self, servers: Servers) -> None:
        super().__init__()
        self._servers = servers

    def __missing__(self, name: str) -> list[Engine]:
        address = self._servers.wanted(SERVERS[name]).uri if name in SERVERS else ""
        self[name] = ENGINES[name](address, 1)
        return self[name]


@pytest.fixture(scope="session")
def engines(servers: Servers) -> Iterator[dict[str, list[Engine]]]:
    """The tables of each database."""
    tables = _Tables(servers)
    yield tables
    for engine in [e for found in tables.values() for e in found]:
        engine.close()
