"""The local Ray cluster of a contender."""

from __future__ import annotations

import logging

import ray

from benchmarks.settings import Settings

__all__ = ["start"]


def start(settings: Settings) -> None:
    """Start a cluster that only this process uses, or join the one of the settings."""
    if settings.ray_address:
        ray.init(address=settings.ray_address, log_to_driver=False, logging_level=logging.ERROR)
        return
    ray.init(
        address="local",
        num_cpus=settings.cpus,
        object_store_memory=settings.store_bytes,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=settings.scratch,
    )
