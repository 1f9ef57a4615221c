"""Opening the window from the command line."""

from collections.abc import Sequence
from pathlib import Path

from patterson_gui.errors import UserError


def open_window(arguments: Sequence[str]) -> int:
    """Show the window, with the file named in `arguments` if one is; returns its exit code."""
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
    from patterson_gui.cli.services import window_services
    from patterson_gui.gui.application import run

    return run(window_services(), path)
