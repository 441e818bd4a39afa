"""The commit of a transaction: compare and swap on the version of the table, until it is done.

Invariant: a transaction is in the log once or not at all; and it is only there if nothing that it
saw or replaced was changed since it began.

delta-rs has a loop of its own, which is turned off: it lets a removed file be removed again after a
compaction, which doubles rows.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from polars_io_tools.errors import CommitConflictError, InvalidOperationsError, TableError
from polars_io_tools.tables import _core
from polars_io_tools.tables._changes import Changes
from polars_io_tools.tables._delta import deltalake, plain
from polars_io_tools.tables._keys import shown, wire_key
from polars_io_tools.tables._live import live_files, ranges_of
from polars_io_tools.tables._place import placed
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot
from polars_io_tools.tables._unique import check_added_keys, check_upserted_keys, range_of

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["TXN", "TXNS", "Done", "Intent", "commit", "commits_since", "committed_in"]

# What a commit says of itself in the log: its transaction, and those that it included.
TXN = "piot.txn"
TXNS = "piot.included"

_TRIES = 400

# Waits grow to spread writers that begin at once. Who lost often waits less, or never wins.
_LONGEST_WAIT = 0.5
_LOST_OFTEN = 10
_SHORT_WAIT = 0.02


@dataclass(frozen=True)
class Intent:
    """What is to be committed.

    Attributes:
        start: the state that the transaction began at.
        txn: its UUID.
        changes: what it does.
        app: the application and the version of it that this is a run of.
    """

    start: Snapshot
    txn: str
    changes: Changes
    app: tuple[str, int] | None


@dataclass(frozen=True)
class Done:
    """How a commit ended.

    Attributes:
        version: the version of the commit; None if nothing was committed.
        skipped: whether this version of the application had been there before.
    """

    version: int | None
    skipped: bool = False


def commits_since(log: DeltaTable, version: int) -> list[dict[str, Any]]:
    """Return what the commits after a version say of themselves."""
    count = log.version() - version
    return [c for c in log.history(count) if c["version"] > version] if count > 0 else []


def commit(intent: Intent) -> Done:
    """Commit a transaction.

    Raises:
        CommitConflictError: somebody changed what it saw or replaces, or the table.
        InvalidRowsError: a key would be there twice.
        TableError: the log cannot be written.
    """
    checked: set[str] = set()
    known = intent.start.version
    for attempt in range(_TRIES):
        now = open_snapshot(intent.start.path, intent.start.table_id, None)
        if now.version < known:
            # No conflict: what is known to be there, perhaps this transaction, was not read.
            raise TableError(
                f"{intent.start.path}: the log was read up to version {now.version}, and "
                f"{known} is there: the storage fails"
            )
        known = now.version
        since = commits_since(now.log, intent.start.version)
        done = _found(intent, now, since)
        if done is not None:
            return done
        _check_same_table(intent, now)
        _check_not_included(intent, since)
        live = live_files(now)
        _check_ranges(intent, live)
        fresh = live.filter(~pl.col("path").is_in([*checked, *intent.changes.removes]))
        _check_keys(intent.changes, fresh, intent.start, first=attempt == 0)
        checked.update(live["path"])
        if _swap(intent, now.log):
            return Done(now.version + 1)
        time.sleep(random.random() * _longest_wait(attempt))  # noqa: S311  (spreads writers)
    version = _version_of(intent)
    if version is not None:
        return Done(version)
    raise CommitConflictError(
        f"{intent.start.path}: others committed {_TRIES} times in a row while this transaction "
        "tried to; run it again"
    )


def _longest_wait(attempt: int) -> float:
    return min(_LONGEST_WAIT, 0.01 * 2**attempt) if attempt < _LOST_OFTEN else _SHORT_WAIT


def committed_in(commits: Sequence[dict[str, Any]], transactions: set[str]) -> int | None:
    """Return the version in which one of some transactions was committed or included."""
    for entry in commits:
        there = {entry.get(TXN), *json.loads(entry.get(TXNS, "[]"))}
        if there & transactions:
            return int(entry["version"])
    return None


def _found(intent: Intent, now: Snapshot, since: Sequence[dict[str, Any]]) -> Done | None:
    """Return the commit of this transaction, or that of an earlier run of the application.

    An answer that got lost on its way back from the storage is a commit all the same.
    """
    version = _version_in(since, intent)
    if version is not None:
        return Done(version)
    if intent.app is not None:
        name, number = intent.app
        latest = now.log.transaction_version(name)
        if latest is not None and latest >= number:
            return Done(None, skipped=True)
    return None


def _version_in(commits: Sequence[dict[str, Any]], intent: Intent) -> int | None:
    return next((int(c["version"]) for c in commits if c.get(TXN) == intent.txn), None)


def _check_same_table(intent: Intent, now: Snapshot) -> None:
    before, after = intent.start.log, now.log
    if before.schema().to_json() != after.schema().to_json():
        raise CommitConflictError(
            "the columns of the table were changed since the transaction began"
        )
    if before.metadata().configuration != after.metadata().configuration:
        raise CommitConflictError(
            "properties of the table were changed since the transaction began"
        )
    if now.deletes_rows:
        # The file has the same name, and this transaction may have copied a row of it.
        raise CommitConflictError(
            "somebody else deleted rows by deletion vectors since the transaction began: purge "
            "them, and run it again"
        )


def _check_not_included(intent: Intent, since: Sequence[dict[str, Any]]) -> None:
    version = committed_in(since, intent.changes.transactions)
    if version is not None:
        raise InvalidOperationsError(
            f"operations that are included were committed already, in version {version}"
        )
    place = placed(intent.start.path)
    for path in intent.changes.adds:
        if not place.exists(path):
            raise InvalidOperationsError(f"{path}, which is to be added, is gone: write it again")


def _check_ranges(intent: Intent, live: pl.DataFrame) -> None:
    """Raise if somebody changed rows where this transaction takes some away."""
    changes = intent.changes
    paths = {*live["path"]}
    gone = [p for p in changes.removes if p not in paths]
    if gone:
        raise CommitConflictError(
            f"{gone[0]} and with it rows that this transaction replaces were replaced by somebody "
            "else since it began: run it again"
        )
    if not changes.replaced:
        return
    start = live_files(intent.start)
    before, layout = {*start["path"]}, intent.start.layout
    theirs = {
        "added": ranges_of(live.filter(~pl.col("path").is_in([*before])), layout),
        "replaced": ranges_of(start.filter(~pl.col("path").is_in([*paths])), layout),
    }
    ours = {"added": [range_of(a) for a in changes.adds.values()], "replaced": changes.replaced}
    met = _core.meet(wire_key(layout), ours, theirs)
    if met is not None:
        raise CommitConflictError(
            f"somebody else changed rows with keys in {shown(met)} since this transaction, which "
            "replaces them, began: run it again"
        )


def _check_keys(changes: Changes, fresh: pl.DataFrame, start: Snapshot, *, first: bool) -> None:
    """Raise if a key would be there twice that may not.

    Args:
        changes: what the transaction does.
        fresh: the files of others that were not looked at before.
        start: where it began.
        first: whether this is the first look, at the transaction's own files as well.
    """
    where = (start.layout, start.path)
    if start.layout.unique:
        added = [a for path, a in changes.adds.items() if path not in changes.kept]
        kept = [changes.adds[path] for path in changes.kept] if first else []
        check_added_keys(added, fresh, *where, kept=kept, among=first)
    elif first:
        check_upserted_keys(changes.adds, changes.upserted, *where)


def _swap(intent: Intent, log: DeltaTable) -> bool:
    """Write the next version, and return whether it is this transaction's.

    Raises:
        TableError: it was not written, for another reason than that there is one already.
    """
    package = deltalake()
    from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

    now = int(time.time() * 1000)
    new = not intent.changes.same_rows
    adds = [
        AddAction(a["path"], a["size"], {}, a["mtime"], data_change=new, stats=a["stats"])
        for a in intent.changes.adds.values()
    ]
    removes = [RemoveAction(p, new, now, s, {}) for p, s in intent.changes.removes.items()]
    noted: dict[str, Any] = {TXN: intent.txn, "piot.startVersion": str(intent.start.version)}
    if intent.changes.transactions:
        noted[TXNS] = json.dumps(sorted(intent.changes.transactions))
    apps = [] if intent.app is None else [Transaction(*intent.app)]
    properties = CommitProperties(
        custom_metadata=noted, max_commit_retries=0, app_transactions=apps
    )
    try:
        log.create_write_transaction(
            [*adds, *removes], "append", log.schema(), commit_properties=properties
        )
    except package.exceptions.CommitFailedError:
        return False
    except (package.exceptions.DeltaError, OSError) as error:
        # The answer may have got lost: the log says what became of it.
        if _version_of(intent) is not None:
            return True
        raise TableError(f"{intent.start.path}: the commit failed: {plain(error)}") from error
    return True


def _version_of(intent: Intent) -> int | None:
    """Return the version that the log has this transaction in, None if it has not."""
    log = open_snapshot(intent.start.path, None, None).log
    return _version_in(commits_since(log, intent.start.version), intent)
