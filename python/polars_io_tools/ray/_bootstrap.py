"""The function that Ray runs in a worker.

It is sent by value, not by name, so that a worker without this package can still say so. It must
therefore stand alone: no globals, imports inside.
"""

from __future__ import annotations

from typing import Any

__all__ = ["run_period"]


def run_period(task: Any, plan: Any, period: Any) -> Any:
    """Run one period, or say which node lacks this package and how to bring it there."""
    import socket

    import ray

    node = f"{socket.gethostname()} ({ray.get_runtime_context().get_node_id()[:8]})"
    try:
        from polars_io_tools._task import run_task
    except ImportError as error:
        wanted = task["versions"]
        packages = [
            f"polars-io-tools-go=={wanted['polars-io-tools-go']}",
            f"polars=={wanted['polars']}",
        ]
        msg = (
            f"the worker on node {node} cannot import polars_io_tools ({error}). Install it on "
            f"every node, or start Ray with ray.init(runtime_env={{'pip': {packages}}})"
        )
        raise RuntimeError(msg) from error
    return run_task(task, plan, period, node)


# cloudpickle sends by value what it cannot find by name.
run_period.__module__ = "__main__"
