"""`TransactionOps` and `Operation`: what a transaction is to do, as values that travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

from polars_io_tools.tables import _core

__all__ = ["KINDS", "Head", "Kind", "Operation", "TransactionOps"]

Kind = Literal["add", "remove", "replace"]

# The lists of operations in JSON, by kind.
_LISTS: dict[Kind, str] = {"add": "adds", "remove": "removes", "replace": "replaced"}

KINDS: tuple[Kind, ...] = tuple(_LISTS)


@dataclass(frozen=True)
class Head:
    """What operations of a transaction share.

    Attributes:
        table: the id of the table.
        version: the version that the transaction began at.
        txn: the UUID of the transaction.
        key: the key columns with the names of their types.
    """

    table: str
    version: int
    txn: str
    key: tuple[tuple[str, str], ...]

    def wire(self) -> dict[str, Any]:
        """Return the fields of the JSON."""
        key = [list(pair) for pair in self.key]
        return {"v": 1, "table": self.table, "version": self.version, "txn": self.txn, "key": key}


class Operation:
    """A file that is added or removed, or a range of keys whose rows are replaced.

    `TransactionOps` is a list of them. Paths are relative to the table's folder.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
        >>> txn = t.txn()
        >>> txn.write({"key": [1, 2]})
        >>> [operation] = txn.take()
        >>> piot.Operation.from_json(operation.to_json()) == operation
        True
    """

    def __init__(self, head: Head, kind: Kind, body: dict[str, Any]) -> None:
        self.head = head
        self.kind: Kind = kind
        self.body = body

    def __repr__(self) -> str:
        return f"Operation({self.kind} {self.path or self.body})"

    def __eq__(self, other: object) -> bool:
        """Tell whether two operations are the same, of the same transaction."""
        return isinstance(other, Operation) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((self.head, self.kind, self.path))

    def _identity(self) -> tuple[Any, ...]:
        return self.head, self.kind, self.body

    @property
    def path(self) -> str | None:
        """The file that is added or removed."""
        path = self.body.get("path")
        return None if path is None else str(path)

    def to_json(self) -> str:
        """Return the JSON of the operation."""
        return _core.write_operations({**self.head.wire(), self.kind: self.body})

    def alone(self) -> TransactionOps:
        """Return the operation as the only one of a transaction."""
        return TransactionOps(self.head, (self,))

    @classmethod
    def from_json(cls, text: str) -> Operation:
        """Return the operation of a JSON.

        Raises:
            InvalidOperationsError: it is none that `to_json` wrote, or names a file that no
                transaction may.
        """
        wire = _core.read_operations(text, single=True)
        [kind] = [k for k in _LISTS if k in wire]
        return cls(_head(wire), kind, wire[kind])


@dataclass(frozen=True)
class TransactionOps(Sequence[Operation]):
    """The operations of a transaction, in the order in which they were made.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
        >>> txn = t.txn()
        >>> txn.write({"key": [1, 2]})
        >>> ops = txn.take()
        >>> with t.txn() as driver:
        ...     driver.include(piot.TransactionOps.from_json(ops.to_json()))
        >>> t.scan().to_polars().height
        2
    """

    head: Head
    operations: tuple[Operation, ...]

    def __len__(self) -> int:
        return len(self.operations)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    @overload
    def __getitem__(self, index: int) -> Operation: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Operation]: ...
    def __getitem__(self, index: int | slice) -> Operation | Sequence[Operation]:
        """Return an operation, or some."""
        return self.operations[index]

    def to_json(self) -> str:
        """Return the JSON of the operations."""
        lists = {
            name: [op.body for op in self.operations if op.kind == kind]
            for kind, name in _LISTS.items()
        }
        return _core.write_operations({**self.head.wire(), **lists})

    @classmethod
    def from_json(cls, text: str) -> TransactionOps:
        """Return the operations of a JSON.

        Raises:
            InvalidOperationsError: they are none that `to_json` wrote, or name a file that no
                transaction may.
        """
        wire = _core.read_operations(text, single=False)
        head = _head(wire)
        found = (Operation(head, kind, b) for kind, name in _LISTS.items() for b in wire[name])
        return cls(head, tuple(found))


def _head(wire: dict[str, Any]) -> Head:
    key: Iterable[Any] = wire["key"]
    return Head(wire["table"], wire["version"], wire["txn"], tuple((n, t) for n, t in key))
