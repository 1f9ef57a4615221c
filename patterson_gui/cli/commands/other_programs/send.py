"""`send`: show maps and models in another program."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.exit_codes import ExitCode
from patterson_gui.cli.options.viewers import add_viewer
from patterson_gui.cli.printing.notes import print_note


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "inputs", type=Path, nargs="+", metavar="BUNDLE|MAP|MODEL",
        help="prediction with all its maps (.pgz), maps (CCP4, MRC) and models (PDB, mmCIF)",
    )  # fmt: skip
    add_viewer(parser, "--to", "program to show them in")
    parser.add_argument(
        "--launch", action="store_true", help="start the program if it is not running"
    )
    parser.add_argument(
        "--as-predicted", action="store_true",
        help="leave a prediction in its own frame (default: moved onto the true structure, if "
        "that is known)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Send the files; returns the exit code."""
    report = pg.send(
        options.inputs,
        options.viewer,
        launch=options.launch,
        as_predicted=options.as_predicted,
        port=options.port,
        program=options.program,
    )
    if not report.sent:
        print_note(report.sentence)
        return ExitCode.FAILED
    print(report.sentence)
    return ExitCode.DONE
