"""Arrow streams whose every callback is Python, which count what is done to them."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    SchemaPointer = ctypes._Pointer["ArrowSchema"]
    ArrayPointer = ctypes._Pointer["ArrowArray"]
    StreamPointer = ctypes._Pointer["ArrowArrayStream"]

CAPSULE = b"arrow_array_stream"
EIO = 5


class ArrowSchema(ctypes.Structure):
    """struct ArrowSchema."""


class ArrowArray(ctypes.Structure):
    """struct ArrowArray."""


class ArrowArrayStream(ctypes.Structure):
    """struct ArrowArrayStream."""


_schema_release = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowSchema))
_array_release = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))
_get_schema = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ArrowArrayStream), ctypes.POINTER(ArrowSchema)
)
_get_next = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ArrowArrayStream), ctypes.POINTER(ArrowArray)
)
# The text stays alive in the stream; ctypes would free what a c_char_p result points to.
_get_last_error = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(ArrowArrayStream))
_stream_release = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArrayStream))

ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", _schema_release),
    ("private_data", ctypes.c_void_p),
]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", _array_release),
    ("private_data", ctypes.c_void_p),
]
ArrowArrayStream._fields_ = [
    ("get_schema", _get_schema),
    ("get_next", _get_next),
    ("get_last_error", _get_last_error),
    ("release", _stream_release),
    ("private_data", ctypes.c_void_p),
]

_new_capsule = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)(("PyCapsule_New", ctypes.pythonapi))
_capsule_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


class CountedStream:
    """A stream of int64 batches.

    It must outlive whatever was moved out of its capsule: the callbacks are its own.
    """

    def __init__(
        self,
        batches: Sequence[Sequence[int]] = (),
        *,
        name: bytes = b"x",
        fail_after: int | None = None,
        fail_text: bytes = b"batch is lost",
        schema_error: bytes | None = None,
        edit_schema: Callable[[ArrowSchema], None] = lambda _: None,
    ) -> None:
        self.streams_released = self.schemas_open = self.arrays_open = 0
        self._batches = list(batches)
        self._name = name
        self._fail_after = fail_after
        self.schema_error = schema_error
        self._edit_schema = edit_schema
        self._text = ctypes.create_string_buffer(fail_text)
        self._given = 0
        self._alive: list[Any] = []
        self._release_schema = _schema_release(self._on_schema_release)
        self._release_array = _array_release(self._on_array_release)
        self._struct = ArrowArrayStream(
            _get_schema(self._on_schema),
            _get_next(self._on_next),
            _get_last_error(lambda _: ctypes.addressof(self._text)),
            _stream_release(self._on_release),
        )
        self.capsule = _new_capsule(ctypes.addressof(self._struct), CAPSULE, None)

    @property
    def is_moved(self) -> bool:
        """Whether the capsule was emptied."""
        return not self._struct.release

    @property
    def batches_read(self) -> int:
        return self._given

    def _on_schema(self, _: StreamPointer, out: SchemaPointer) -> int:
        if self.schema_error is not None:
            self._text = ctypes.create_string_buffer(self.schema_error)
            return EIO
        self.schemas_open += 1
        schema = out.contents
        schema.format, schema.name, schema.flags = b"l", self._name, 2
        schema.release = self._release_schema
        self._edit_schema(schema)
        return 0

    def _on_schema_release(self, schema: SchemaPointer) -> None:
        self.schemas_open -= 1
        schema.contents.release = _schema_release()

    def _on_next(self, _: StreamPointer, out: ArrayPointer) -> int:
        if self._given == self._fail_after:
            return EIO
        if self._given == len(self._batches):
            out.contents.release = _array_release()
            return 0
        batch = self._batches[self._given]
        values = (ctypes.c_int64 * len(batch))(*batch)
        buffers = (ctypes.c_void_p * 2)(None, ctypes.addressof(values))
        self._alive += [values, buffers]
        ctypes.memset(out, 0, ctypes.sizeof(ArrowArray))
        array = out.contents
        array.length, array.n_buffers, array.buffers = len(batch), 2, buffers
        array.release = self._release_array
        self._given += 1
        self.arrays_open += 1
        return 0

    def _on_array_release(self, array: ArrayPointer) -> None:
        self.arrays_open -= 1
        array.contents.release = _array_release()

    def _on_release(self, stream: StreamPointer) -> None:
        self.streams_released += 1
        stream.contents.release = _stream_release()


class Holder:
    """Gives a capsule to a consumer that asks for `__arrow_c_stream__`."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._capsule


def stream_of(capsule: object) -> ArrowArrayStream:
    """The structure in a capsule, to call its functions as C would."""
    return ArrowArrayStream.from_address(_capsule_pointer(capsule, CAPSULE))


def check(stream: ArrowArrayStream, status: int) -> None:
    """Raise the error that a function of the stream reported."""
    if status != 0:
        raise OSError(ctypes.string_at(stream.get_last_error(stream)).decode())


def read_batch(capsule: object) -> list[int] | None:
    """Read one batch, copy and release it; None at the end of the stream."""
    stream, array = stream_of(capsule), ArrowArray()
    check(stream, stream.get_next(stream, array))
    if not array.release:
        return None
    values = ctypes.cast(array.buffers[1], ctypes.POINTER(ctypes.c_int64))[: array.length]
    array.release(array)
    return values


def schema_name(capsule: object) -> bytes:
    """Ask the stream for its schema, and release it."""
    stream, schema = stream_of(capsule), ArrowSchema()
    check(stream, stream.get_schema(stream, schema))
    name: bytes = schema.name
    schema.release(schema)
    return name
