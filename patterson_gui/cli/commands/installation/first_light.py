"""`first-light`: the whole path once, in the real window, without a user."""

import argparse
from pathlib import Path

from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.printing.prediction import print_figures
from patterson_gui.io.files import make_folder

_predict_example = lazy_function("patterson_gui.cli.window", "predict_example")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "--out", type=Path, default=Path("out"), metavar="DIR",
        help="folder for the results (default: %(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Open the example in the window, predict, save everything, close and print the figures."""
    make_folder(options.out)
    print_figures(_predict_example(options.out))
    print(f"→ {options.out}")
