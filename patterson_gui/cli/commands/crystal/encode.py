"""`crystal encode`: a crystal as 300 numbers."""

import argparse
from pathlib import Path

from patterson_gui.cli.crystal_files import material_in
from patterson_gui.cli.options import add_crystal_kind, add_model, add_output
from patterson_gui.io.latents import write_latent
from patterson_gui.nets.inference.crystal_coder import load_coder

HELP = "encode a crystal as 300 numbers"


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
    material = material_in(options.input, options.entry)
    latent = load_coder(options.kind, options.model).encode(material)
    write_latent(options.output, latent)
    print(f"{material.label}: {len(material)} atoms as {len(latent.vector)} numbers")
    print(f"→ {options.output}")
