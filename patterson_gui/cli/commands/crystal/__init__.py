"""`crystal`: encode crystals as 300 numbers, decode them, find atoms in maps."""

import argparse

from patterson_gui.cli.commands.crystal import decode, encode, interpolate, sample, segment
from patterson_gui.cli.options.shared import add_actions


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of this command."""
    add_actions(
        parser,
        {
            "encode": encode,
            "decode": decode,
            "interpolate": interpolate,
            "sample": sample,
            "segment": segment,
        },
    )
