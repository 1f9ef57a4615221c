"""Options that say which other program is meant and how it is reached."""

from argparse import ArgumentParser
from pathlib import Path

from patterson_gui.app.settings import SettingsStore, ViewerPlace
from patterson_gui.cli.value_types import port
from patterson_gui.io.places import settings_folder
from patterson_gui.io.viewer_scene import Viewer


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


def viewer_place(
    viewer: Viewer, program: Path | None, port: int | None
) -> tuple[Path | None, tuple[int, ...]]:
    """Path and ports of the other program: as given, otherwise as the user's settings say."""
    settings = SettingsStore(settings_folder()).settings
    place = settings.viewers.get(viewer, ViewerPlace())
    if program is None and place.program:
        program = Path(place.program).expanduser()
    return program, tuple(place.ports) if port is None else (port,)
