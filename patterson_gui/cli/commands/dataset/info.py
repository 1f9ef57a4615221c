"""`dataset info`: what a data set contains and how it was made."""

import argparse
from pathlib import Path

from patterson_gui.cli.lazy import lazy_function

_open_dataset = lazy_function("patterson_gui.api.opening", "open_dataset")
_print_dataset = lazy_function("patterson_gui.cli.printing.dataset", "print_dataset")

HELP = "show what a data set contains and how it was made"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "input", type=Path, metavar="DATA.h5", help="data set, made by 'dataset build'"
    )
    parser.add_argument(
        "--files", action="store_true", help="also list the source files and their SHA-256"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the description."""
    data = _open_dataset(options.input)
    _print_dataset(data)
    if options.files:
        for file in data.provenance.files:
            print(f"{file.sha256}  {file.name}")
