"""The parser of the command line: its commands, and the options of each."""

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, Protocol, cast

from patterson_gui import __version__
from patterson_gui.cli.exit_codes import EXIT_CODES
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.shared import sentence
from patterson_gui.errors import UserError

# Every command with its one line of help. Its module has the same name.
COMMANDS = {
    "patterson": "calculate the Patterson map of a model, of reflections or of a density map",
    "section": "draw sections through a map, and Harker sections, to scale",
    "figure": "make a figure again from the .json file beside it",
    "sites": "find heavy atoms from anomalous or isomorphous differences",
    "phases": "phase a protein from heavy atoms, with density modification, in both hands",
    "fragment": "put a few residues of a protein alone into a P1 cell",
    "predict": "predict density, phases and atoms from the amplitudes alone",
    "solve": "solve a crystal structure from measured intensities and refine it",
    "screen": "solve all data sets in a folder, in parallel",
    "evaluate": "measure how well a method works on many fragments or crystals",
    "dataset": "build data sets for training, or describe one",
    "train": "train a network on a data set",
    "crystal": "encode crystals as 300 numbers, decode them, find atoms in maps",
    "send": "show maps and models in ChimeraX, Coot or PyMOL",
    "fetch": "write the model and the map that are open in ChimeraX, Coot or PyMOL",
    "plugins": "install, check or remove the plugins for ChimeraX, Coot and PyMOL",
    "doctor": "check the installation and say how to fix what is wrong",
    "info": "print what a file holds, or versions, devices and OpenGL of this machine",
    "first-light": "open the example in the window, predict it, save everything and close",
}
# Commands whose modules are in a folder below `commands`.
_FOLDERS = {
    "send": "other_programs",
    "fetch": "other_programs",
    "plugins": "other_programs",
    "doctor": "installation",
    "info": "installation",
    "first-light": "installation",
}
_open_window = lazy_function("patterson_gui.cli.window", "open_window")


class _CommandModule(Protocol):
    """What each module in `commands` has."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's options, and as default of `run` the function that runs it.

        `run` takes the parsed options and returns the exit code, or None for success.
        """


class _Parser(argparse.ArgumentParser):
    """Reports a wrong call as a `UserError`: one line, exit code 1."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see '{self.prog} --help'.")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of one command.

    Its attribute `run` is the function that carries the command out: it takes the options and
    returns the exit code or None. Only the module of the command that is called is imported.

    Raises
    ------
    UserError : no such command or file, or wrong options.
    """
    first = arguments[0] if arguments else ""
    if first in COMMANDS or first.startswith("-"):
        return build_parser(only=first).parse_args(list(arguments))
    path = _file_to_open(arguments)
    return argparse.Namespace(run=lambda options: _open_window(options.input), input=path)


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; with `only`, just that command has its options."""
    parser = _Parser(
        prog="patterson-gui",
        description="From a crystal's Patterson map to its electron density and its atoms. "
        "Without a command, opens the window: patterson-gui [FILE].",
        epilog="Exit codes: "
        + ", ".join(f"{int(code)} {meaning}" for code, meaning in EXIT_CODES.items())
        + ".",
    )
    parser.add_argument(
        "--version", action="version", version=f"patterson-gui {__version__}",
        help="print the version",
    )  # fmt: skip
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = subparsers.add_parser(name, help=text, description=sentence(text))
        if only in (None, name):
            _module(name).add_options(command)
    return parser


def module_name(command: str) -> str:
    """The module of a command, as `import` takes it."""
    folder = f"{_FOLDERS[command]}." if command in _FOLDERS else ""
    return f"patterson_gui.cli.commands.{folder}{command.replace('-', '_')}"


def _module(command: str) -> _CommandModule:
    return cast(_CommandModule, importlib.import_module(module_name(command)))


def _file_to_open(arguments: Sequence[str]) -> Path | None:
    if len(arguments) > 1:
        raise UserError(
            "One file at a time can be opened: give one path (in quotes if it holds spaces), "
            "or see 'patterson-gui --help' for the commands."
        )
    path = Path(arguments[0]) if arguments else None
    if path is not None and not path.exists():
        raise UserError(
            f"There is no file or command called '{arguments[0]}': check the spelling, or see "
            "'patterson-gui --help'."
        )
    return path
