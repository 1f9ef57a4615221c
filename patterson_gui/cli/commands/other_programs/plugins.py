"""`plugins`: install, check or remove the plugins for other programs."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.errors import UserError
from patterson_gui.io.viewers.scene import Viewer

_ALL = "all"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument("action", choices=("install", "status", "remove"), help="what to do")
    parser.add_argument(
        "viewer", choices=(*(viewer.value for viewer in Viewer), _ALL), nargs="?",
        help="which program's plugin (default for status: all; required otherwise)",
    )  # fmt: skip
    parser.add_argument(
        "--program", type=Path, metavar="PATH",
        help="path of the program (default: as in the settings, or searched for)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Do it for one or all programs and print a sentence for each.

    Of several programs, the failure of one does not stop the others.
    """
    if options.viewer is None and options.action != "status":
        raise UserError(
            f"Which program's plugin? Say 'patterson-gui plugins {options.action} "
            "chimerax|coot|pymol|all'."
        )
    every = options.viewer in (None, _ALL)
    if every and options.program is not None:
        raise UserError("--program names one program: say which of chimerax, coot and pymol it is.")
    answers = pg.plugins(
        options.action, _ALL if options.viewer is None else options.viewer, program=options.program
    )
    failed = [answer for answer in answers.values() if isinstance(answer, UserError)]
    for answer in answers.values():
        print(answer if isinstance(answer, UserError) else answer.sentence)
    if len(failed) == len(answers):
        raise UserError(f"Nothing was done: {failed[0]}")
