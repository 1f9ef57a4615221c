"""The window, as the command line opens it."""

import os
import sys
from pathlib import Path
from typing import Any

from patterson_gui.cli.services import window_services
from patterson_gui.errors import UserError
from patterson_gui.gui.application import figure_again, first_light, run


def open_window(path: Path | None) -> int:
    """Show the window, with a file in it if one is given; returns its exit code."""
    refuse_without_display()
    return run(window_services(), path)


def predict_example(folder: Path) -> dict[str, Any]:
    """Open the example, predict it, save everything into `folder`; returns the figures."""
    refuse_without_display()
    return first_light(window_services(), folder)


def make_figure(settings: Path, out: Path) -> None:
    """Make a figure again from its settings."""
    refuse_without_display()
    figure_again(window_services(), settings, out)


def refuse_without_display() -> None:
    """Raise `UserError` where no window can be opened; Qt would end the program.

    Windows and macOS always have a display. QT_QPA_PLATFORM may choose another kind than these.
    """
    chosen = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if not sys.platform.startswith("linux") or chosen not in ("", "xcb", "wayland"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise UserError(
            "There is no display to open the window on: start the program on a desktop, or put "
            "'xvfb-run -a' before the command."
        )
