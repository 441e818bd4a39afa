"""Object stores, and what is put in place there, without Ray."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import polars as pl
import pyarrow.dataset as ds
import pyarrow.fs
import pytest
from polars.io.plugins import register_io_source

import polars_io_tools as piot
from polars_io_tools import _stores
from polars_io_tools._aside import StoreFolder
from polars_io_tools._attach import attach, collecting, detach
from polars_io_tools._delivery import Place, dumps, loaded
from polars_io_tools._polars.clouds import divided_options
from polars_io_tools._polars.engines import RewritingEngine
from polars_io_tools._polars.sinks import shipped_options
from polars_io_tools._resources import Resources
from polars_io_tools._store_publishing import StoreStaging
from polars_io_tools._stores import Access, Address, Store, address_of
from polars_io_tools._writing import Writing
from tests.stores import SECRET, Options, ask, keys_of


@pytest.fixture
def target() -> Address:
    return Address("s3://bucket", f"{uuid.uuid4()}/lake/out")


@pytest.fixture
def access(options: Options) -> Access:
    return Access(options, "auto")


def staged(staging: StoreStaging, access: Access, *names: str) -> None:
    store = Store(staging.aside.address, access)
    for name in names:
        store.write(f"{staging.aside.address.key}/{name}", f"new {name}".encode())


ADDRESSES: dict[str, Address | None] = {
    "s3://bucket/a b/%2F/": Address("s3://bucket", "a b/%2F"),
    "s3a://bucket": Address("s3a://bucket", ""),
    "gs://bucket/a": Address("gs://bucket", "a"),
    "gcs://bucket/a?b#c": Address("gcs://bucket", "a?b#c"),
    "az://container/a": Address("az://container", "a"),
    "abfss://container@account.dfs.core.windows.net/a": Address(
        "abfss://container@account.dfs.core.windows.net", "a"
    ),
    "https://account.blob.core.windows.net/container/a": None,
    "/data/out": None,
    "file:///data": None,
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_addresses(url: str) -> None:
    assert address_of(url) == ADDRESSES[url]


@pytest.mark.parametrize(
    "url", ["s3://", "s3:///a", "s3://b/a//c", "s3://b/../c", "s3://me@b/a", "abfs://a:b@c/d"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"no place of objects|no credentials"):
        address_of(url)


def test_options_are_divided_as_polars_does() -> None:
    given = {
        "aws_allow_http": "true",
        "timeout": "5s",
        "PROXY_URL": "http://proxy",
        "aws_region": "eu-west-1",
        "AWS_PROFILE": "me",
        "max_retries": 3,
        "file_cache_ttl": 10,
        "azure_use_azure_cli": "true",
    }
    store = {"aws_region": "eu-west-1", "azure_use_azure_cli": "true"}
    client = {"allow_http": "true", "timeout": "5s", "proxy_url": "http://proxy"}
    assert divided_options(given) == (store, client)


CLIENTS: dict[str, tuple[dict[str, Any], Any]] = {
    "az://c/x": ({"account_name": "a", "account_key": "eHh4eHh4eA=="}, "auto"),
    "abfss://c@acc.dfs.core.windows.net/x": ({"azure_storage_account_key": "eHh4eHh4eA=="}, None),
    "azure://c/x": ({"account_name": "a", "sas_token": "?sv=1&sig=abcdefg"}, None),
    "adl://c/x": ({"account_name": "a"}, lambda: ({"bearer_token": "token"}, None)),
    "gs://b/x": ({"timeout": "5s"}, lambda: ({"bearer_token": "token"}, None)),
    "gcs://b/x": ({"google_skip_signature": "true", "max_retries": 1}, None),
    "s3a://b/x": ({"region": "x", "endpoint_url": "http://x", "allow_http": "true"}, None),
}


@pytest.mark.parametrize("url", CLIENTS)
def test_clients_take_the_options_of_polars(url: str) -> None:
    """As far as that can be told without such a store."""
    address = address_of(url)
    assert address is not None
    kind = {"a": "AzureStore", "g": "GCSStore", "s": "S3Store"}[url[0]]
    assert type(Store(address, Access(*CLIENTS[url]))._open()).__name__ == kind


def test_a_data_set_is_put_in_place(options: Options, target: Address, access: Access) -> None:
    with StoreStaging(target, access) as staging:
        staged(staging, access, "0", "1")
        assert keys_of(options, f"{target.key}/") == []
        assert not staging.exists("k=1/a.csv")
        staging.publish({"k=1/a.csv": "0", "k=%2F b/ä.csv": "1"})
        assert staging.exists("k=1/a.csv")
    parent = target.key.rpartition("/")[0]
    assert keys_of(options, parent) == ["/out/k=%2F b/ä.csv", "/out/k=1/a.csv"]
    assert ask(options, "GET", f"/bucket/{target.key}/k=1/a.csv")[1] == "new 0"


def test_nothing_is_left_of_what_was_not_published(
    options: Options, target: Address, access: Access
) -> None:
    """Nor of what comes late, as when Polars ends an upload of which nobody wants to know."""
    with StoreStaging(target, access) as staging:
        staged(staging, access, "0")
        late = threading.Timer(0.4, staged, [staging, access, "late"])
        late.start()
    late.join()
    assert keys_of(options, target.key.partition("/")[0]) == []


@pytest.mark.parametrize("end", ["rows", "error"])
def test_a_task_that_is_late_removes_what_it_wrote(
    options: Options, target: Address, access: Access, end: str
) -> None:
    """The run ends while a part is being written."""
    staging = StoreStaging(target, access)

    def read(*_: object) -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"x": [1]})
        staging.close()
        if end == "error":
            raise ZeroDivisionError

    rows = register_io_source(read, schema={"x": pl.Int64})
    plain: dict[str, Any] = {"storage_options": None, "credential_provider": None}
    written: list[dict[str, Any]] = []

    class Recorder(RewritingEngine):
        name = "recorder"

        def rewritten(self, lf: pl.LazyFrame) -> pl.LazyFrame:
            return lf

        def sink(self, form: str, lf: pl.LazyFrame, target: Any, options: dict[str, Any]) -> None:
            written.append(shipped_options(options | plain))

    rows.sink_csv("unused.csv", engine=Recorder())
    writing = Writing("csv", staging.aside, None, written[0])
    with suppress(ZeroDivisionError):
        writing(rows, Place(0, "a"))
    time.sleep(0.5)
    assert keys_of(options, target.key.partition("/")[0]) == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, OSError])
def test_what_was_copied_is_taken_back(
    options: Options,
    target: Address,
    access: Access,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[BaseException],
) -> None:
    """The last copy fails when the others are there."""
    Store(target, access).write(f"{target.key}/a.csv", b"old")
    real, copied = Store.copy, threading.Semaphore(0)

    def fail(store: Store, source: str, to: str, size: int) -> None:
        if to.endswith("/c.csv"):
            assert copied.acquire(timeout=20)
            assert copied.acquire(timeout=20)
            seen.extend(keys_of(options, f"{target.key}/"))
            raise kind("no more")
        real(store, source, to, size)
        if to.startswith(target.key):
            copied.release()

    seen: list[str] = []
    with StoreStaging(target, access) as staging:
        staged(staging, access, "0", "1", "2")
        monkeypatch.setattr(Store, "copy", fail)
        with pytest.raises(piot.PublishError if kind is OSError else kind, match="no more"):
            staging.publish({"a.csv": "0", "b.csv": "1", "c.csv": "2"})
    assert seen == ["a.csv", "b.csv"]
    assert keys_of(options, target.key.rpartition("/")[0]) == ["/out/a.csv"]
    assert ask(options, "GET", f"/bucket/{target.key}/a.csv")[1] == "old"


def test_what_is_lost_meanwhile(options: Options, target: Address, access: Access) -> None:
    """Nothing is put in place without it."""
    with StoreStaging(target, access) as staging:
        staged(staging, access, "0")
        with pytest.raises(piot.PublishError, match=r"/1' is not there any more"):
            staging.publish({"a.csv": "0", "b.csv": "1"})
        assert keys_of(options, f"{target.key}/") == []


def test_credentials_are_asked_for_again(
    options: Options, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = {k: v for k, v in options.items() if not k.endswith(("key", "key_id"))}
    asked: list[float] = []

    class Provider(pl.CredentialProvider):
        def __call__(self) -> Any:
            asked.append(0.0)
            return {"aws_access_key_id": "key", "aws_secret_access_key": SECRET}, None

    store = Store(target, Access(public, Provider()))
    for _ in range(3):
        store.size("a")
    before = len(asked)
    monkeypatch.setenv("POLARS_DISABLE_PYTHON_CREDENTIAL_CACHING", "1")
    monkeypatch.setattr(_stores, "_FRESH_SECONDS", -1.0)
    store.size("a")
    assert before == 1
    assert len(asked) == 2


def test_large_objects_are_copied_a_piece_at_a_time(
    options: Options, target: Address, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts, of which S3 has 5 MB at least."""
    monkeypatch.setattr(_stores, "_MOST_COPIED", 1 << 20)
    monkeypatch.setattr(_stores, "_CHUNK_BYTES", 6 << 20)
    data = bytes(range(256)) * (50 << 10)
    store = Store(target, access)
    store.write(f"{target.key}/a", data)
    ask(options, "GET", "/asked")
    store.copy(f"{target.key}/a", f"{target.key}/b", len(data))
    asked = ask(options, "GET", "/asked")[1]
    assert store.read(f"{target.key}/b") == data
    assert "COPY" not in asked
    assert asked.count("partNumber") == 3


def test_readers_see_nothing_that_is_staged(
    options: Options, target: Address, access: Access
) -> None:
    """Neither those of the target nor, by a pattern, those of the prefix around it."""
    rows = pl.DataFrame({"x": [1, 2]})
    url, lake = target.url(target.key), target.key.rpartition("/")[0]
    rows.lazy().sink_parquet(f"{url}/old.parquet", storage_options=options)
    arrow = pyarrow.fs.S3FileSystem(
        access_key="key",
        secret_key=SECRET,
        region="us-east-1",
        endpoint_override=options["aws_endpoint_url"],
    )
    with StoreStaging(target, access) as staging:
        path = staging.aside.path("000000-1/0.staged")
        rows.lazy().sink_parquet(path, storage_options=options)
        patterns = ["/", "/*", "/**/*", "/**/*.parquet"]
        for place in [url + end for end in patterns] + [f"s3://bucket/{lake}/**/*.parquet"]:
            assert pl.scan_parquet(place, storage_options=options).collect().height == 2, place
        for place in (target.key, lake):
            found = ds.dataset(f"bucket/{place}", filesystem=arrow, format="parquet")
            assert found.count_rows() == 2, place


def test_credentials_come_from_where_polars_has_them(
    options: Options, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function, or with "auto" what the machine has."""
    public = {k: v for k, v in options.items() if not k.endswith(("key", "key_id"))}
    found: list[str] = []

    def provide() -> Any:
        found.append("asked")
        return {"aws_access_key_id": "key", "aws_secret_access_key": SECRET}, None

    store = Store(target, Access(public, provide))
    store.write(f"{target.key}/a", b"x")
    assert store.size(f"{target.key}/a") == 1
    assert found
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    again = Store(target, Access(public, "auto"))
    assert again.size(f"{target.key}/a") == 1
    assert again.size(f"{target.key}/b") is None


def test_a_provider_that_fails(target: Address) -> None:
    def provide() -> Any:
        raise ZeroDivisionError(f"no token for {SECRET}")

    store = Store(target, Access({"aws_session_token": SECRET}, provide))
    with pytest.raises(OSError, match="no token for …"):
        store.size("a")


def delivery(access: Access) -> Writing:
    return Writing("csv", StoreFolder(Address("s3://bucket", "out"), access), None, {})


def test_secrets_do_not_travel_with_a_delivery(options: Options) -> None:
    """A task asks for them, under an id."""
    access = Access(options, lambda: ({"aws_secret_access_key": SECRET}, None))
    with collecting() as offers:
        sent = dumps(delivery(access))
    assert SECRET.encode() not in sent
    assert SECRET not in repr(delivery(access))
    hidden: dict[str, str] = {}

    def hide(key: str, secret: str) -> Callable[[str], str]:
        hidden[key] = secret
        return hidden.__getitem__

    attach({key: tuple(prepare(Resources(hide, 1))) for key, prepare in offers.items()})
    try:
        arrived: Any = loaded(sent)
        given = arrived.staging.options()
    finally:
        detach(offers)
    assert given["storage_options"] == options
    assert given["credential_provider"]() == ({"aws_secret_access_key": SECRET}, None)
    assert len(hidden) == 1


def test_what_everybody_may_know_needs_no_vault() -> None:
    with collecting() as offers:
        sent = dumps(delivery(Access(None, "auto")))
    assert offers == {}
    arrived: Any = loaded(sent)
    plain = {"storage_options": None, "credential_provider": "auto"}
    assert arrived.staging.options() == plain


def test_errors_show_no_secret(options: Options, target: Address) -> None:
    nowhere = {
        "aws_endpoint_url": "http://127.0.0.1:9",
        "aws_allow_http": "true",
        "aws_access_key_id": "the-key",
        "aws_secret_access_key": SECRET,
        "max_retries": 0,
    }
    access = Access(nowhere, "auto")
    with pytest.raises(piot.PublishError) as failed:
        StoreStaging(target, access)
    text = str(failed.value)
    assert "http://127.0.0.1:9" in text
    assert SECRET not in text
    assert failed.value.__cause__ is None
    with pytest.raises(FileNotFoundError, match="location … not found"):
        Store(target, Access(options, "auto")).read(SECRET)
    aside = StoreFolder(target, access)
    with pytest.raises(piot.PiotError, match=r"ComputeError: wrong: …$"), aside.telling():
        raise pl.exceptions.ComputeError(f"wrong: {SECRET}")
    with pytest.raises(pl.exceptions.ComputeError, match=r"wrong$"), aside.telling():
        raise pl.exceptions.ComputeError("wrong")
