"""Which modules the command line imports, and when."""

import argparse
import subprocess
import sys
from collections.abc import Iterator

import pytest

from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.parser import COMMANDS, build_parser, module_name

HEAVY = ("torch", "numpy", "scipy", "gemmi", "pydantic", "h5py", "PyQt6", "vispy")
# The tables of sharpenings and of training presets hold what is imported here.
OF_TABLES = {"patterson": {"numpy", "gemmi"}, "train": {"pydantic"}}
CODE = """
import sys
from patterson_gui.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print("imported:", *sys.modules, file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    """The modules that the program has imported when it ends."""
    code = CODE.format(arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100
    )
    return set(done.stderr.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("no-such-file",)])
def test_help_imports_no_library(arguments: tuple[str, ...]) -> None:
    modules = imported_by(*arguments)
    assert "patterson_gui.cli.parser" in modules
    assert modules.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_imports_no_library_but_those_of_its_tables(command: str) -> None:
    modules = imported_by(command, "--help")
    assert module_name(command) in modules
    assert modules.intersection(HEAVY) <= OF_TABLES.get(command, set())


def test_a_command_imports_no_other_command_and_not_the_window(tmp_path: object) -> None:
    modules = imported_by("predict", "no-such-file.pdb", "-o", f"{tmp_path}/r")
    commands = {name for name in modules if name.startswith("patterson_gui.cli.commands.")}
    assert commands == {"patterson_gui.cli.commands.predict"}
    assert modules.isdisjoint({"PyQt6", "vispy", "patterson_gui.gui"})


def test_the_functions_for_the_window_are_made_without_torch_and_qt() -> None:
    code = (
        "import sys; from patterson_gui.cli.services import window_services; window_services(); "
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100
    )
    assert {"torch", "PyQt6", "vispy"}.isdisjoint(done.stdout.split())


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    subparsers = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not subparsers:
        yield parser
    for action in subparsers:
        for sub in action.choices.values():
            yield from leaves(sub)


def test_every_command_has_a_function_that_runs_it_and_every_option_a_help_text() -> None:
    for parser in leaves(build_parser()):
        assert callable(parser.get_default("run")), parser.prog
        for action in parser._actions:
            assert action.help, (parser.prog, action.dest)


@pytest.mark.parametrize("command", COMMANDS)
def test_with_one_command_named_only_that_one_has_options(command: str) -> None:
    (subparsers,) = (
        action
        for action in build_parser(only=command)._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    filled = [name for name, sub in subparsers.choices.items() if _is_filled(sub)]
    assert filled == [command]


def _is_filled(parser: argparse.ArgumentParser) -> bool:
    return len(parser._actions) > 1 or parser.get_default("run") is not None


def test_a_lazy_function_imports_its_module_when_it_is_called() -> None:
    sys.modules.pop("colorsys", None)
    convert = lazy_function("colorsys", "rgb_to_hsv")
    assert "colorsys" not in sys.modules
    assert convert(1, 0, b=0) == (0, 1, 1)
    assert "colorsys" in sys.modules
