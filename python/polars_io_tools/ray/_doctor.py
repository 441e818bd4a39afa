"""What `doctor` asks of the nodes of a cluster: how large they are, and what is installed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

from polars_io_tools._diagnosis import Check
from polars_io_tools._skew import versions

__all__ = ["node_checks"]

# How long a worker may take to start on a node.
_NODE_SECONDS = 120

# A store below this holds few results: a quarter of it is for those that wait.
_SMALL_STORE = 100 * 2**20


class _Probed(TypedDict):
    """What a worker says of itself."""

    versions: dict[str, str]
    failure: str  # why it has not all of them, empty if it has
    threads: int


def node_checks() -> Iterator[Check]:
    """Yield the checks of each node of the cluster that this process is connected to."""
    import ray

    nodes: Any = ray.nodes
    alive = [node for node in nodes() if node["Alive"]]
    probes = {node["NodeID"]: _probe_on(node["NodeID"]) for node in alive}
    for node in alive:
        name = f"node {node['NodeID'][:8]}"
        resources = node["Resources"]
        cpus, store = resources.get("CPU", 0), resources.get("object_store_memory", 0)
        size = f"{node['NodeManagerAddress']}: {cpus:g} CPUs, object store of {store / 1e9:.2g} GB"
        if store < _SMALL_STORE:
            remedy = "ray.init(object_store_memory=...), or --object-store-memory of `ray start`"
            yield Check(name, "warning", f"{size}, which is small", remedy)
        else:
            yield Check(name, "ok", size)
        yield _worker_check(node["NodeID"], probes[node["NodeID"]])


def _probe_on(node: str) -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    remote: Any = ray.remote
    strategy = NodeAffinitySchedulingStrategy(node, soft=False)
    # Without CPUs of its own, so that it need not wait for those that are busy.
    task = remote(num_cpus=0, scheduling_strategy=strategy, name="piot:doctor", max_retries=0)
    return task(_probe).remote()


def _probe() -> _Probed:
    """Say what is installed here. It is sent by value: imports inside, no globals."""
    import os
    import sys

    # As a task of one CPU does.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    here = {"Python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    threads, failure = 0, ""
    try:
        import polars as pl

        here["polars"] = pl.__version__
        threads = pl.thread_pool_size()
        from polars_io_tools._skew import versions

        here = versions()
    except Exception as error:  # noqa: BLE001  (whatever it is, it is what was asked for)
        failure = f"{type(error).__name__}: {error}"
    return {"versions": here, "failure": failure, "threads": threads}


# cloudpickle sends by value what it cannot find by name.
_probe.__module__ = "__main__"


def _worker_check(node: str, probe: Any) -> Check:
    import ray

    name = f"worker on {node[:8]}"
    try:
        probed: _Probed = ray.get(probe, timeout=_NODE_SECONDS)
    except ray.exceptions.GetTimeoutError:
        why = f"no worker started in {_NODE_SECONDS} s"
        return Check(name, "error", why, "Ray's logs on that node, in /tmp/ray, say why")
    except ray.exceptions.RayError as error:
        return Check(name, "error", f"no worker runs: {type(error).__name__}: {error}")
    here = probed["versions"]
    found = ", ".join(f"{package} {version}" for package, version in here.items())
    driver = versions()
    if probed["failure"]:
        package = [f"polars-io-tools-go=={driver['polars-io-tools-go']}"]
        remedy = f"install it there, or ray.init(runtime_env={{'pip': {package}}})"
        why = f"{found}; polars_io_tools cannot be imported: {probed['failure']}"
        return Check(name, "error", why, remedy)
    if here != driver:
        wanted = ", ".join(f"{package} {version}" for package, version in driver.items())
        why = f"{found}; here it is {wanted}, and plans do not travel between versions"
        return Check(name, "error", why, "install the same versions on every node")
    threads = probed["threads"]
    plural = "s" if threads > 1 else ""
    return Check(name, "ok", f"{found}; {threads} thread{plural} for a task of one CPU")
