"""The notebooks in `examples/` run, and show what is committed.

`./build.sh notebooks` writes into them what they show now.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import child_environment
from tests.notebooks import executed, read, shown, written
from tests.postgres import Server

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["databases", "parquet", "slow-query", "tables"]

_WRITE = os.environ.get("PIOT_WRITE_NOTEBOOKS") == "1"

_MOST_BYTES = 150_000


@pytest.fixture
def market(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URI of a database in which a notebook may create a table."""
    if request.node.callspec.params["name"] != "databases":
        yield ""
        return
    postgres: Server = request.getfixturevalue("postgres")
    name = f"{postgres.database}_notebook"
    postgres.psql(f"CREATE DATABASE {name}")
    yield urlsplit(postgres.uri)._replace(path=f"/{name}").geturl()
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.ray
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_what_is_committed(name: str, market: str, tmp_path: Path) -> None:
    import ray

    path = EXAMPLES / f"{name}.ipynb"
    environment = child_environment() | {
        "RAY_ADDRESS": ray.get_runtime_context().gcs_address,
        "MARKET_URI": market,
    }
    got = executed(path, tmp_path, environment, market)
    if _WRITE:
        path.write_text(written(got))
    assert shown(got) == shown(read(path)), "./build.sh notebooks writes what it shows now"


def test_all_notebooks_are_tested() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_small_and_hold_nothing_of_a_machine(name: str) -> None:
    path = EXAMPLES / f"{name}.ipynb"
    text = path.read_text("utf-8")
    assert len(text) < _MOST_BYTES
    assert written(read(path)) == text
    for each in (socket.gethostname(), str(Path.home()), str(EXAMPLES.parent)):
        assert f'"{each}' not in text
        assert f"{each}/" not in text
        assert f"{each} " not in text
    assert re.findall(r"/(?:home|Users|root)/|(?:\d+\.){3}\d+|postgres@|token", text) == []
    cells = json.loads(text)["cells"]
    shows = [c for c in cells if c["cell_type"] == "code" and c["outputs"]]
    assert len(shows) >= 4
    assert [o for c in shows for o in c["outputs"] if o["output_type"] == "error"] == []
