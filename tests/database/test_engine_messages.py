"""What goes wrong with engines is said at the call where it can be, and never with a password."""

from __future__ import annotations

import builtins
import pickle
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools.db import _odbc_driver, explain_sql
from polars_io_tools.db._adbc_drivers import DRIVERS
from polars_io_tools.db._secrets import has_secret, public_uri, without_secrets
from tests import odbc
from tests.database.engine_cases import ENGINE_CASES
from tests.database.engine_places import odbc_string
from tests.flightsql import FlightServer
from tests.messages import check_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.postgres import Server

CANARY = "canary-93d7"

Wrong = tuple[Any, dict[str, Any], str]

WRONG: dict[str, Wrong] = {
    "engine": (
        "postgresql://h/d",
        {"engine": "pyodbc"},
        "engine must be 'auto', 'native', 'adbc' or 'odbc', not 'pyodbc'",
    ),
    "dialect": (
        "grpc://h:1",
        {"dialect": "oracle"},
        "dialect must be 'postgresql', 'duckdb', 'sqlite' or 'generic', not 'oracle'",
    ),
    "no driver of ADBC": (
        "duckdb:///x.duckdb",
        {"engine": "adbc"},
        "duckdb:// is read by engine='native', not 'adbc'",
    ),
    "a URI by ODBC": (
        "postgresql://h/d",
        {"engine": "odbc"},
        (
            "postgresql:// is read by engine='native' or 'adbc', not 'odbc'; ODBC reads strings "
            "such as 'Driver=…;Server=…'"
        ),
    ),
    "an ODBC string by ADBC": (
        "DSN=x",
        {"engine": "adbc"},
        "an ODBC string is read by engine='odbc', not 'adbc'",
    ),
    "no reader of ours": (
        "grpc+tls://h:1",
        {"engine": "native"},
        "grpc+tls:// is read by engine='adbc', not 'native'",
    ),
    "a dialect of another database": (
        "postgresql://h/d",
        {"dialect": "duckdb"},
        "postgresql:// with engine='native' is asked in dialect='postgresql', not 'duckdb'",
    ),
    "a dialect of ODBC": (
        "Driver=x",
        {"dialect": "postgresql"},
        "an ODBC string with engine='odbc' is asked in dialect='generic', not 'postgresql'",
    ),
    "a scheme for ODBC": (
        f"mysql://me:{CANARY}@h/d",
        {},
        (
            "mysql:// is read by ODBC; pass connection='Driver={MySQL ODBC 9.4 Unicode Driver};"
            "Server=…;Database=…;UID=…;PWD=…' (or 'DSN=…'), with the driver installed, and: "
            'pip install "polars-io-tools-go[odbc]"'
        ),
    ),
    "an option of no driver": (
        f"grpc://h:1?{CANARY}=1",
        {},
        "grpc:// has an option behind ? that is none of token, adbc.flight.sql.…",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_at_the_call(name: str) -> None:
    connection, options, message = WRONG[name]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the whole message is compared)
        piot.scan_db("SELECT 1 AS n", connection, schema={"n": pl.Int64}, **options).collect()
    assert str(caught.value) == f"scan_db: {message}"


@pytest.mark.parametrize("name", ENGINE_CASES)
def test_message(name: str, tmp_path: Path) -> None:
    check_message(ENGINE_CASES[name], tmp_path)


def test_a_reader_has_its_own_engine() -> None:
    class Mine:
        dialect, quote = "generic", '"'

        def shown(self) -> str:
            return "mine"

        def describe(self, query: object) -> Any: ...

        def read(self, statement: object) -> Any: ...

    with pytest.raises(ValueError, match=r"scan_db: engine= says nothing to a Reader"):
        piot.scan_db("SELECT 1", Mine(), engine="adbc")


# Which module is missing, and what the message says of it.
EXTRAS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "flightsql": ("adbc_driver_manager", "grpc+tls://h:1", {}, r"grpc\+tls:// needs an extra"),
    "adbc": ("pyarrow", "postgresql://h/d", {"engine": "adbc"}, "postgresql:// with engine='adbc'"),
    "snowflake": ("adbc_driver_manager", "snowflake://a/d", {}, "snowflake:// needs"),
    "bigquery": ("adbc_driver_manager", "bigquery://p", {}, "bigquery:// needs an extra"),
    "odbc": ("arrow_odbc", "DSN=trades", {}, "an ODBC string needs an extra"),
}


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    missing, connection, options, message = EXTRAS[extra]
    imported = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == missing:
            raise ImportError(name)
        return imported(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    said = rf'scan_db: {message}.*: pip install "polars-io-tools-go\[{extra}\]"$'
    with pytest.raises(piot.MissingDependencyError, match=said):
        piot.scan_db("SELECT 1 AS n", connection, **options)


def test_a_missing_driver_manager_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "arrow_odbc":
            raise OSError("libodbc.so.2: cannot open shared object file")
        return imported(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(piot.MissingDependencyError, match=r"unixODBC: libodbc.*package unixodbc"):
        piot.scan_db("SELECT 1 AS n", "DSN=trades")


# Connections that cannot be used, each with a password in another place.
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "adbc, nobody there": (f"postgresql://me:{CANARY}@127.0.0.1:1/d", {"engine": "adbc"}),
    "adbc, no port": (f"postgresql://me:{CANARY}@127.0.0.1:x/d", {"engine": "adbc"}),
    "adbc, a slash": (f"postgresql://me:1/{CANARY}@127.0.0.1:1/d", {"engine": "adbc"}),
    "adbc, an option": (f"postgresql://127.0.0.1:1/d?password={CANARY}&x=y", {"engine": "adbc"}),
    "flightsql": (f"grpc://me:{CANARY}@127.0.0.1:1", {}),
    "flightsql, token": (f"grpc+tls://127.0.0.1:1?token={CANARY}", {}),
    "flightsql, no option": (f"grpc://127.0.0.1:1?adbc.flight.sql.nope={CANARY}", {}),
    "odbc, nobody there": ("Driver={driver};Server=127.0.0.1;Port=1;PWD={{{canary}}}", {}),
    "odbc, no driver": ("Driver=/no/such.so;UID=me;Password={canary}", {}),
    "odbc, no source": ("DSN=none;AccessToken={canary}", {}),
    "odbc, not a list": ("DSN=none;PWD={{{canary}", {}),
    "mysql": (f"mysql://me:{CANARY}@h/d", {}),
}


@pytest.mark.parametrize("how", ["written", "variable", "function"])
@pytest.mark.parametrize("name", REFUSED)
def test_no_error_shows_a_password(name: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    uri, options = REFUSED[name]
    if name.startswith("odbc"):
        uri = uri.format(driver=odbc.driver(), canary=CANARY)
    monkeypatch.setenv("PIOT_TEST_CANARY", uri)

    def where() -> str:
        return uri

    connection: Any = {"written": uri, "variable": "env:PIOT_TEST_CANARY", "function": where}[how]
    with pytest.raises((piot.PiotError, ValueError)) as caught:
        piot.scan_db("SELECT 1 AS n", connection, retries=0, **options).collect()
    assert_no_canary(caught.value)


def assert_no_canary(error: BaseException | None) -> None:
    while error is not None:
        assert CANARY not in f"{error!r} {error} {getattr(error, '__notes__', '')}"
        error = error.__cause__ or error.__context__


def test_a_server_that_repeats_a_password_is_not_repeated(tmp_path: Path) -> None:
    import duckdb

    duckdb.connect(str(tmp_path / "x.duckdb")).close()
    server = FlightServer(str(tmp_path / "x.duckdb"), "another")
    try:
        for uri in (server.uri.replace("//", f"//me:{CANARY}@"), f"{server.uri}?token={CANARY}"):
            with pytest.raises(
                piot.DatabaseConnectionError, match=r"\*\*\* is not let in"
            ) as caught:
                piot.scan_db("SELECT 1 AS n", uri, retries=0)
            assert_no_canary(caught.value)
            assert "bWU6" not in str(caught.value)  # me: in base64
    finally:
        server.stop()


def test_a_password_of_odbc_is_in_no_text_and_no_pickle(postgres: Server) -> None:
    lf = piot.scan_db("SELECT 1::int8 AS n", odbc_string(postgres.uri, CANARY))
    assert CANARY.encode() not in pickle.dumps(lf) + lf.serialize()
    for text in (lf.explain(), str(explain_sql(lf)), repr(lf)):
        assert CANARY not in text
    with pytest.raises(piot.DatabaseError, match="nope") as caught:
        piot.scan_db("SELECT nope AS n", odbc_string(postgres.uri, CANARY))
    assert_no_canary(caught.value)


def test_a_driver_that_repeats_a_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless:
        Error = RuntimeError

        @staticmethod
        def connect(string: str, **_: Any) -> Any:
            raise RuntimeError(f"State: 08001, no {string}")

    monkeypatch.setattr(_odbc_driver, "_arrow_odbc", lambda: Careless)
    string = f"PWD={CANARY};DSN=x"
    reads: list[Callable[[], object]] = [
        lambda: _odbc_driver.connected(string),
        lambda: _odbc_driver.asked(string, Careless.connect, string),
    ]
    for read in reads:
        with pytest.raises(piot.DatabaseConnectionError, match=r"08001, no \*\*\*$") as caught:
            read()
        assert_no_canary(caught.value)


SHOWN = {
    "postgresql://me:1/x@h:5/d": "postgresql://…",
    "grpc+tls://me:x@h:31337?token=y": "grpc+tls://h:31337",
    "snowflake://me:x@account/db/schema?warehouse=w": "snowflake://account/db/schema",
    "Driver={a;b};SERVER=h;Port=1;uid=me;pwd={p;q}}r}": "odbc:Driver={a;b};SERVER=h;Port=1",
    "dsn=trades;Password=x": "odbc:dsn=trades",
    "DSN=trades;PWD=a;b": "odbc:…",
}


@pytest.mark.parametrize("uri", SHOWN)
def test_connections_are_shown_without_secrets(uri: str) -> None:
    assert public_uri(uri) == SHOWN[uri]
    assert has_secret(uri)


def test_secrets_are_found_as_written_and_as_meant() -> None:
    text = "p;q}r and {p;q}}r} and a%20b and a b and YTphIGI"
    assert without_secrets(text, "DSN=x;PWD={p;q}}r}").count("***") == 2
    assert without_secrets(text, "grpc://a:a%20b@h") == "p;q}r and {p;q}}r} and *** and *** and ***"
    assert without_secrets(text, "DSN=x;UID=p") == text
    assert not has_secret("DSN=x;UID=me;Driver=y")
    assert not has_secret("grpc://me@h:1")


OPTIONS = {
    "grpc+tls://h:443?adbc.flight.sql.client_option.tls_skip_verify=true": {
        "uri": "grpc+tls://h:443",
        "adbc.flight.sql.client_option.tls_skip_verify": "true",
    },
    "grpc://me:a%40b@h:1": {"uri": "grpc://h:1", "username": "me", "password": "a@b"},
    "grpc://h:1?token=x": {
        "uri": "grpc://h:1",
        "adbc.flight.sql.authorization_header": "Bearer x",
    },
    "bigquery://p/d?adbc.bigquery.sql.location=EU": {
        "adbc.bigquery.sql.project_id": "p",
        "adbc.bigquery.sql.dataset_id": "d",
        "adbc.bigquery.sql.location": "EU",
    },
    "snowflake://me:x@a/d?warehouse=w": {"uri": "snowflake://me:x@a/d?warehouse=w"},
    "sqlite:////tmp/a b?.db": {"uri": "file:/tmp/a%20b%3F.db?mode=ro"},
}


@pytest.mark.parametrize("uri", OPTIONS)
def test_drivers_are_told_where_to_go(uri: str) -> None:
    assert DRIVERS[uri.partition("://")[0]].options(uri) == OPTIONS[uri]
