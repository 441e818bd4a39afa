"""The function that Ray runs in a worker.

It is sent by value, not by name, so that a worker without this package can still say so, and so
that it can choose how many threads Polars uses before anything imports Polars. It must therefore
stand alone: no globals, imports inside.
"""

from __future__ import annotations

from typing import Any

__all__ = ["run_periods"]


def run_periods(task: Any, threads: int, plan: Any, periods: Any, *items: Any) -> Any:
    """Run periods of a plan, or say which node lacks this package and how to bring it there."""
    import os
    import socket
    import threading

    import ray

    attempt = 0
    if task.get("keep"):  # Ray itself repeats no others
        worker: Any = ray._private.worker.global_worker  # noqa: SLF001  (there is no public way)
        attempt = worker.core_worker.get_current_task_attempt_number()
        if task["attempts"] is not None and attempt >= task["attempts"]:
            msg = f"its process ended {attempt} times, as when the node runs out of memory"
            raise MemoryError(msg + '; what helps: remote_options={"memory": …}, a finer split')
    # Polars reads it once, when it is first imported. A value that is there already is the user's,
    # from a runtime_env, or that of the task that this worker ran first.
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    node = f"{socket.gethostname()} ({ray.get_runtime_context().get_node_id()[:8]})"
    found: list[Any] = []

    def find() -> None:
        try:
            from polars_io_tools._task import run_task
            from polars_io_tools.ray._vault import opened
        except Exception as error:  # noqa: BLE001  (raised again below)
            found.append(error)
        else:
            found.extend((run_task, opened))

    # Not in this thread, in which a task that is cancelled is interrupted: Polars that is imported
    # by half would make every later task of this process fail.
    thread = threading.Thread(target=find, name="piot-import")
    thread.start()
    thread.join()
    try:
        if isinstance(found[0], Exception):
            raise found[0]
        run_task, opened = found
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
    yield from run_task(task, plan, periods, node, opened(items), attempt)


# cloudpickle sends by value what it cannot find by name.
run_periods.__module__ = "__main__"
