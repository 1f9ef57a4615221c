"""Which Patterson map a command calculates: of amplitudes, or of differences."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.differences import add_derivative, add_native
from patterson_gui.cli.printing.notes import print_note
from patterson_gui.errors import UserError

if TYPE_CHECKING:
    from patterson_gui.api.types.crystals import Crystal
    from patterson_gui.api.types.differences import DifferenceData

_open_crystal = lazy_function("patterson_gui.cli.input_files", "open_crystal")
_difference_lines = lazy_function("patterson_gui.cli.printing.differences", "difference_lines")

KINDS = ("native", "anomalous", "isomorphous")


def add_kind(parser: argparse.ArgumentParser) -> None:
    """The kind of the Patterson map, and the data sets of differences."""
    parser.add_argument(
        "--kind", choices=KINDS, default="native",
        help="native: the Patterson map of the amplitudes; anomalous: of F(+) - F(-); "
        "isomorphous: of the derivative minus the native (default: %(default)s)",
    )  # fmt: skip
    add_derivative(parser, "FILE")
    add_native(parser, "FILE")


def read_source(options: argparse.Namespace) -> "tuple[Crystal | DifferenceData, Iterable[str]]":
    """The crystal of the file or the differences in it, which are described; and notes.

    Raises
    ------
    UserError : options of differences for a native map, or two that name the same thing.
    """
    return _native(options) if options.kind == "native" else _differences(options)


def _native(options: argparse.Namespace) -> "tuple[Crystal, Iterable[str]]":
    if options.native or options.native_column or options.derivative:
        raise UserError(
            "--native, --native-column and --derivative are only used with --kind anomalous or "
            "isomorphous: give the kind as well."
        )
    crystal = _open_crystal(options.input, options.column, box=options.box)
    print_note(crystal.provenance)
    return crystal, crystal.notes


def _differences(options: argparse.Namespace) -> "tuple[DifferenceData, Iterable[str]]":
    if options.column and options.derivative:
        raise UserError("--column and --derivative both name the data set: give one of them.")
    found = pg.differences(
        options.input,
        options.kind,
        native=options.native,
        native_column=options.native_column,
        derivative=options.derivative or options.column,
    )
    print(*_difference_lines(found.statistics), sep="\n")
    return found, found.notes
