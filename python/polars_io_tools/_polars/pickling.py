"""Python functions inside plans, made to arrive in other processes.

Polars pickles the functions of a plan with the standard pickle, which sends a function of a
script or notebook as the name `__main__.f`, and no worker has that. cloudpickle, which Polars
takes when pickle fails, sends such functions by value and functions of modules by name.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["functions_by_value"]

# Reentrant: a distributed source inside a plan makes its own plan bytes while it is pickled.
_lock = threading.RLock()


@contextmanager
def functions_by_value() -> Iterator[None]:
    """While active, what this thread pickles through `pickle.dumps` is sent by value.

    Polars offers no setting for it: it looks `pickle.dumps` up for every function. Other threads
    get the function that was there before. Without cloudpickle nothing changes.
    """
    try:
        import cloudpickle
    except ImportError:
        yield
        return
    thread = threading.get_ident()
    with _lock:
        original = pickle.dumps

        def dumps(obj: Any, *args: Any, **kwargs: Any) -> bytes:
            if threading.get_ident() != thread:
                return original(obj, *args, **kwargs)
            by_value: bytes = cloudpickle.dumps(obj)
            return by_value

        pickle.dumps = dumps
        try:
            yield
        finally:
            pickle.dumps = original
