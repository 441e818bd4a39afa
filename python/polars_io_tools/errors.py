"""The exceptions of polars_io_tools.

All derive from `PiotError`; where a builtin fits as well, they derive from it too::

    PiotError(Exception)
    ├─ RayNotInitialisedError(RuntimeError)   Ray is not running
    ├─ ExpressionError(ValueError)            a serialised expression cannot be read
    ├─ UnboundedPredicateError(ValueError)    the dates have no lower or no upper bound
    ├─ TooManyPeriodsError(ValueError)        the bounds hold more periods than allowed
    ├─ UnsplittablePlanError(ValueError)      a split would change the answer
    ├─ SourceChangedError                     a file changed or vanished after planning
    ├─ PublishError                           files that were written cannot be put in place
    ├─ SchemaMismatchError                    results that belong together have other columns
    ├─ WorkerError(RuntimeError)              a task failed; `.period` says which
    ├─ ResultLostError(RuntimeError)          rows that were kept in the cluster are gone
    ├─ StoreFullError(RuntimeError)           the object store has no room for what is sent
    ├─ DatabaseError(RuntimeError)            a database refused a query or failed in it
    │   ├─ DatabaseConnectionError(ConnectionError)   there is no connection, or it was lost
    │   ├─ DatabaseTimeoutError(TimeoutError)         a query ran for longer than allowed
    │   ├─ SnapshotEndedError                         the snapshot of a read is gone
    │   ├─ UnsupportedColumnError(TypeError)          a type that cannot be read as it is
    │   └─ ColumnValueError(ValueError)               a value that its column cannot hold
    ├─ TableError(RuntimeError)               a table refused what was asked of it
    │   ├─ TableNotFoundError(LookupError)    there is no table of this package there
    │   ├─ TableSchemaError(ValueError)       columns or keys that a table cannot have
    │   ├─ SnapshotNotFoundError(LookupError) a state of a table that is not there (any more)
    │   ├─ ShardNotFoundError(LookupError)    a shard of another table
    │   ├─ InvalidRowsError(ValueError)       rows that the table may not hold
    │   ├─ InvalidOperationsError(ValueError) operations that do not fit the transaction
    │   ├─ TransactionClosedError             a transaction was used after its end
    │   └─ CommitConflictError                somebody else changed what a transaction read
    ├─ MissingDependencyError(ImportError)    an optional package is not installed
    ├─ ForkedProcessError(RuntimeError)       called in a process made by fork()
    └─ InternalError                          a defect of this package: please report it

Every exception survives pickling, with its message and attributes.
"""

from __future__ import annotations

from polars_io_tools._installation import check_installation

__all__ = [
    "ColumnValueError",
    "CommitConflictError",
    "DatabaseConnectionError",
    "DatabaseError",
    "DatabaseTimeoutError",
    "ExpressionError",
    "ForkedProcessError",
    "InternalError",
    "InvalidOperationsError",
    "InvalidRowsError",
    "MissingDependencyError",
    "PiotError",
    "PublishError",
    "RayNotInitialisedError",
    "ResultLostError",
    "SchemaMismatchError",
    "ShardNotFoundError",
    "SnapshotEndedError",
    "SnapshotNotFoundError",
    "SourceChangedError",
    "StoreFullError",
    "TableError",
    "TableNotFoundError",
    "TableSchemaError",
    "TooManyPeriodsError",
    "TransactionClosedError",
    "UnboundedPredicateError",
    "UnsplittablePlanError",
    "UnsupportedColumnError",
    "WorkerError",
]

check_installation()


class PiotError(Exception):
    """Base of all exceptions that polars_io_tools defines."""


class RayNotInitialisedError(PiotError, RuntimeError):
    """Ray is not running: call `ray.init()` first."""


class ExpressionError(PiotError, ValueError):
    """A serialised expression or plan is malformed and cannot be read."""


class UnboundedPredicateError(PiotError, ValueError):
    """The filters leave the date column without a lower or an upper bound.

    The message names the column, the side that is missing, the filters that were seen and the plan
    nodes they stand above, the nodes that stand in the way, and a filter that would help.
    """


class TooManyPeriodsError(PiotError, ValueError):
    """The bounds hold more periods than `max_periods`, which the message gives with its value.

    A coarser unit makes fewer; where one would do, the message names it.
    """


class UnsplittablePlanError(PiotError, ValueError):
    """Running the plan period by period would give another answer than running it whole.

    The message names the node of the plan, in which input of a join or concatenation it is, what
    stands in the way, and what to write instead.
    """


class SourceChangedError(PiotError):
    """A file of the query changed or vanished, or one appeared, after the query was planned.

    Files that appear are an error only where workers expand the pattern or folder themselves; else
    they are not read.
    """


class PublishError(PiotError):
    """Files of a sink cannot be written aside, or put in place; none of them is in place.

    The message names the target, what stands in the way and, where that helps, another place.
    """


class SchemaMismatchError(PiotError):
    """Results that belong together differ in their columns.

    The message gives the path of the first field that differs, and both sides.
    """


class WorkerError(PiotError, RuntimeError):
    """A task on a worker failed. The remote exception is the `__cause__`.

    Attributes:
        period: The label of the period whose task failed, such as `"2024-01"`; or of several,
            `"2024-01…2024-03"`, that shared one of which it is not known whose rows it failed on.
    """

    period: str

    def __init__(self, message: str, period: str) -> None:
        super().__init__(message)
        self.period = period

    def __reduce__(self) -> tuple[type[WorkerError], tuple[str, str]]:
        """Rebuild from both arguments; the default would pass the message alone."""
        return type(self), (str(self), self.period)


class StoreFullError(PiotError, RuntimeError):
    """The driver's object store has no room for a plan or a frame, nor has the disk behind it.

    Ray's exception is the `__cause__`. A result that has no room is a `WorkerError`.
    """


class ResultLostError(PiotError, RuntimeError):
    """Rows of a result that stayed in the cluster are gone.

    They were released, or lost with their node and could not be made again; then what kept them
    from it is in the message, and Ray's exception is the `__cause__`.
    """


class DatabaseError(PiotError, RuntimeError):
    """A database refused a query, or failed in it.

    The message is the server's, with its SQLSTATE. It never has a password.
    """


class DatabaseConnectionError(DatabaseError, ConnectionError):
    """There is no connection to the database, or it was lost, or the server takes no more of them.

    What may go away by itself was tried again before.
    """


class DatabaseTimeoutError(DatabaseError, TimeoutError):
    """A query ran on the server for longer than it was given."""


class SnapshotEndedError(DatabaseError):
    """The state of the database that a read shares with others is gone.

    It lives as long as the process that took it, on the same server only. A file that holds no
    state was written to meanwhile.
    """


class UnsupportedColumnError(DatabaseError, TypeError):
    """A column has a type that cannot be read as it is.

    The message names the column, and what to write: a cast in the query or an override.
    """


class ColumnValueError(DatabaseError, ValueError):
    """A value does not fit the type of its column. The message names column and row."""


class TableError(PiotError, RuntimeError):
    """A table refused what was asked of it. The message says what to do instead."""


class TableNotFoundError(TableError, LookupError):
    """There is no table at this place, or none that this package can work with."""


class TableSchemaError(TableError, ValueError):
    """Columns, types or keys that a table cannot have, or that this one does not have."""


class SnapshotNotFoundError(TableError, LookupError):
    """A state of a table is not there: it never was, its files were removed, or it is another's."""


class ShardNotFoundError(TableError, LookupError):
    """A shard has other key columns than the table: it is a shard of another one."""


class InvalidRowsError(TableError, ValueError):
    """Rows that the table may not hold.

    They have nulls or repeated keys where there may be none, break a constraint, or have values
    that their column cannot hold. The message names the column or the key.
    """


class InvalidOperationsError(TableError, ValueError):
    """Operations of another transaction that do not fit this one, or that cannot be trusted."""


class TransactionClosedError(TableError):
    """A transaction was used after it was committed, taken or aborted."""


class CommitConflictError(TableError):
    """Somebody else changed what a transaction read or replaces.

    Nothing of it is visible: run it again.
    """


class MissingDependencyError(PiotError, ImportError):
    """An optional package is not installed; the message names the extra to install."""


class ForkedProcessError(PiotError, RuntimeError):
    """The package was called in a process made by `fork()` after it was imported.

    Its Go part does not survive a fork. Use the "spawn" or "forkserver" start method.
    """


class InternalError(PiotError):
    """A defect of this package. Please report it with the full message."""
