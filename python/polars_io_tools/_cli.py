"""The command `piot`: arguments in, text or JSON and an exit status out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from polars_io_tools._doctor import doctor
from polars_io_tools._version import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 if nothing is wrong, 1 if something is; wrong arguments end the process with 2.
    """
    options = _parser().parse_args(arguments)
    diagnosis = doctor(address=options.address, start=options.start)
    text = json.dumps(diagnosis.to_dict(), indent=2) if options.json else str(diagnosis)
    sys.stdout.write(f"{text}\n")
    return 0 if diagnosis.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="piot", description="Tools of polars-io-tools-go.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser(
        "doctor",
        help="look at the installation and the Ray cluster, and try a query",
        description="Looks at the installation and the Ray cluster, and tries a query. Without "
        "--address it starts a small cluster for a trial. The exit status is 1 if something is "
        "wrong.",
    )
    command.add_argument("--address", help='a running cluster, such as "auto" or 10.0.0.5:6379')
    command.add_argument(
        "--no-start", dest="start", action="store_false", help="start no cluster for a trial"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
