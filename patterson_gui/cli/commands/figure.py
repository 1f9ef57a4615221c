"""`figure`: a figure again, from the settings that were saved beside it."""

import argparse
from pathlib import Path

from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.shared import add_output

_make_figure = lazy_function("patterson_gui.cli.window", "make_figure")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "settings", type=Path, metavar="FIGURE.json",
        help="the settings beside a figure that the window saved, such as view.png.json",
    )  # fmt: skip
    add_output(parser, "FILE", "figure to write: .png or .tif for views, .gif or .mp4 for a "
               "turntable, .pdf, .svg or .png for sections, .svg or .pdf for plots")  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Open the files that the settings name, draw the figure and write it. Needs a display."""
    _make_figure(options.settings, options.output)
    print(f"→ {options.output}")
