"""What the tasks of a plan get as arguments: the same for all, and some for each alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polars_io_tools._attach import Parted
from polars_io_tools._choice import Chooser
from polars_io_tools._period import AnyPartition
from polars_io_tools._ship import ShippedPlan
from polars_io_tools.ray._connected import store

__all__ = ["Arguments"]


class Arguments:
    """The items of the attachments of a plan, as arguments of tasks.

    Args:
        ray: the module.
        plan: the plan.
        prepared: its attachments, by key. What all tasks get goes into the object store now.

    Attributes:
        attached: the keys of what all tasks get, with the number of items of each.
    """

    def __init__(
        self, ray: Any, plan: ShippedPlan, prepared: Mapping[str, Sequence[Any] | Parted]
    ) -> None:
        self.attached: list[tuple[str, int]] = []
        self._items: list[Any] = []
        self._parted: dict[str, Parted] = {}
        for key, found in prepared.items():
            if not isinstance(found, Sequence):
                self._parted[key] = found
                continue
            self.attached.append((key, len(found)))
            self._items.extend(i if _travels(ray, i) else store(ray, i) for i in found)
        self._chooser = Chooser(plan.payload, plan.task["column"], self._parted)

    def of(self, parts: Sequence[AnyPartition]) -> tuple[list[Any], list[tuple[str, int]]]:
        """Return the items of a task of these parts, and what the task alone has got of them."""
        items, chosen = list(self._items), []
        for key, positions in self._chooser.of(parts).items():
            items += [self._parted[key].items[position] for position in positions]
            chosen.append((key, len(positions)))
        return items, chosen


def _travels(ray: Any, item: Any) -> bool:
    """Return whether an item is an argument of tasks as it is."""
    return isinstance(item, ray.ObjectRef | ray.actor.ActorHandle)
