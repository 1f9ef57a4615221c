"""`fragment`: a few residues of a protein, alone in a P1 cell."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.options.shared import add_d_min, add_output
from patterson_gui.cli.options.value_types import cubic_cell, length, not_negative
from patterson_gui.crystal.problem_kinds import B_ISO, D_MIN, MARGIN, PROTEIN_KINDS


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "input", type=Path, metavar="MODEL", help="protein model (PDB or mmCIF, also compressed)"
    )
    parser.add_argument(
        "--residues", metavar="A:10-11",
        help="chain and range of residues (default: the first two bonded residues that fit)",
    )  # fmt: skip
    add_output(parser, "EX.pgz", "bundle to write")
    parser.add_argument(
        "--cell", type=cubic_cell, default=PROTEIN_KINDS["dipeptide"].cell_edge, metavar="12|auto",
        help="edge of a cubic cell in Å, or auto: the extent of the residues plus a margin "
        "(default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--margin", type=length, default=MARGIN, metavar="Å",
        help="margin in Å that '--cell auto' adds along each axis (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--b", type=not_negative, default=B_ISO, metavar="Å²",
        help="B factor of all atoms in Å² (default: %(default)g)",
    )  # fmt: skip
    add_d_min(parser, D_MIN)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the bundle."""
    crystal = pg.fragment(
        options.input,
        options.residues,
        cell=options.cell,
        margin=options.margin,
        b=options.b,
        d_min=options.d_min,
    )
    crystal.save(options.output)
    print(crystal.provenance)
    print(f"→ {options.output}")
