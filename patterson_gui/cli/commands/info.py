"""`info`: versions, devices and OpenGL of this machine, as a bug report should give them."""

import argparse

import patterson_gui as pg
from patterson_gui.cli.doctor.opengl import ask_opengl


def add_options(parser: argparse.ArgumentParser) -> None:
    """This command has no options."""
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print them."""
    print(pg.info())
    print(f"OpenGL: {_opengl()}")


def _opengl() -> str:
    """Vendor, renderer and version of OpenGL."""
    answer = ask_opengl(30)
    if answer is None:
        return "not available (no answer from the display)"
    return answer.stdout.strip() or "not available (no display, or no OpenGL on it)"
