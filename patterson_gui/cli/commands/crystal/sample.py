"""`crystal sample`: crystals decoded from random latents."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.options.shared import add_crystal_kind, add_model, add_output, add_seed
from patterson_gui.cli.options.value_types import count, factor
from patterson_gui.cli.printing.crystal import save_and_print

HELP = "decode crystals from random numbers"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    add_output(parser, "DIR", "folder for the crystals, their densities and latents")
    parser.add_argument(
        "-n", type=count, default=10, metavar="N", help="number of crystals (default: %(default)s)"
    )
    add_seed(parser)
    parser.add_argument(
        "--temperature", type=factor, default=1.0, metavar="T",
        help="spread of the random numbers, relative to that of known crystals "
        "(default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--around", type=Path, metavar="A",
        help="draw near this crystal or latent (default: anywhere)",
    )  # fmt: skip
    add_crystal_kind(parser)
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the crystals, their densities and latents."""
    crystals = pg.sample(
        options.n,
        seed=options.seed,
        temperature=options.temperature,
        around=options.around,
        kind=options.kind,
        model=options.model,
    )
    save_and_print(crystals, options.output)
