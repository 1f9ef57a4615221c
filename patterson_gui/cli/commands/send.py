"""`send`: show maps and models in another program."""

import argparse
from pathlib import Path

from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.cli.exit_codes import ExitCode
from patterson_gui.cli.printing.notes import print_note
from patterson_gui.cli.viewer_options import add_viewer, viewer_options
from patterson_gui.io.file_names import file_stem
from patterson_gui.io.places import sent_folder
from patterson_gui.io.scenes.of_files import joined, scene_of_file


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
    folder = sent_folder() / file_stem(options.inputs[0].stem)
    scenes = [
        scene_of_file(path, folder, aligned=not options.as_predicted) for path in options.inputs
    ]
    where = viewer_options(options.viewer, options.program, options.port, launch=options.launch)
    report = bridge_to(options.viewer).send(joined(scenes), folder, where)
    if not report.sent:
        print_note(report.sentence)
        return ExitCode.FAILED
    print(report.sentence)
    return ExitCode.DONE
