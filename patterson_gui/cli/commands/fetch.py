"""`fetch`: write the model and the map that are open in another program."""

import argparse

from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.cli.options import add_output
from patterson_gui.cli.viewer_options import add_viewer, viewer_options


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    add_viewer(parser, "--from", "program to fetch from; it must be running")
    add_output(parser, "DIR", "folder for the files")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the files and print their paths."""
    where = viewer_options(options.viewer, options.program, options.port, launch=False)
    fetched = bridge_to(options.viewer).fetch(options.output, where)
    print(fetched.sentence)
    for path in (fetched.model, fetched.map):
        if path is not None:
            print(f"→ {path}")
