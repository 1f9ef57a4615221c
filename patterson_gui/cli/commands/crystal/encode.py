"""`crystal encode`: a crystal as 300 numbers."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.shared import add_crystal_kind, add_model, add_output
from patterson_gui.cli.printing.notes import print_notes

HELP = "encode a crystal as 300 numbers"
_material_of = lazy_function("patterson_gui.api.materials", "material_of")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "input", type=Path, metavar="FILE", help="crystal (CIF, extended XYZ, POSCAR, PDB, ...)"
    )
    add_output(parser, "Z.json", "latent to write")
    parser.add_argument(
        "--entry", metavar="N|ID",
        help="which crystal of a file with many: its number, counted from 1, or its identifier "
        "(default: 1)",
    )  # fmt: skip
    add_crystal_kind(parser)
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the latent."""
    material = _material_of(options.input, options.entry)
    latent = pg.encode(material, kind=options.kind, model=options.model)
    latent.save(options.output)
    print_notes(material.notes)
    print(f"{material.label}: {len(material)} atoms as {len(latent.vector)} numbers")
    print(f"→ {options.output}")
