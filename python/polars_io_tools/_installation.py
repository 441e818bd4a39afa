"""Whether this installation can work at all: told in words before anything else fails.

`errors` asks, which every module imports; so it is told also where the other distribution of the
same import name has replaced `__init__.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["check_installation", "installing"]


def check_installation() -> None:
    """Check that the package is whole, and that the interpreter can load its compiled part.

    Raises:
        ImportError: it is mixed with the other distribution of its name, or Python is a
            free-threaded build, which looks for no library of the stable ABI.
    """
    if (Path(__file__).parent / "io_sources" / "__init__.py").exists():
        raise ImportError(
            "polars-io-tools and polars-io-tools-go are both installed, and share the package "
            "polars_io_tools, which is now a mixture: run `pip uninstall polars-io-tools "
            "polars-io-tools-go`, then install the one you want"
        )
    if "t" in getattr(sys, "abiflags", ""):
        raise ImportError(
            "polars_io_tools does not support free-threaded Python: use the ordinary build of "
            f"Python {sys.version_info.major}.{sys.version_info.minor}"
        )


def installing(extra: str) -> str:
    """Return what installs an extra, in quotes as shells want it.

    Example:
        >>> print(installing("plot"))
        pip install "polars-io-tools-go[plot]"
    """
    return f'pip install "polars-io-tools-go[{extra}]"'
