"""What a query carries is not repeated: in names of tasks, logs, plans and exceptions of ours."""

from __future__ import annotations

from pathlib import Path

from tests.faults.conftest import Nodes

SECRETS = {name: f"canary-{name}-7d1f" for name in ("closure", "variable", "option")}

# Where Ray itself writes what a runtime_env holds.
RAYS_OWN = ("runtime_env_agent", "runtime_env_setup", "gcs_server", "raylet", "python-core")


def test_secrets_are_not_repeated(one_node: Nodes, tmp_path: Path) -> None:
    said: dict[str, str] = {}
    with one_node.drive("secretive", tmp_path, **SECRETS) as driver:
        while "tasks" not in said:
            heard = driver.hear()
            said[heard["what"]] = heard["text"]
        assert driver.end() == 0
        said["logged by the driver"] = driver.log.read_text()
    assert "prices: daily by date" in said["explained"]
    assert "ValueError: cannot log in with …" in said["failing"]
    assert "WorkerCrashedError" in said["crashing"]
    assert "nonsense" in said["unknown"]
    assert "2024-01-01" in said["tasks"]
    assert len(said) == 9
    for what, text in said.items():
        for secret in SECRETS.values():
            assert secret not in text, what
    logs = [path for path in one_node.logs.rglob("*") if path.is_file()]
    found = {}
    for path in logs:
        text = path.read_text(errors="replace")
        for name, secret in SECRETS.items():
            if secret in text and not (name != "closure" and path.name.startswith(RAYS_OWN)):
                found[path.name] = name
    assert found == {}
    assert any(path.name.startswith("worker-") for path in logs)
