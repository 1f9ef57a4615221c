"""The functions that the window is given."""

from dataclasses import fields
from importlib import import_module
from typing import Any

from patterson_gui.cli import services, solvers
from patterson_gui.cli.services import window_services


def lazy_functions() -> dict[str, Any]:
    given = window_services()
    found = [getattr(given, field.name) for field in fields(given)]
    found += [getattr(given.crystals, field.name) for field in fields(given.crystals)]
    found.append(services._warm_up)
    return {
        value.__name__: value
        for value in found
        if getattr(value, "__module__", "") == solvers.__name__
    }


def test_every_lazy_function_exists_in_its_module() -> None:
    named = lazy_functions()
    assert set(named) == set(solvers.__all__)
    for name, function in named.items():
        assert callable(getattr(import_module(function.__module__), name))


def test_a_lazy_function_does_what_the_function_does() -> None:
    assert lazy_functions()["device_names"]() == solvers.device_names()
