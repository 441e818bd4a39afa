"""How many threads the Polars of a worker uses."""

from __future__ import annotations

import logging
from typing import Any

import polars as pl
import pytest

from polars_io_tools.ray._cluster import RayCluster
from polars_io_tools.ray._vault import Vault
from tests.integration.cases import QUARTER, on_ray

pytestmark = pytest.mark.ray


def seen(scan: pl.LazyFrame, **options: Any) -> set[int]:
    """Return what workers report: inside of a query, Polars may show another pool of threads."""
    with pytest.MonkeyPatch.context() as patch:
        told: set[int] = set()
        real = RayCluster._tell_threads

        def noted(cluster: RayCluster, threads: int) -> None:
            told.add(threads)
            real(cluster, threads)

        patch.setattr(RayCluster, "_tell_threads", noted)
        on_ray(scan.filter(QUARTER), remote_options=options).collect()
    return told


def test_a_task_of_one_cpu_has_one_thread(scan: pl.LazyFrame) -> None:
    assert seen(scan) == {1}


def test_a_secret_imports_nothing_before_a_task_begins() -> None:
    """Whatever it gets is loaded by then, and Polars reads once how many threads it may have."""
    import ray as untyped

    ray: Any = untyped

    @ray.remote(runtime_env={"env_vars": {"PIOT_TEST_THREADS": "secret"}})  # type: ignore[untyped-decorator]  # Ray's
    def imported(_: object) -> list[str]:
        import sys

        return [name for name in sys.modules if name.startswith("polars")]

    vault = Vault()
    assert ray.get(imported.remote(vault.hide("key", "s3cret"))) == []
    vault.close()


def test_what_the_user_sets_wins_and_is_reported(
    scan: pl.LazyFrame, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "polars_io_tools")
    assert seen(scan, runtime_env={"env_vars": {"POLARS_MAX_THREADS": "3"}}) == {3}
    assert caplog.text.count("a worker's Polars runs 3 threads where its task has CPUs for 1") == 1


def test_a_worker_of_its_own_has_as_many_threads_as_its_task_has_cpus(scan: pl.LazyFrame) -> None:
    # A variable that nobody else sets gives workers that no other test has used.
    own = {"env_vars": {"PIOT_TEST_THREADS": "two"}}
    assert seen(scan, num_cpus=2, runtime_env=own) == {2}
