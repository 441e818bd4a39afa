"""The databases of these tests, once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pushdown.engines import ENGINES, Engine
from tests.pushdown.servers import postgres


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a PostgreSQL server."""
    with postgres() as address:
        yield address


class _Tables(dict[str, list[Engine]]):
    """The tables of each database, made when first asked for."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__()
        self._request = request

    def __missing__(self, name: str) -> list[Engine]:
        postgresql = name == "postgresql"
        address = self._request.getfixturevalue("postgres_address") if postgresql else ""
        self[name] = ENGINES[name](address, 1)
        return self[name]


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Iterator[dict[str, list[Engine]]]:
    """The tables of each database."""
    tables = _Tables(request)
    yield tables
    for engine in [e for found in tables.values() for e in found]:
        engine.close()
