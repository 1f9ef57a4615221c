"""`crystal`: encode crystals as 300 numbers, decode them, find atoms in maps."""

import argparse

from patterson_gui.cli.commands.crystal import decode, encode, interpolate, sample, segment

_ACTIONS = {
    "encode": encode,
    "decode": decode,
    "interpolate": interpolate,
    "sample": sample,
    "segment": segment,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of this command."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, module in _ACTIONS.items():
        module.add_options(
            actions.add_parser(name, help=module.HELP, description=f"{module.HELP.capitalize()}.")
        )
