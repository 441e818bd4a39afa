"""What machine the figures are from."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

__all__ = ["cpus", "describe"]


def cpus() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> dict[str, str | int | float]:
    """Return the processor, the memory and the system; nothing that names the machine itself."""
    return {
        "cpu": _cpu_model(),
        "cores": cpus(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
