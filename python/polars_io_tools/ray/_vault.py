"""Secrets of a run, in the memory of a process on the driver's node.

A password must not be an argument of tasks, nor an object in the store, which spills to disk, nor
part of a plan. A task gets a handle of this process instead, and asks it when it connects; the
answer goes from process to process and is stored nowhere.

Invariant: the process ends with the run, and with the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from polars_io_tools.errors import DatabaseConnectionError
from polars_io_tools.ray._connected import shutdown_held_off

__all__ = ["Vault", "opened"]


class _Keeper:
    """The actor. It is sent by value, so that its process need not import this package."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def keep(self, key: str, secret: str) -> None:
        """Keep a secret."""
        self._secrets[key] = secret

    def tell(self, key: str) -> str:
        """Return a secret to whoever has a handle of this process."""
        return self._secrets[key]


# cloudpickle sends by value what it cannot find by name. A task that gets a handle loads the class
# before it begins, and must not import Polars then: it has not chosen how many threads it uses.
for _sent in (_Keeper, _Keeper.__init__, _Keeper.keep, _Keeper.tell):
    _sent.__module__ = "__main__"


def opened(items: Sequence[Any]) -> list[Any]:
    """Return the items of a task, with a function in place of a handle, that asks for secrets."""
    import ray

    return [_asking(i) if isinstance(i, ray.actor.ActorHandle) else i for i in items]


def _asking(keeper: Any) -> Callable[[str], str]:
    import ray

    def ask(key: str) -> str:
        try:
            secret: str = ray.get(keeper.tell.remote(key))
        except ray.exceptions.RayActorError as error:
            text = "the process that held the passwords of this query has ended; run it again"
            raise DatabaseConnectionError(f"scan_db: {text}: {error}") from error
        return secret

    return ask


class Vault:
    """Starts the process with the first secret, and ends it."""

    def __init__(self) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._ray: Any = ray
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._keeper: Any = (
            ray.remote(_Keeper)
            .options(name=None, num_cpus=0, max_restarts=0, scheduling_strategy=here)
            .remote()
        )

    def hide(self, key: str, secret: str) -> Any:
        """Keep a secret, and return the item for tasks."""
        self._ray.get(self._keeper.keep.remote(key, secret))
        return self._keeper

    def check(self) -> None:
        """Nothing that tasks have read depends on it."""

    def close(self) -> None:
        """End the process."""
        with shutdown_held_off():
            if self._ray.is_initialized():
                self._ray.kill(self._keeper)
            self._keeper = None
