"""`info`: versions, devices and OpenGL of this machine, as a bug report should give them."""

import argparse
import subprocess
import sys

import patterson_gui as pg


def add_options(parser: argparse.ArgumentParser) -> None:
    """This command has no options."""
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print them."""
    print(pg.info())
    print(f"OpenGL: {_opengl()}")


def _opengl() -> str:
    """Vendor, renderer and version of OpenGL.

    A process of its own finds out: a display that does not answer ends a Qt program.
    """
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "patterson_gui.gui.rendering.opengl_info"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "not available (no answer from the display)"
    return answer.stdout.strip() or "not available (no display, or no OpenGL on it)"
