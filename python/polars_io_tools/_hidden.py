"""Values that hold secrets, which must be in no text, no plan and no object of the store.

What a task needs to get to an object store, such as `storage_options`, is held here. Its pickle is
an id: a delivery that is made ready for tasks *offers* the value (`_attach`), and the run hides it
in a process on the driver's node, which a task asks.

Invariant: neither the repr nor the pickle of a `Hidden` has anything of its value.

Example:
    >>> hidden = Hidden({"aws_secret_access_key": "s3cret"})
    >>> import pickle
    >>> hidden
    Hidden(…)
    >>> b"s3cret" in pickle.dumps(hidden)
    False
    >>> hidden.reveal()
    {'aws_secret_access_key': 's3cret'}
"""

from __future__ import annotations

import base64
import pickle
import uuid
from typing import Any, Generic, TypeVar, cast

from polars_io_tools._attach import attached, is_collecting, offer
from polars_io_tools._polars.pickling import dumps_by_value

__all__ = ["Hidden"]

T = TypeVar("T")


class Hidden(Generic[T]):
    """A value of this process, or what stands for it in a task.

    Args:
        value: what can be pickled, if it has to travel; functions of a script do so by value.
    """

    def __init__(self, value: T) -> None:
        self._key = f"hidden-{uuid.uuid4().hex}"
        self._held: tuple[T, ...] = (value,)

    def __repr__(self) -> str:
        return "Hidden(…)"

    def __getstate__(self) -> dict[str, Any]:
        """Leave an id of the value."""
        if is_collecting():
            text = base64.b64encode(dumps_by_value(*self._held)).decode()
            offer(self._key, lambda resources: (resources.hide(self._key, text),))
        return {"_key": self._key, "_held": ()}

    def reveal(self) -> T:
        """Return the value.

        Raises:
            InternalError: this is neither the process that has it nor a task of its run.
        """
        if self._held:
            return self._held[0]
        return cast("T", attached(self._key, self._asked))

    def _asked(self, items: tuple[Any, ...]) -> Any:
        text: str = items[0](self._key)
        return pickle.loads(base64.b64decode(text))  # noqa: S301  (from our own driver)
