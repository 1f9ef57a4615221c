"""`dataset`: build data sets for training, or describe one."""

import argparse

from patterson_gui.cli.commands.dataset import build, info


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of this command."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, module in (("build", build), ("info", info)):
        module.add_options(
            actions.add_parser(name, help=module.HELP, description=f"{module.HELP.capitalize()}.")
        )
