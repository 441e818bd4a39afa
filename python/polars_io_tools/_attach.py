"""What a plan refers to by id: prepared on the driver, attached in the worker.

A plan holds ids, never data, references or secrets: an object reference pickled inside a plan is
one that nobody keeps alive, and data inside a plan is decoded in every task. So a source that needs
something where its tasks run *offers* it while the plan is serialised, and pickles only its id.
What is offered goes to the object store once and reaches each task as an argument; the worker
*attaches* it, and the source finds it there by the id.

Invariant: what is attached stays for as long as a decoded plan of this process may ask for it, and
no longer.

Example:
    >>> with collecting() as offers:
    ...     _ = offer("frame-1", lambda _: [b"rows"])  # what `__getstate__` of a source does
    >>> resources = Resources(lambda key, secret: None, processes=1)  # none of which it needs
    >>> attach({key: tuple(prepare(resources)) for key, prepare in offers.items()})  # in the worker
    >>> attached("frame-1", lambda items: len(items[0]))
    4
    >>> detach(["frame-1"])
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, cast

from polars_io_tools._resources import Resources
from polars_io_tools.errors import InternalError

__all__ = [
    "Parted",
    "Prepare",
    "attach",
    "attached",
    "collecting",
    "detach",
    "is_collecting",
    "offer",
]

T = TypeVar("T")

# Gives the items of an attachment: each becomes one object in the store, or is the reference of
# one that is there already. What the items stand for is held by the resources of the run.
Prepare = Callable[[Resources], Sequence[Any]]
P = TypeVar("P", bound=Callable[[Resources], Any])

_local = threading.local()

_lock = threading.RLock()
_items: dict[str, tuple[Any, ...]] = {}
_made: dict[str, Any] = {}


class Parted(Protocol):
    """An attachment of which a task gets some of the items.

    Attributes:
        items: all of them.
        uses: in how many places of the plan its source is, at most.
    """

    items: Sequence[Any]
    uses: int

    def needed(self, asked: Any) -> Sequence[int]:
        """Return the positions of the items for what a place of the plan, `asked`, asks for."""


@contextmanager
def collecting() -> Iterator[dict[str, Prepare]]:
    """Collect what the plans that this thread serialises meanwhile offer, by key."""
    outer = getattr(_local, "offers", None)
    offers: dict[str, Prepare] = {}
    _local.offers = offers
    try:
        yield offers
    finally:
        _local.offers = outer


def is_collecting() -> bool:
    """Tell whether what this thread serialises now may offer attachments."""
    return getattr(_local, "offers", None) is not None


def offer(key: str, prepare: P) -> P:
    """Offer what tasks need under `key`; `prepare` is called once, when the plan is sent.

    Returns:
        What was offered first under the key, which is what counts.

    Raises:
        TypeError: the plan is serialised by something else than a distributed query, so that
            nothing would bring the items to where the plan is read.
    """
    offers = getattr(_local, "offers", None)
    if offers is None:
        msg = (
            "this LazyFrame refers to data held by this process and can only travel inside of a "
            "distributed query, such as execute_on_ray: to save or send it, collect it first"
        )
        raise TypeError(msg)
    return cast("P", offers.setdefault(key, prepare))


def attach(items: Mapping[str, tuple[Any, ...]]) -> None:
    """Make items available to the sources of this process."""
    with _lock:
        _items.update(items)


def detach(keys: Iterable[str]) -> None:
    """Forget items, and what was made of them."""
    with _lock:
        for key in keys:
            _items.pop(key, None)
            _made.pop(key, None)


def attached(key: str, make: Callable[[tuple[Any, ...]], T]) -> T:
    """Return what `make` makes of the items of `key`, made once and shared by the process.

    Raises:
        InternalError: nothing is attached under the key.
    """
    with _lock:
        if key not in _made:
            if key not in _items:
                raise InternalError(f"nothing is attached under {key!r} in this process")
            _made[key] = make(_items[key])
        return cast("T", _made[key])
