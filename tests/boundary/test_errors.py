"""The exception tree."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

from polars_io_tools import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]


def make(cls: type[Exception]) -> Exception:
    if cls is errors.WorkerError:
        return errors.WorkerError("task failed", "2024-01")
    return cls("what went wrong")


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_keeps_everything(cls: type[Exception], protocol: int) -> None:
    error = make(cls)
    for again in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error)):
        assert type(again) is cls
        assert str(again) == str(error)
        assert again.args == error.args
        assert vars(again) == vars(error)


def test_worker_error_names_its_period() -> None:
    error = pickle.loads(pickle.dumps(errors.WorkerError("task failed", "2024-01")))
    assert (error.period, str(error)) == ("2024-01", "task failed")


def test_subclasses_of_worker_error_survive() -> None:
    assert type(pickle.loads(pickle.dumps(Special("x", "2024")))) is Special


class Special(errors.WorkerError):
    """Stands for what Ray makes: a class that also derives from a remote error."""


@pytest.mark.parametrize("cls", CLASSES)
def test_all_derive_from_the_base_and_have_a_docstring(cls: type[Exception]) -> None:
    assert issubclass(cls, errors.PiotError)
    assert cls.__doc__
    assert cls.__module__ == "polars_io_tools.errors"


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    # What is drawn below another derives from that.
    drawn, above = {}, ""
    for below, name, builtin in re.findall(r"(│ +)?[├└]─ (\w+)(?:\((\w+)\))?", errors.__doc__):
        drawn[name] = (above if below else "") + builtin
        above = above if below else name
    real = {
        cls.__name__: "".join(b.__name__ for b in cls.__bases__ if b is not errors.PiotError)
        for cls in CLASSES
        if cls is not errors.PiotError
    }
    assert drawn == real


def test_every_class_is_listed() -> None:
    defined = {n for n, v in vars(errors).items() if isinstance(v, type)}
    assert defined == set(errors.__all__)
