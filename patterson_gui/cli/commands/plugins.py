"""`plugins`: install, check or remove the plugins for other programs."""

import argparse
from pathlib import Path

from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.errors import UserError
from patterson_gui.io.viewer_scene import Viewer

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
        help="path of the program (default: searched for)",
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
    wanted = list(Viewer) if every else [Viewer(options.viewer)]
    failed: list[UserError] = []
    for viewer in wanted:
        plugin = bridge_to(viewer).plugin
        act = {"install": plugin.install, "status": plugin.status, "remove": plugin.remove}
        try:
            print(act[options.action](options.program).sentence)
        except UserError as error:
            if not every:
                raise
            failed.append(error)
            print(error)
    if failed and len(failed) == len(wanted):
        raise UserError(f"Nothing was done: {failed[0]}")
