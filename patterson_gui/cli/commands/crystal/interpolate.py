"""`crystal interpolate`: crystals between two others, at equal steps of their latents."""

import argparse
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.options.shared import add_crystal_kind, add_model, add_output
from patterson_gui.cli.options.value_types import at_least
from patterson_gui.cli.printing.crystal import save_and_print

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
    crystals = pg.interpolate(
        options.first,
        options.last,
        steps=options.steps,
        kind=options.kind,
        model=options.model,
    )
    save_and_print(crystals, options.output)
