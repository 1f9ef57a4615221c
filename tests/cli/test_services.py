"""The functions that the window is given."""

import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from typing import Any

from patterson_gui.cli import services
from patterson_gui.cli.services import window_services
from patterson_gui.solvers.device import device_names


def lazy_functions() -> list[Any]:
    given = window_services()
    found = [getattr(given, field.name) for field in fields(given)]
    found += [getattr(given.crystals, field.name) for field in fields(given.crystals)]
    lazy = services._warm_up.__code__
    return [value for value in (*found, services._warm_up) if _code(value) is lazy]


def _code(value: object) -> object:
    return getattr(value, "__code__", None)


def test_every_lazy_function_exists_in_its_module() -> None:
    found = lazy_functions()
    assert len(found) == 10
    for function in found:
        assert callable(getattr(import_module(function.__module__), function.__name__))


def test_a_lazy_function_returns_what_the_function_returns() -> None:
    assert window_services().device_names() == device_names()


def test_asking_whether_a_network_suits_the_data_does_not_load_torch() -> None:
    why_unsuitable = window_services().why_unsuitable
    code = f"import sys, {why_unsuitable.__module__}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100
    )
    assert "torch" not in done.stdout.split()
