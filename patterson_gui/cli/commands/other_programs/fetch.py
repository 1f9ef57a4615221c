"""`fetch`: write the model and the map that are open in another program."""

import argparse

import patterson_gui as pg
from patterson_gui.cli.options.shared import add_output
from patterson_gui.cli.options.viewers import add_viewer


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    add_viewer(parser, "--from", "program to fetch from; it must be running")
    add_output(parser, "DIR", "folder for the files")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the files and print their paths."""
    fetched = pg.fetch(options.viewer, options.output, port=options.port, program=options.program)
    print(fetched.sentence)
    for path in (fetched.model, fetched.map):
        if path is not None:
            print(f"→ {path}")
