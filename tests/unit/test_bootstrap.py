"""What a worker does before it has this package."""

from __future__ import annotations

from pathlib import Path

from tests.boundary.processes import run_script

SCRIPT = """
import _thread, sys, threading, types
from polars_io_tools.ray._bootstrap import run_periods

ray = types.ModuleType("ray")
ray.get_runtime_context = lambda: types.SimpleNamespace(get_node_id=lambda: "0" * 16)
sys.modules["ray"] = ray
# As in a worker, which has not imported it yet; here it is one that takes its time.
for name in [name for name in sys.modules if name.startswith("polars_io_tools")]:
    del sys.modules[name]
sys.path.insert(0, FOLDER)

threading.Timer(0.5, _thread.interrupt_main).start()
try:
    next(run_periods({}, 1, None, None))
except KeyboardInterrupt:
    print("interrupted")
print(next(run_periods({}, 1, None, None)))
"""


def test_a_task_that_is_cancelled_leaves_no_package_imported_by_half(tmp_path: Path) -> None:
    package = tmp_path / "polars_io_tools"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_part.py").write_text("print('imported', flush=True)\n")
    (package / "_task.py").write_text(
        "import time\n"
        "from polars_io_tools import _part\n"
        "time.sleep(2)\n"
        "def run_task(*_):\n"
        "    yield 'done'\n"
    )
    (package / "ray").mkdir()
    (package / "ray" / "__init__.py").write_text("")
    (package / "ray" / "_vault.py").write_text("opened = list\n")
    done = run_script(SCRIPT.replace("FOLDER", repr(str(tmp_path))))
    assert done.stdout.split() == ["imported", "interrupted", "done"], done.stderr
