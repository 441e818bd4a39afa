"""Causes of errors, and what the errors have to say: for the tables of messages."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import polars_io_tools as piot

__all__ = ["PACKAGE", "Case", "Patch", "check_message", "message_of"]

Patch = pytest.MonkeyPatch

PACKAGE = Path(piot.__file__).parent


@dataclass(frozen=True)
class Case:
    """What raises an error, and which.

    Attributes:
        cause: does what is wrong.
        kind: the class of the error, exactly.
        message: how the message begins.
        help: what it says to do, somewhere.
    """

    cause: Callable[[Patch, Path], object]
    kind: type[BaseException]
    message: str
    help: str = ""


def message_of(case: Case, folder: Path) -> tuple[BaseException, str]:
    """Return what a cause raises, and all that it says."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(case.kind) as info:
        case.cause(patch, folder)
    return info.value, str(info.value)


def check_message(case: Case, folder: Path) -> None:
    error, message = message_of(case, folder)
    assert type(error) is case.kind, repr(error)
    assert message.startswith(case.message)
    assert case.help in message
    assert "Traceback" not in message
    assert "FAILED HERE" not in message
    assert str(PACKAGE) not in message
    assert str(pickle.loads(pickle.dumps(error))) == message
