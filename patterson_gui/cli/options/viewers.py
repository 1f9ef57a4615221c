"""Options for another program: which one, its port and its path."""

from argparse import ArgumentParser
from pathlib import Path

from patterson_gui.cli.options.value_types import port
from patterson_gui.io.viewers.scene import Viewer


def add_viewer(parser: ArgumentParser, flag: str, text: str) -> None:
    """The other program, its port and its path."""
    parser.add_argument(
        flag, dest="viewer", type=Viewer, choices=list(Viewer), required=True,
        metavar="chimerax|coot|pymol", help=text,
    )  # fmt: skip
    parser.add_argument(
        "--port", type=port, metavar="N",
        help="port that the running program listens on (default: as in the settings, or its "
        "usual ports)",
    )  # fmt: skip
    parser.add_argument(
        "--program", type=Path, metavar="PATH",
        help="path of the program (default: as in the settings, or searched for)",
    )  # fmt: skip
