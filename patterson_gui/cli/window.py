"""The window, as the command line opens it."""

from pathlib import Path
from typing import Any

from patterson_gui.cli.services import window_services
from patterson_gui.gui.application import figure_again, first_light, run


def open_window(path: Path | None) -> int:
    """Show the window, with a file in it if one is given; returns its exit code."""
    return run(window_services(), path)


def predict_example(folder: Path) -> dict[str, Any]:
    """Open the example, predict it, save everything into `folder`; returns the figures."""
    return first_light(window_services(), folder)


def make_figure(settings: Path, out: Path) -> None:
    """Make a figure again from its settings."""
    figure_again(window_services(), settings, out)
