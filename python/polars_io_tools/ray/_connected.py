"""The Ray that this process is connected to: whether there is one, and how things get into it."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from polars_io_tools._installation import installing
from polars_io_tools.errors import (
    MissingDependencyError,
    RayNotInitialisedError,
    StoreFullError,
)

__all__ = ["connection", "own_store_bytes", "require_ray", "shutdown_held_off", "store"]

# The lock of Ray's under which it connects and shuts down, which is not part of its API.
_SHUTDOWN_LOCK = "_connect_or_shutdown_lock"


def require_ray() -> Any:
    """Return the ray module.

    Raises:
        MissingDependencyError: Ray is not installed.
        RayNotInitialisedError: Ray is not running, or is used through Ray Client.
    """
    try:
        import ray
    except ImportError as error:
        msg = f"execute_on_ray needs Ray: {installing('ray')}"
        raise MissingDependencyError(msg) from error
    client = sys.modules.get("ray.util.client")
    if client is not None and client.ray.is_connected():
        msg = (
            "execute_on_ray does not work through Ray Client (ray://…), which can neither stream "
            "results nor share memory with them. Run this program on a machine of the cluster, "
            'with ray.init(address="auto"), or send it there with `ray job submit`'
        )
        raise RayNotInitialisedError(msg)
    if not ray.is_initialized():
        msg = (
            "Ray is not running in this process: call ray.init() first, or "
            'ray.init(address="auto") to join a cluster that runs already'
        )
        raise RayNotInitialisedError(msg)
    return ray


def store(ray: Any, item: Any) -> Any:
    """Put something into the object store and return its reference.

    Raises:
        StoreFullError: there is no room.
    """
    try:
        return ray.put(item)
    except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
        msg = (
            "the object store of this node and the disk to which it spills have no room for what "
            f"is sent to tasks: {str(error).partition(chr(10))[0]}. What helps: smaller frames in "
            "the query, scans of files instead, or ray.init(object_store_memory=…)"
        )
        raise StoreFullError(msg) from error


def connection() -> tuple[str, str]:
    """Return what tells this process's connection from one to another cluster, or a later one."""
    import ray

    context = ray.get_runtime_context()
    return context.get_node_id(), context.get_job_id()


def shutdown_held_off() -> AbstractContextManager[object]:
    """Return a context in which no other thread shuts Ray down, which then waits for its end."""
    from ray._private import worker

    held: AbstractContextManager[object] | None = getattr(worker, _SHUTDOWN_LOCK, None)
    return nullcontext() if held is None else held


def own_store_bytes() -> int:
    """Return the size of the object store of this process's node."""
    ray = require_ray()
    own = ray.get_runtime_context().get_node_id()
    nodes = [n["Resources"] for n in ray.nodes() if n["NodeID"] == own]
    return int(nodes[0].get("object_store_memory", 0)) if nodes else 0
