"""The connections of statements are counted by the server that they go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools._budget import BUDGET
from polars_io_tools.db._adbc import AdbcReader
from polars_io_tools.db._odbc import OdbcReader
from polars_io_tools.db._postgresql import PostgresReader
from polars_io_tools.db._secrets import server_of

if TYPE_CHECKING:
    from tests.postgres import Server

CANARY = "canary-2b1c"


def test_a_read_of_this_process_counts_while_it_goes_on(postgres: Server) -> None:
    server = server_of(postgres.uri)
    lf = piot.scan_db("SELECT g::int8 AS g FROM generate_series(1, 300000) g", postgres.uri)
    assert BUDGET.left(server, 16) == 16
    batches = lf.collect_batches(chunk_size=1000, engine="streaming")
    assert next(b for b in batches if b.height).height
    assert BUDGET.left(server, 16) == 15
    assert lf.select(pl.len()).collect().item() == 300_000
    for _ in batches:
        pass
    assert BUDGET.left(server, 16) == 16


@pytest.mark.parametrize("host", ["db.example:5432", "db.example"])
def test_readers_of_one_server_count_together(host: str) -> None:
    uri = f"postgresql://me:{CANARY}@{host}/trades"
    assert PostgresReader(uri).server == AdbcReader(uri).server == host
    assert AdbcReader("sqlite:////tmp/x.db").server == ""
    shown = OdbcReader(f"Driver=/lib/x.so;Server={host};PWD={CANARY}").server
    assert host in shown
    assert CANARY not in shown


def test_a_server_without_a_name_is_this_machine() -> None:
    assert server_of("postgresql:///trades") == "local"
    assert server_of("postgresql:///trades?host=/run/pg") == "/run/pg"
