"""`crystal decode`: the crystal that 300 numbers describe."""

import argparse
from pathlib import Path

from patterson_gui.cli.crystal_files import write_decoded, write_decoded_map
from patterson_gui.cli.options import add_model, add_output
from patterson_gui.cli.printing.crystal import NO_ENERGIES, print_decoded
from patterson_gui.io.latents import read_latent
from patterson_gui.nets.inference.crystal_coder import load_coder

HELP = "decode 300 numbers to a crystal"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "input", type=Path, metavar="Z.json", help="latent, made by 'crystal encode'"
    )
    add_output(parser, "OUT.cif", "crystal to write (.cif, .pdb, .extxyz or .vasp)")
    parser.add_argument("--map", type=Path, metavar="D.ccp4", help="write the decoded density, too")
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the crystal and, if asked for, its density."""
    latent = read_latent(options.input)
    decoded = load_coder(latent.kind, options.model).decode(latent)
    write_decoded(options.output, decoded, latent)
    if options.map is not None:
        write_decoded_map(options.map, decoded, latent)
    print_decoded(decoded)
    print(NO_ENERGIES)
    print(f"→ {options.output}" + (f", {options.map}" if options.map is not None else ""))
