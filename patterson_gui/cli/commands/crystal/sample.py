"""`crystal sample`: crystals decoded from random latents."""

import argparse
from pathlib import Path

from patterson_gui.cli.crystal_files import latent_in, write_latents
from patterson_gui.cli.options import add_crystal_kind, add_model, add_output, add_seed
from patterson_gui.cli.value_types import count, factor
from patterson_gui.nets.inference.crystal_coder import load_coder

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
    around = None
    if options.around is not None:
        around = latent_in(options.around, options.kind, options.model)
    coder = load_coder(options.kind if around is None else around.kind, options.model)
    drawn = [coder.sample(options.seed + i, options.temperature, around) for i in range(options.n)]
    write_latents(options.output, drawn, coder, "sample")
