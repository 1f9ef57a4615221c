"""`crystal interpolate`: crystals between two others, at equal steps of their latents."""

import argparse
from pathlib import Path

from patterson_gui.cli.crystal_files import latent_in, write_latents
from patterson_gui.cli.options import add_crystal_kind, add_model, add_output
from patterson_gui.cli.value_types import at_least
from patterson_gui.crystal.materials.latent import between
from patterson_gui.errors import UserError
from patterson_gui.nets.inference.crystal_coder import load_coder

HELP = "decode crystals between two others"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument("first", type=Path, metavar="A", help="crystal or latent to start at")
    parser.add_argument("last", type=Path, metavar="B", help="crystal or latent to end at")
    add_output(parser, "DIR", "folder for the crystals, their densities and latents")
    parser.add_argument(
        "--steps", type=at_least(2), default=9, metavar="N",
        help="number of crystals, both ends included (default: %(default)s)",
    )  # fmt: skip
    add_crystal_kind(parser)
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the crystals, their densities and latents."""
    first, last = (
        latent_in(path, options.kind, options.model) for path in (options.first, options.last)
    )
    if first.kind != last.kind:
        raise UserError(
            f"{options.first.name} is a latent of the kind {first.kind} and {options.last.name} "
            f"of the kind {last.kind}: give two of one kind."
        )
    if first.network != last.network:
        raise UserError(
            f"{options.first.name} and {options.last.name} were encoded by different networks: "
            "encode both again with the same network."
        )
    steps = [between(first, last, i / (options.steps - 1)) for i in range(options.steps)]
    coder = load_coder(first.kind, options.model)
    write_latents(options.output, steps, coder, "step")
