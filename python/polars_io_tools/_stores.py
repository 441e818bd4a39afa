"""Object stores: the few things that putting files in place needs, by the library obstore.

Polars writes objects, and neither copies nor removes them. obstore stands on the same client as
Polars, so that it takes the same `storage_options`.

Invariant: no error and no repr has anything of the options, but for the region and the endpoint.

Example:
    >>> address_of("s3://bucket/lake/out/")
    Address(root='s3://bucket', key='lake/out')
    >>> address_of("/data/out") is None
    True
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from polars_io_tools._hidden import Hidden
from polars_io_tools._installation import installing
from polars_io_tools._polars.clouds import credentials_of, divided_options
from polars_io_tools._redact import redacted
from polars_io_tools._store_writer import Writer, opened_for
from polars_io_tools.errors import MissingDependencyError

__all__ = ["Access", "Address", "Store", "address_of"]

T = TypeVar("T")

# The schemes of Polars, as obstore calls them.
_SCHEMES = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs", "gcp"), "gs"),
    **{name: name for name in ("az", "azure", "adl", "abfs", "abfss")},
}

# The largest object that S3 copies by one request, 5 GiB.
_MOST_COPIED = 5 << 30

# How much of a larger one is read and written at a time; S3 takes 10,000 parts.
_CHUNK_BYTES = 32 << 20
_MOST_PARTS = 9_000

# A copy is answered when it is done, which takes longer than other requests.
_TIMEOUT = "10m"

# For how long a client is used; a provider gives credentials that last for longer.
_FRESH_SECONDS = 300.0

# Options that errors may show.
_PUBLIC = ("region", "endpoint", "endpoint_url", "allow_http", "account_name", "timeout")

_MILLISECONDS = {
    "retry_init_backoff_ms": "init_backoff",
    "retry_max_backoff_ms": "max_backoff",
}


@dataclass(frozen=True)
class Address:
    """Where something is in an object store.

    Attributes:
        root: the bucket or container.
        key: the path in it, without slashes at its ends.
    """

    root: str
    key: str

    def url(self, key: str) -> str:
        """Return the URL of another key of the bucket."""
        return f"{self.root}/{key}"


def address_of(url: str) -> Address | None:
    """Return the address of a URL, None of what is in no object store that is known.

    Raises:
        ValueError: it holds a password, or its path is none of an object.
    """
    scheme, found, rest = url.partition("://")
    if not found or scheme not in _SCHEMES:
        return None
    bucket, _, key = rest.partition("/")
    if "@" in bucket and (":" in bucket.partition("@")[0] or not scheme.startswith("abfs")):
        msg = f"{scheme}:// URLs have no credentials: give them as storage_options"
        raise ValueError(msg)
    key = key.rstrip("/")
    if not bucket or (key and {"", ".", ".."} & {*key.split("/")}):
        raise ValueError(f"{url!r} is no place of objects; write {scheme}://bucket/some/path/")
    return Address(f"{scheme}://{bucket}", key)


class Access:
    """What gets to an object store, as Polars' sinks take it; it travels without being shown.

    Args:
        storage_options: see `polars.LazyFrame.sink_parquet`.
        credential_provider: likewise.
    """

    def __init__(self, storage_options: Any, credential_provider: Any) -> None:
        given = {"storage_options": storage_options, "credential_provider": credential_provider}
        plain = not storage_options and credential_provider in ("auto", None)
        # What everybody may know needs no process that hides it.
        self._given: dict[str, Any] | Hidden[dict[str, Any]] = given if plain else Hidden(given)

    def options(self) -> dict[str, Any]:
        """Return both by their names, as options of a sink."""
        return self._given.reveal() if isinstance(self._given, Hidden) else self._given

    def concealed(self, text: str) -> str:
        """Return a text without values of the options."""
        options = self.options()["storage_options"] or {}
        hidden = {k: v for k, v in options.items() if not k.lower().endswith(_PUBLIC)}
        return redacted(text, hidden)


class Store:
    """The bucket of an address."""

    def __init__(self, address: Address, access: Access) -> None:
        self._root = address.root
        self._access = access
        self._rewriting = threading.Lock()
        self._opening = threading.Lock()
        self._opened: tuple[float, Any] = (float("-inf"), None)

    def _client(self) -> Any:
        """Return a client whose credentials are new enough for a request."""
        with self._opening:
            since, client = self._opened
            if time.monotonic() - since > _FRESH_SECONDS:
                client = self._open()
                self._opened = (time.monotonic(), client)
        return client

    def _open(self) -> Any:
        try:
            from obstore.exceptions import UnknownConfigurationKeyError
            from obstore.store import from_url
        except ImportError as error:
            msg = (
                "sinks into directories of object stores need obstore, also on the workers: "
                f"{installing('stores')}"
            )
            raise MissingDependencyError(msg) from error
        options = self._access.options()
        given: dict[str, Any] = options["storage_options"] or {}
        provider = options["credential_provider"]
        found = credentials_of(f"{self._root}/", given, provider)
        config, client = divided_options({**given, **found})
        scheme, _, bucket = self._root.partition("://")
        opened: Any = from_url  # which checks the names of options when it is called
        try:
            return opened(
                f"{_SCHEMES[scheme]}://{bucket}",
                config=config,
                client_options={"timeout": _TIMEOUT, **client},
                retry_config=_retries(given),
            )
        except UnknownConfigurationKeyError as error:
            said = _first_words(error)
            msg = f"storage_options of {self._root}: {said} Leave it out, as Polars ignores it"
            raise ValueError(msg) from None

    def _asked(self, call: Callable[[Any], T]) -> T:
        """Return what a call of obstore returns.

        Raises:
            FileNotFoundError: an object is not there.
            OSError: anything else is wrong.
            MissingDependencyError: obstore is not installed.
        """
        try:
            client = self._client()
        except (MissingDependencyError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001  (of a provider)
            raise OSError(self._access.concealed(f"{self._root}: {error}")) from None
        try:
            return call(client)
        except Exception as error:  # noqa: BLE001  (obstore's)
            text = self._access.concealed(_first_words(error))
            kind = FileNotFoundError if isinstance(error, FileNotFoundError) else OSError
            raise kind(f"{self._root}: {text}") from None

    def size(self, key: str) -> int | None:
        """Return the size of an object, None if there is none."""
        try:
            return int(self._asked(lambda client: client.head(key))["size"])
        except FileNotFoundError:
            return None

    def read(self, key: str) -> bytes:
        """Return what is in an object."""
        return self._asked(lambda client: bytes(client.get(key).bytes()))

    def write(self, key: str, data: bytes) -> float:
        """Write an object and return when the store says that it was."""
        self._asked(lambda client: client.put(key, data))
        return float(self._asked(lambda client: client.head(key)["last_modified"].timestamp()))

    def writer(self, key: str) -> Writer:
        """Return what an object is written into, a piece after another."""
        opened = self._asked(lambda client: opened_for(client, key))
        return Writer(lambda call: self._asked(lambda _: call(opened)))

    def copy(self, source: str, target: str, size: int) -> None:
        """Copy an object of a size, within the store where the store does that."""
        # Azure says that it has begun to copy, and not when it is done.
        if self._root.startswith(("s3", "gs", "gc")) and size <= _MOST_COPIED:
            self._asked(lambda client: client.copy(source, target))
            return
        with self._rewriting:  # which takes memory
            self._asked(lambda client: _rewrite(client, source, target, size))

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; it makes no difference whether they are there."""
        try:
            self._asked(lambda client: client.delete(keys) if keys else None)
        except FileNotFoundError:
            for key in keys if len(keys) > 1 else ():
                self.remove([key])

    def listed(self, folder: str) -> Iterator[tuple[str, int, float]]:
        """Yield the objects below a folder: key, size and when it was written."""
        batches = iter(self._asked(lambda client: client.list(folder, chunk_size=1000)))
        while (batch := self._asked(lambda _: next(batches, None))) is not None:
            for found in batch:
                yield found["path"], found["size"], found["last_modified"].timestamp()


def _first_words(error: Exception) -> str:
    """Return what an error of obstore says, without how Rust shows it."""
    return " ".join(str(error).split("\n\n")[0].split())


def _rewrite(client: Any, source: str, target: str, size: int) -> None:
    """Read an object and write it as another one, a piece at a time."""
    from obstore import open_writer

    chunk = max(_CHUNK_BYTES, size // _MOST_PARTS)
    writer = open_writer(client, target, buffer_size=chunk, max_concurrency=2)
    for start in range(0, size, chunk):
        writer.write(client.get_range(source, start=start, end=min(start + chunk, size)))
    writer.close()  # without which there is no object, as after an error


def _retries(options: Mapping[str, Any]) -> Any:
    """Return what Polars' options say about retries, as obstore takes it."""
    given = {key.lower(): value for key, value in options.items()}
    backoff: dict[str, Any] = {
        name: dt.timedelta(milliseconds=float(given[key]))
        for key, name in _MILLISECONDS.items()
        if key in given
    }
    if "retry_base_multiplier" in given:
        backoff["base"] = float(given["retry_base_multiplier"])
    found: dict[str, Any] = {"backoff": backoff} if backoff else {}
    if "max_retries" in given:
        found["max_retries"] = int(given["max_retries"])
    if "retry_timeout_ms" in given:
        found["retry_timeout"] = dt.timedelta(milliseconds=float(given["retry_timeout_ms"]))
    return found or None
