"""`dataset`: build data sets for training, or describe one."""

import argparse

from patterson_gui.cli.commands.dataset import build, info
from patterson_gui.cli.options.shared import add_actions


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of this command."""
    add_actions(parser, {"build": build, "info": info})
