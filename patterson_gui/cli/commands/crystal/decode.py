"""`crystal decode`: the crystal that 300 numbers describe."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.options.shared import add_model, add_output
from patterson_gui.cli.printing.crystal import NO_ENERGIES, print_decoded

HELP = "decode 300 numbers to a crystal"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "input", type=Path, metavar="Z.json", help="latent, made by 'crystal encode'"
    )
    add_output(parser, "OUT.cif", "crystal to write (.cif, .pdb, .extxyz or .vasp)")
    parser.add_argument("--map", type=Path, metavar="D.ccp4", help="also write the decoded density")
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the crystal and, if asked for, its density."""
    crystal = pg.decode(options.input, model=options.model)
    crystal.save(options.output)
    if options.map is not None:
        crystal.density.save(options.map)
    print_decoded(crystal)
    print(NO_ENERGIES)
    print(f"→ {options.output}" + (f", {options.map}" if options.map is not None else ""))
