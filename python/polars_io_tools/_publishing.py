"""A data set that becomes visible when it is finished: staged beside its place, then moved there.

A run writes below a *staging folder*, a hidden neighbour of the target: not in the target, since
Polars reads what lies in hidden folders as well, and on the same file system, so that files move
without a copy. Publishing moves them. A target that was not there appears by one rename, with all
of its files; into one that was there, files move one by one, each at once, and those that are
replaced come back if one of them cannot be moved.

A staging folder is locked by its run for as long as the process lives. What a killed process leaves
is removed by the next run to the same target.

Invariant: before `publish` nothing below the target has changed; after `close` nothing of the run
is left but what was published.

Example:
    >>> import tempfile
    >>> base = tempfile.mkdtemp()
    >>> with Staging(f"{base}/out") as staging:
    ...     (Path(staging.folder) / "0.staged").touch()
    ...     staging.publish({"month=1/2024-01.parquet": "0.staged"})
    >>> [str(path.relative_to(base)) for path in Path(base).rglob("*.parquet")]
    ['out/month=1/2024-01.parquet']
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from polars_io_tools._aside import LocalFolder
from polars_io_tools.errors import PublishError

__all__ = ["Staging"]

_MARK = ".piot-"
_LOCK = "lock"

# What the one file of a run is called in its folder.
_ONE = "0.staged"

# After this long a staging folder without a lock is one of which nobody makes the lock any more.
_UNLOCKED_SECONDS = 60.0

# How an error says that the file system has no locks.
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


class Staging:
    """The staging folder of one run.

    Args:
        target: the absolute path of what is to be written, a file or a directory.

    Raises:
        PublishError: there can be no such folder beside the target.
    """

    def __init__(self, target: str) -> None:
        self._target = Path(os.path.realpath(target))
        self._made: list[Path] = []
        self._published = False
        self._lock = -1
        self.folder = ""
        parent = self._target.parent
        try:
            self._make_parents(parent)
            self._check_device(parent)
            _sweep(parent, self._prefix)
            folder = parent / f"{self._prefix}{uuid.uuid4().hex[:12]}"
            folder.mkdir()
            self.folder = str(folder)
            self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            _locked(self._lock)
        except OSError as error:
            self.close()
            msg = (
                f"a run that writes to {target!r} first writes to a folder beside it, which "
                f"cannot be made: {error}. Write to a folder in one that you may write to"
            )
            raise PublishError(msg) from error
        except BaseException:
            self.close()
            raise

    @property
    def aside(self) -> LocalFolder:
        """The folder as tasks see it."""
        return LocalFolder(self.folder)

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of a path below the target."""
        return (self._target / name).exists()

    @property
    def _prefix(self) -> str:
        return f".{self._target.name}{_MARK}"

    def _make_parents(self, parent: Path) -> None:
        missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
        for folder in reversed(missing):
            with suppress(FileExistsError):
                folder.mkdir()
                self._made.append(folder)

    def _check_device(self, parent: Path) -> None:
        if self._target.exists() and self._target.stat().st_dev != parent.stat().st_dev:
            msg = (
                f"{str(self._target)!r} is where another file system is mounted, and a run first "
                "writes beside its target. Write to a folder in it"
            )
            raise PublishError(msg)

    def publish(self, files: Mapping[str, str], *, durable: bool = False) -> None:
        """Move files to where they belong: paths below the target, to paths below this folder.

        With `durable`, they stay there also if the machine loses power.

        Raises:
            PublishError: a file cannot be moved; then none is.
        """
        if not self._target.exists() and files:
            fresh = Path(self.folder) / "published"
            self._move(files, fresh)
            if durable:
                _sync(fresh)
            with suppress(OSError):  # it is there by now
                fresh.rename(self._target)
                self._published = True
            files = {name: f"published/{name}" for name in files}
        if not self._published:
            self._move(files, self._target)
            self._published = True
            if durable:
                _sync(self._target)
        if durable:
            _sync_folder(self._target.parent)

    @contextmanager
    def one_file(self) -> Iterator[str]:
        """Give where one file is written, which is moved to the target after the end.

        Raises:
            PublishError: it cannot be moved.
        """
        yield self.aside.path(_ONE)
        path = Path(self.folder) / _ONE
        try:
            if self._target.exists():
                shutil.copymode(self._target, path)
            path.replace(self._target)
        except OSError as error:
            raise PublishError(f"{str(self._target)!r} cannot be written: {error}") from error
        self._published = True

    def _move(self, files: Mapping[str, str], base: Path) -> None:
        undo: list[tuple[Path, Path | None]] = []
        made: list[Path] = []
        try:
            for number, (name, staged) in enumerate(files.items()):
                path = base / name
                missing = [f for f in (path.parent, *path.parent.parents) if not f.exists()]
                path.parent.mkdir(parents=True, exist_ok=True)
                made.extend(missing)
                old = Path(self.folder) / f"old-{number}"
                exists = path.exists()
                if exists:
                    _keep(path, old)
                undo.append((path, old if exists else None))
                (Path(self.folder) / staged).replace(path)
        except BaseException as error:
            _undone(undo, made)
            if not isinstance(error, OSError):
                raise
            raise PublishError(f"nothing was published to {str(base)!r}: {error}") from error

    def close(self) -> None:
        """Remove what was not published."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            # A task that is being stopped may have made a file meanwhile.
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        if not self._published:
            for folder in reversed(self._made):
                with suppress(OSError):
                    folder.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def _locked(lock: int) -> bool:
    """Lock a file, if nobody else has, and return whether this process has the lock now.

    Raises:
        OSError: it cannot be known.
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def _sweep(parent: Path, prefix: str) -> None:
    """Remove the staging folders of runs whose processes have ended without doing so."""
    for entry in os.scandir(parent):
        if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False):
            with suppress(OSError):
                if _is_left(Path(entry.path)):
                    shutil.rmtree(entry.path, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _UNLOCKED_SECONDS
    try:
        return _locked(lock)
    finally:
        os.close(lock)


def _undone(undo: list[tuple[Path, Path | None]], made: list[Path]) -> None:
    for path, old in reversed(undo):
        with suppress(OSError):
            if old is not None:
                old.replace(path)
            else:
                path.unlink()
    for folder in sorted(made, key=lambda f: len(f.parts), reverse=True):
        with suppress(OSError):
            folder.rmdir()


def _keep(path: Path, old: Path) -> None:
    """Keep the file of a path as another one, at which it stays when the path is replaced."""
    try:
        os.link(path, old)
    except OSError:
        if path.is_dir():
            raise
        path.rename(old)  # a file system without links


def _sync(base: Path) -> None:
    """Make renames below a folder last."""
    for at, _, _ in os.walk(base):
        _sync_folder(Path(at))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
