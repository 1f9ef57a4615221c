"""`crystal segment`: atoms and their elements in a density map."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.options.shared import add_model, add_output

HELP = "find atoms and their elements in a density map"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument("input", type=Path, metavar="MAP", help="density map (CCP4/MRC)")
    add_output(parser, "ATOMS.cif", "atoms to write (.cif, .pdb, .extxyz or .vasp)")
    parser.add_argument(
        "--elements", choices=("auto", "organic", "all"), default="auto",
        help="organic: C, N, O and S in an electron density; all: any element, in a cube of 10 Å "
        "with 30 points as 'crystal decode --map' writes it; auto: all for such a cube, else "
        "organic (default: %(default)s)",
    )  # fmt: skip
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the atoms."""
    atoms = pg.segment(options.input, elements=options.elements, model=options.model)
    atoms.save(options.output)
    counts = atoms.counts
    listed = ", ".join(f"{n} {element}" for element, n in counts.items())
    print(f"{sum(counts.values())} atoms: {listed}")
    print(f"→ {options.output}")
    if atoms.explained is not None:
        print(f"They explain {atoms.explained:.2%} of what is there.")
