"""What Python objects inside plans become, made to arrive in other processes.

Polars pickles the functions of a plan with the standard pickle, which sends a function of a
script or notebook as the name `__main__.f`, and no worker has that. cloudpickle, which Polars
takes when pickle fails, sends such functions by value and functions of modules by name.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["dumps_by_value", "functions_by_value"]

# Reentrant: a distributed source inside a plan makes its own plan bytes while it is pickled.
_lock = threading.RLock()


@contextmanager
def functions_by_value(replaced: Callable[[Any], Any]) -> Iterator[None]:
    """While active, what this thread pickles through `pickle.dumps` is sent by value.

    What is sent is what `replaced` returns for it. Polars offers no setting for it: it looks
    `pickle.dumps` up for every object. Other threads get the function that was there before.
    Without cloudpickle functions are sent as Polars sends them.
    """
    thread = threading.get_ident()
    with _lock:
        original = pickle.dumps
        by_value = _by_value()

        def dumps(obj: Any, *args: Any, **kwargs: Any) -> bytes:
            if threading.get_ident() != thread:
                return original(obj, *args, **kwargs)
            if by_value is None:
                return original(replaced(obj), *args, **kwargs)
            return by_value(replaced(obj))

        pickle.dumps = dumps
        try:
            yield
        finally:
            pickle.dumps = original


def dumps_by_value(obj: Any) -> bytes:
    """Return an object pickled as objects inside of a plan are."""
    by_value = _by_value()
    return pickle.dumps(obj) if by_value is None else by_value(obj)


def _by_value() -> Callable[[Any], bytes] | None:
    try:
        import cloudpickle
    except ImportError:
        return None
    dumps: Callable[[Any], bytes] = cloudpickle.dumps
    return dumps
