"""`patterson`: the Patterson map of a file, and its peaks."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.patterson_source import add_kind, read_source
from patterson_gui.cli.options.shared import add_d_min, add_input, add_output
from patterson_gui.cli.options.value_types import count, length, number, positive
from patterson_gui.cli.printing.notes import print_notes
from patterson_gui.crystal.maps.sharpening import (
    B_REMOVED,
    SHARPENING_NAMES,
    SHARPENINGS,
    WITH_B,
)
from patterson_gui.errors import UserError

_peak_lines = lazy_function("patterson_gui.crystal.maps.peak_columns", "peak_lines")

_PRINTED = 10  # peaks


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    add_input(parser)
    add_kind(parser)
    add_output(parser, "P.ccp4", "Patterson map to write")
    parser.add_argument(
        "--peaks", type=Path, metavar="P.csv",
        help="also write the unique peaks, as a table or as PDB",
    )  # fmt: skip
    parser.add_argument(
        "--n-peaks", type=count, default=100, metavar="N",
        help="maximum number of peaks in the table (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--min-rmsd", type=positive, default=1.0, metavar="σ",
        help="smallest height of a peak in the table, in rmsd of the map (default: %(default)g)",
    )  # fmt: skip
    add_d_min(parser, None)
    parser.add_argument(
        "--d-max", type=length, metavar="Å",
        help="low-resolution limit in Å (default: all data)",
    )  # fmt: skip
    parser.add_argument("--remove-origin", action="store_true", help="subtract the origin peak")
    parser.add_argument(
        "--sharpen", choices=tuple(SHARPENING_NAMES), default="none",
        help="; ".join(
            f"{name}{f' or {method.short}' if method.short else ''}: {method.help}"
            for name, method in SHARPENINGS.items()
        )
        + " (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--b", type=number, metavar="Å²",
        help=f"B in Å² that '--sharpen {WITH_B}' removes (default: {B_REMOVED:g})",
    )  # fmt: skip
    parser.add_argument(
        "--spacing", type=length, metavar="Å",
        help="largest distance of grid points in Å (default: a third of the resolution)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the map and the table of peaks; print the highest peaks."""
    sharpening = SHARPENINGS[SHARPENING_NAMES[options.sharpen]]
    if options.b is not None and not sharpening.takes_b:
        raise UserError(f"--b is only used by --sharpen {WITH_B}: give both or neither.")
    source, notes = read_source(options)
    density = pg.patterson(
        source,
        d_min=options.d_min,
        d_max=options.d_max,
        remove_origin=options.remove_origin,
        sharpen=options.sharpen,
        b=options.b,
        spacing=options.spacing,
    )
    peaks = density.peaks(options.n_peaks, options.min_rmsd)
    density.save(options.output)
    print_notes(notes)
    print(
        f"Patterson map: {density.spacegroup.xhm()}, "
        f"{' × '.join(map(str, density.shape))} points, to {density.d_min:.2f} Å, "
        f"rmsd {density.rmsd:.4g} {density.units} → {options.output}"
    )
    if options.peaks is not None:
        peaks.save(options.peaks)
        print(f"{len(peaks)} unique peaks → {options.peaks}")
    print(*_peak_lines(peaks[:_PRINTED], density.units), sep="\n")
