"""`info`: what a file holds, or versions and devices of this machine for a bug report."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.doctor.opengl import ask_opengl
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.printing.notes import print_notes

_open_crystal = lazy_function("patterson_gui.cli.input_files", "open_crystal")
_fact_lines = lazy_function("patterson_gui.cli.printing.file_facts", "fact_lines")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "input", type=Path, nargs="?", metavar="FILE",
        help="print what this file holds: crystal, data, data sets, tests for pseudo-translation "
        "and twinning (default: print about this machine)",
    )  # fmt: skip
    parser.add_argument(
        "--column", metavar="LABEL", help="label of the amplitudes or intensities of FILE"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print about the file or about the machine."""
    if options.input is not None:
        crystal = _open_crystal(options.input, options.column, box=True)
        print_notes(crystal.notes)
        print(*_fact_lines(options.input, crystal), sep="\n")
        return
    if options.column is not None:
        raise pg.UserError("--column names a column of a file: give the file as well.")
    print(pg.info())
    print(f"OpenGL: {_opengl()}")


def _opengl() -> str:
    """Vendor, renderer and version of OpenGL."""
    answer = ask_opengl(30)
    if answer is None:
        return "not available (no answer from the display)"
    return answer.stdout.strip() or "not available (no display, or no OpenGL on it)"
