"""The compiled Go part of the package.

While Go works, other Python threads run. In the main thread, signal handlers run at least every
50 ms; one that raises, as Ctrl-C does, ends the call, also when Go does not end at once: then Go
goes on by itself, and the first call after its end lets go of the arguments.

In a process made by `fork()` after the import, every function raises `ForkedProcessError` at once.
A panic in Go raises `InternalError`. Importing in a sub-interpreter or in a free-threaded build of
Python raises `ImportError`.

Arguments that are a `Buffer` may be any object with contiguous bytes.
"""

from collections.abc import Sequence
from typing import type_check_only

from typing_extensions import Buffer

def plan(request: Buffer, /) -> bytes:
    """Answer a planning request, both as JSON: bounds, filters, periods, or why not.

    Raises:
        ExpressionError: The request is malformed.
        ValueError: The request names an unknown calendar unit.
    """

def plan_cut(request: Buffer, /) -> bytes:
    """Answer whether a query can be cut at its root; the request is that of `plan`, both are JSON.

    Raises:
        ExpressionError: The request is malformed.
    """

def find_sites(payload: Buffer, /) -> bytes:
    """List the nodes of a serialised plan, each before its inputs, as JSON.

    Raises:
        ValueError: The layout of the plan is not one that is known.
    """

def find_scans(payload: Buffer, /) -> bytes:
    """List the file scans of a serialised plan, as JSON.

    Raises:
        ValueError: The layout of the plan is not one that is known.
    """

def replace_paths(payload: Buffer, edits: Buffer, /) -> bytes:
    """Give a serialised plan with its file scans rewritten as `edits`, which is JSON, says.

    Raises:
        ValueError: The layout of the plan is not one that is known; a scan cannot be rewritten
            with the same answer; or the edits do not fit the plan.
    """

def graft(payload: Buffer, donor: Buffer, request: Buffer, /) -> bytes:
    """Give a serialised plan with parts of another one, as `request`, which is JSON, says.

    Raises:
        ValueError: The layout of a plan is not one that is known, or the request does not fit.
    """

def prune_index(request: Buffer, /) -> bytes:
    """Read the footers of local Parquet files, in parallel, and give their index.

    Raises:
        OSError: A file is not there.
        ValueError: The request, which is JSON, is malformed.
    """

def prune_select(index: Buffer, template: Buffer, request: Buffer, /) -> bytes:
    """Select the files that can hold rows on which a predicate is true.

    The answer is their number and positions (little-endian, 32 bits each), then the plan
    `template` with these files for those of its scan, if there are any and it is not empty.

    Raises:
        SourceChangedError: A selected file is not what it was when the index was made.
        ExpressionError: The predicate is malformed.
        ValueError: The index or the request is malformed.
    """

def prune_extents(index: Buffer, /) -> bytes:
    """Say where each column of an index lies on the rows of all its files, as JSON.

    Raises:
        ValueError: The index is malformed.
    """

def prune_footer(footer: Buffer, request: Buffer, /) -> bytes:
    """Compare the end of a Parquet file, with all of its footer, with what its rows are.

    Both the request and the answer, which has the numbers of rows of its row groups, are JSON.

    Raises:
        OSError: The footer cannot be read.
        ValueError: The request is malformed.
    """

def prune_verify(index: Buffer, positions: Buffer, /) -> bytes:
    """Raise if files are not what they were when the index was made.

    `positions` are as in the answer of `prune_select`, without the number; empty means all.

    Raises:
        SourceChangedError: A file has another size or modification time, or has vanished.
        ValueError: The index is malformed.
    """

def sql_push(request: Buffer, /) -> bytes:
    """Write the SQL of a scan: the user's query with a projection, a predicate and a limit.

    Request and answer are JSON, as `Request` and `Answer` of gocore/sqlpush have them.

    Raises:
        ExpressionError: The predicate is malformed.
        ValueError: The user's text is not one SELECT, WITH or VALUES; columns cannot be told
            apart; or the request is malformed.
    """

def check_unit(unit: Buffer, type_name: Buffer, /) -> bytes:
    """Check that a calendar unit is known and fits a column of a type, both in UTF-8.

    Raises:
        ValueError: It does not; the message says what would.
    """

def concat(streams: Sequence[object], /) -> object:
    """Make one Arrow stream of several, without copying data.

    Each stream is a capsule named `"arrow_array_stream"`, and so is the result, which yields
    all arrays of all streams in order. The streams are moved, also when the call fails:
    afterwards the capsules are empty. Reading and releasing the result needs neither Go nor
    the GIL, and releasing works in a forked child.

    Raises:
        ValueError: There are no streams; one was consumed before or is given twice; one is
            malformed or fails to give its schema.
        TypeError: An element is not such a capsule.
        SchemaMismatchError: The schemas differ; the message names the stream and the field.
    """

@type_check_only
class PackedBuffer(Buffer):
    """Memory of packed arrays, read-only; it keeps all arrays that were packed together."""

def pack(stream: object, limit: int, /) -> tuple[int, bytes, list[PackedBuffer]]:
    """Describe the arrays of an Arrow stream, with buffers over their memory.

    Large buffers are the memory of the arrays; small ones, and strings of which the arrays use
    little, are copied together into the first. The stream is a capsule named
    `"arrow_array_stream"`. It is moved, also when the call fails: afterwards it is empty. Its
    arrays are released once, with the last of the buffers.

    Returns:
        The number of pieces, the description and the buffers. It is one piece, unless a `limit`
        above 0 is less than the bytes of the buffers and there is more than one row. Then there
        is nothing but the number of pieces of equal rows to cut the arrays into.

    Raises:
        ValueError: The stream was consumed before, is malformed or fails, or has a type that
            Polars never gives.
        TypeError: It is not such a capsule.
        MemoryError: There is no memory for what has to be copied.
    """

def unpack(parts: Sequence[tuple[Buffer, Sequence[Buffer]]], /) -> object:
    """Make one Arrow stream of what `pack` gave, several times.

    Each part is a description and its buffers, or copies of them. The result is a capsule named
    `"arrow_array_stream"`, which yields the arrays of all parts in order; those without rows are
    left out where others have some. The arrays use the memory of the buffers: the buffers of a
    part are given back soon after its last array was released, which any thread may do without
    the GIL. Reading and releasing the stream needs neither Go nor the GIL.

    Raises:
        ValueError: There are no parts, or one does not fit its buffers.
        SchemaMismatchError: The types differ; the message names the part and the field.
        MemoryError: There is no memory for the structures of the arrays.
    """

@type_check_only
class PgStream:
    """A query that is read in the background; dropping it cancels the query."""

@type_check_only
class PgSnapshot:
    """A state of a database that is held; dropping it ends it."""

def pg_describe(request: Buffer, /) -> bytes:
    """Ask a PostgreSQL server what a query will give, without running it.

    The request is JSON: `dsn`, `sql`, and if need be `params` (values of `$1` and so on, each null
    or a pair of kind and text), `overrides` (wire names of types by columns), `on_infinity`
    (`"error"` or `"null"`), `snapshot` (a name), `timeout_ms`, `retries`, `batch_rows` and `expect`
    (columns of an earlier description). So is the answer: `columns`, each with `name`, `dtype`,
    `labels` of an enum, `type`, `oid` and `typmod` on the server and `collation` (`name` and
    `deterministic`, or null where it is not known); `parameters`; `version`; `encoding`.

    Raises:
        UnsupportedColumnError: A column cannot be read as it is; the message says what to write.
        DatabaseConnectionError: There is no connection.
        DatabaseError: The server refuses the query.
        ValueError: The request is malformed.
    """

def pg_open(request: Buffer, /) -> PgStream:
    """Begin to read a query, in a transaction that is read-only.

    It does not wait for the server: what is wrong with the connection or the query, `pg_next` says.

    Raises:
        ValueError: The request is malformed.
    """

def pg_wait(stream: PgStream, milliseconds: int, /) -> bool:
    """Wait until `pg_next` has an answer, for so long at most, and say whether it has."""

def pg_next(stream: PgStream, /) -> object | None:
    """Give the next batch of a query, or None at the end.

    The batch is a capsule named `"arrow_array_stream"`, in memory of its own: reading and releasing
    it needs neither Go nor the GIL. A query without rows gives one batch without rows.

    Raises:
        ColumnValueError: A value does not fit its column; the message names column and row.
        SchemaMismatchError: The columns are not those of `expect`.
        SnapshotEndedError: The snapshot of the request is gone.
        DatabaseTimeoutError: The query took longer than `timeout_ms` on the server.
        DatabaseConnectionError: There is no connection, or it was lost.
        DatabaseError: The server refuses the query, or the query was cancelled.
        UnsupportedColumnError: As `pg_describe`.
    """

def pg_export(request: Buffer, /) -> tuple[PgSnapshot, str]:
    """Hold the present state of a database, and give the name under which others can read it.

    Only `dsn` and `retries` of the request count. The snapshot takes a connection of its own.

    Raises:
        DatabaseConnectionError: There is no connection.
        DatabaseError: The server refuses.
        ValueError: The request is malformed.
    """

def pg_check(snapshot: PgSnapshot, /) -> None:
    """Raise `SnapshotEndedError` if a snapshot has ended, as when the server was restarted."""

def pg_close(handle: PgStream | PgSnapshot, /) -> None:
    """Cancel a stream, or end a snapshot, and wait a moment until the server knows."""

def pg_disconnect() -> None:
    """Close the connections that are kept for the next query of the process."""

def table_shard(shard: Buffer, /) -> bytes:
    """Read a shard, which is JSON that may come from anywhere, and write it in its one form.

    It is `{"v": 1, "key": [["sym", "string"], ["ts", "datetime[us, UTC]"]], "lo": ["S0038",
    "15778980"], "hi": null, "rows": 750, "nbytes": null}`: ends are the first values of a key as
    texts of their physical form (binary in base64, enums by position), and null is an open end.

    Raises:
        ValueError: It is not a shard, or one of a version or type that is not known.
    """

def table_operations(operations: Buffer, /) -> bytes:
    """Read operations of a transaction, which are JSON from anywhere, and write them in one form.

    They are `{"v": 1, "table": id, "version": n, "txn": uuid, "key": [...], "adds": [{"path",
    "size", "mtime", "stats", "lo", "hi", "rows"}], "removes": [{"path", "size"}], "replaced":
    [{"lo", "hi"}]}`; a single operation has `add`, `remove` or `replace` for the lists. `lo` and
    `hi` of a file are its least and greatest key; a file of another transaction has its `txn` as
    well.

    Raises:
        ValueError: They are not operations, or a path does not lead to a file of the table.
    """

def table_asof(state: Buffer, /) -> bytes:
    """Read a state of a table, as JSON or as `id@version`, and give it as JSON: `table`, `version`.

    Raises:
        ValueError: It is not a state.
    """

def table_shards(request: Buffer, /) -> bytes:
    """Cut a table where its files begin, both as JSON; see `Shards` of gocore/tablewire.

    The request has, by columns, the bounds of each file as far as they are known: `key`, `lo` and
    `hi` (a list for each column of the key), `rows`, `nbytes`, and `target_rows` or null. The
    answer has them by columns as well: `cuts`, at each of which one begins (the first before all
    keys), `rows` and `nbytes`.

    Raises:
        ValueError: The request is malformed.
    """

def table_spots(request: Buffer, /) -> bytes:
    """Say which rows of which files begin equal parts, as `spots`: file, row, and rows before it.

    The request is that of `table_shards`, with `n` or `each` for `target_rows`. The answer has
    `total`, and in `why`, where files may overlap or are not known well enough, why there are no
    spots.

    Raises:
        ValueError: The request is malformed.
    """

def table_cuts(request: Buffer, /) -> bytes:
    """Make shards of `key`, `cuts`, their `ranks` (or nulls), `total` and `nbytes`, all JSON.

    The answer is that of `table_shards`.

    Raises:
        ValueError: The request is malformed.
    """

def table_conflicts(request: Buffer, /) -> bytes:
    """Compare two transactions: `key`, `unique`, `ours` and `theirs` (ranges `added`, `replaced`).

    The answer has the ranges of `conflicts`, and those that are `doubtful`: a key may be in both.

    Raises:
        ValueError: The request is malformed.
    """

def table_statistics(request: Buffer, /) -> bytes:
    """Write the statistics of a file for the log: `rows`, and `columns` with what is known of them.

    A column has `path`, `type`, `least`, `greatest`, `nulls` and, of floats, whether one is `nan`.

    Raises:
        ValueError: They contradict themselves, or the request is malformed.
    """

def key_ranges(request: Buffer, /) -> bytes:
    """Compute with ranges of keys, as JSON; see `Ranges` of gocore/tablewire.

    `do` is one of union, intersect, subtract (of `a` and `b`), cover (of `a` by `b`) and contains
    (of `keys` in `a`).

    Raises:
        ValueError: The request is malformed.
    """

def key_scan(request: Buffer, streams: Sequence[object], /) -> bytes:
    """Merge sorted Arrow streams of key columns and say whether a key is there twice.

    The request has `key` and `unique`. The answer has `order` (ascending, descends or repeats) and,
    of the latter, the `key` and the two rows `at` which it is, each as stream and row. The streams
    are capsules named `"arrow_array_stream"`. They are moved, also when the call fails.

    Raises:
        ValueError: A column is missing, of another type than the key's, or has nulls; a stream
            fails; or the request is malformed.
        TypeError: An element is not such a capsule.
    """

@type_check_only
class Tally:
    """Counts of keys by which rows are cut into equal parts."""

def tally_open(request: Buffer, /) -> Tally:
    """Begin to cut rows into `n` parts, or parts of `each` so many rows, by counting keys.

    The request has `key`, `n` or `each`, `candidates` (keys that may lie near to the cuts, or null)
    and `nbytes` of all rows, or null.

    Raises:
        ValueError: The request is malformed.
    """

def tally_add(tally: Tally, stream: object, /) -> None:
    """Count the keys of an Arrow stream, as `key_scan` reads it. Threads may call it together.

    Raises:
        ValueError: As `key_scan`.
        TypeError: It is not such a capsule.
    """

def tally_next(tally: Tally, /) -> bytes:
    """End a pass, in which all keys were added, and say what follows, as JSON.

    If `done`, these are the shards, with exact rows: `parts`, as `table_shards` answers. Else every
    key in the ranges of `read` has to be added once more, and others may be. `total` is how many
    rows there are.

    Raises:
        SourceChangedError: A pass had other rows than the one before.
        ValueError: There would be too many parts.
    """

def check_process() -> None:
    """Do nothing, or raise `ForkedProcessError` in a forked child."""

def build_info() -> str:
    """Name the Go version and the platform, such as `"go1.26.8 linux/amd64"`."""

def _test_panic(where: str, /) -> bytes:
    """Panic in Go, to show that nothing crashes.

    Args:
        where: `"call"` (in the called function), `"nil"` (a nil dereference), `"wild"` (a write to
            memory that is not there), `"goroutine"` (in another goroutine), `"callback"` (in Go
            code that C called back), `"slow"` (as call, after 0.3 s without the GIL).

    Raises:
        InternalError: Always, with the panic's text, except
        ValueError: `where` is none of these.
    """

def _test_job(how: Buffer, /) -> bytes:
    """Work for long in Go, to show that signals are handled meanwhile.

    Args:
        how: `b"loop"` (for a minute, or until the call is given up), `b"deaf"` (for 1.2 s, given up
            or not), `b"short"` (for 0.3 s), `b"panic"` (likewise, then panic), `b"ended"` (not at
            all: how many of the first two were given up).

    Returns:
        `how`, or the answer to `b"ended"`.

    Raises:
        InternalError: For `b"panic"`.
        ValueError: `how` is none of these.
    """
