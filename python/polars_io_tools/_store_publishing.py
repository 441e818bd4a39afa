"""A data set of an object store that becomes visible when it is finished.

A store has neither folders nor renames: an object is there at once and whole, and a *copy* within
the store is how it gets another name. A run writes below a *staging folder*, `.out.piot/…` beside
the target `out`, since readers of a prefix read everything that begins with it. Publishing copies
from there, several objects at a time; those that are replaced are kept in the staging folder until
all is done, and come back if one cannot be copied.

Nothing locks an object store. What a killed process leaves is removed by a later run to the same
target, after a week in which nothing was written there.

Invariant: before `publish` nothing below the target has changed; after `close` nothing of the run
is left but what was published.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from polars_io_tools._aside import BEGUN, StoreFolder
from polars_io_tools._store_writer import Writer
from polars_io_tools._stores import Access, Address, Store
from polars_io_tools.errors import PublishError

__all__ = ["StoreStaging"]

_log = logging.getLogger(__name__)

# What goes with the name of a target.
_MARK = ".piot"

# Where copies of what is replaced are, below a staging folder.
_REPLACED = "replaced"

# After this long without a new object a staging folder is one of a run that was killed.
_LEFT_SECONDS = 7 * 86400.0

# For how long a run that has failed looks for objects that come late, and how often.
_LATE_SECONDS = 5.0
_PAUSE_SECONDS = 0.3

# How many copies are under way at once.
_COPIES = 32


class StoreStaging:
    """The staging folder of one run.

    Args:
        target: where the data set is to be.
        access: what gets there.

    Raises:
        PublishError: there can be no such folder beside the target.
    """

    def __init__(self, target: Address, access: Access) -> None:
        if not target.key:
            msg = (
                f"{target.root!r} is a whole bucket, and a run first writes beside its target. "
                f"Write to a prefix in it, such as '{target.root}/data/'"
            )
            raise PublishError(msg)
        self._target = target
        self._store = Store(target, access)
        self._keep = self._published = False
        parent, _, name = target.key.rpartition("/")
        beside = f"{parent}/.{name}{_MARK}" if parent else f".{name}{_MARK}"
        self._key = f"{beside}/{uuid.uuid4().hex[:12]}"
        self.aside = StoreFolder(Address(target.root, self._key), access)
        try:
            now = self._store.write(f"{self._key}/{BEGUN}", b"")
            self._sweep(beside, now)
        except OSError as error:
            msg = (
                f"a run that writes to {target.url(target.key)!r} first writes to a prefix beside "
                f"it, which failed: {error}. What helps: storage_options with credentials that "
                "may put, list and delete there, the region and the endpoint"
            )
            raise PublishError(msg) from None

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of a path below the target.

        Raises:
            PublishError: that cannot be known.
        """
        try:
            return self._store.size(self._final(name)) is not None
        except OSError as error:
            raise self._failed(str(error)) from None

    def publish(self, files: Mapping[str, str], *, durable: bool = False) -> None:  # noqa: ARG002  (as that of a local one)
        """Copy files to where they belong: paths below the target, to paths below this folder.

        What a store says it has lasts, `durable` or not.

        Raises:
            PublishError: a file cannot be copied; then those that were are taken back, or named.
        """
        try:
            sizes = self._sizes(files.values())
            replaced = self._kept(files)
        except OSError as error:
            raise self._failed(str(error)) from None
        begun: list[str] = []

        def move(name: str, staged: str) -> None:
            begun.append(name)
            source = f"{self._key}/{staged}"
            self._store.copy(source, self._final(name), sizes[source])

        try:
            _at_once(move, files.items())
        except BaseException as error:
            left = self._taken_back(begun, replaced)
            self._keep = bool(left) and bool(replaced)
            failed = self._failed(str(error), left)
            if isinstance(error, OSError):
                raise failed from None
            if left:
                _log.warning("%s", failed)
            raise
        self._published = True

    @contextmanager
    def one_file(self) -> Iterator[Writer]:
        """Give what one object is written into, which is there after the end, if that is no error.

        Nothing is written aside: a store shows no object before all of it is there.

        Raises:
            PublishError: it cannot be written.
        """
        with self._writing():
            writer = self._store.writer(self._target.key)
        try:
            yield writer
        except Exception:
            with self._writing():
                if writer.failed is not None:
                    raise writer.failed from None
            raise
        with self._writing():
            writer.close()
        self._published = True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            msg = f"{self._target.url(self._target.key)!r} cannot be written: {error}"
            raise PublishError(msg) from None

    def _final(self, name: str) -> str:
        return f"{self._target.key}/{name}"

    def _sizes(self, staged: Iterable[str]) -> dict[str, int]:
        """Return the sizes of all that is staged, by key.

        Raises:
            OSError: something is missing.
        """
        sizes = {key: size for key, size, _ in self._store.listed(self._key)}
        gone = {f"{self._key}/{name}" for name in staged} - {*sizes}
        if gone:
            raise OSError(f"{min(gone)!r} is not there any more")
        return sizes

    def _kept(self, files: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Copy what is to be replaced, and return the copies with their sizes, by name."""
        kept: dict[str, tuple[str, int]] = {}

        def keep(name: str) -> None:
            size = self._store.size(self._final(name))
            if size is not None:
                old = f"{self._key}/{_REPLACED}/{name}.staged"
                self._store.copy(self._final(name), old, size)
                kept[name] = (old, size)

        _at_once(keep, ((name,) for name in files))
        return kept

    def _taken_back(
        self, names: Iterable[str], replaced: Mapping[str, tuple[str, int]]
    ) -> list[str]:
        """Put things as they were, and return the names of those with which that failed."""
        left: list[str] = []

        def take_back(name: str) -> None:
            try:
                if name in replaced:
                    old, size = replaced[name]
                    self._store.copy(old, self._final(name), size)
                else:
                    self._store.remove([self._final(name)])
            except OSError:
                left.append(name)

        _at_once(take_back, ((name,) for name in names))
        return sorted(left)

    def _failed(self, text: str, left: list[str] | None = None) -> PublishError:
        where = self._target.url(self._target.key)
        if left:
            shown = ", ".join(left[:10]) + (", …" if left[10:] else "")
            msg = (
                f"not all was published to {where!r}, and {len(left)} files could not be taken "
                f"back: {shown}. Run it again, which replaces them, or remove them"
            )
            if self._keep:
                msg += f"; those that they have replaced are in {self.aside.path(_REPLACED)!r}"
            return PublishError(f"{msg}. {text}")
        return PublishError(f"nothing was published to {where!r}: {text}")

    def close(self) -> None:
        """Remove what was not published, and what was copied."""
        if self._keep:
            return
        empty, deadline = 0, time.monotonic() + _LATE_SECONDS
        try:
            # Polars ends an upload that has failed, and Ray a task, when nobody waits for it.
            while empty < (1 if self._published else 3) and time.monotonic() < deadline:
                if empty:
                    time.sleep(_PAUSE_SECONDS)
                keys = [key for key, _, _ in self._store.listed(self._key)]
                self._remove(keys)
                empty = 1 if keys else empty + 1
        except OSError as error:
            url = self.aside.address.url(self._key)
            _log.warning("%s could not be removed, which no reader sees: %s", url, error)

    def _remove(self, keys: list[str]) -> None:
        # What tells tasks that the run goes on is the first to go.
        self._store.remove(sorted(keys, key=lambda key: not key.endswith(f"/{BEGUN}")))

    def _sweep(self, beside: str, now: float) -> None:
        """Remove the staging folders of runs that have been killed."""
        found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        for key, _, written in self._store.listed(beside):
            found[key.removeprefix(beside).split("/")[1]].append((key, written))
        for objects in found.values():
            if now - max(written for _, written in objects) > _LEFT_SECONDS:
                self._remove([key for key, _ in objects])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def _at_once(call: Callable[..., None], arguments: Iterable[tuple[object, ...]]) -> None:
    """Call a function with each of some arguments, several at a time.

    When it raises, no more calls begin, and none is under way.
    """
    with ThreadPoolExecutor(_COPIES, "piot-store") as pool:
        futures: list[Future[None]] = [pool.submit(call, *each) for each in arguments]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        for future in futures:
            if not future.cancelled():
                future.result()
