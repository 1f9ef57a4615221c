"""`info`: versions, devices and OpenGL of this machine, as a bug report should give them."""

import argparse
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import torch

from patterson_gui import __version__
from patterson_gui.solve.device import device_names

_PACKAGES = (
    "torch", "gemmi", "numpy", "scipy", "h5py", "PyQt6", "PyQt6-Qt6", "vispy", "pyqtgraph",
)  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """This command has no options."""
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print them."""
    print(f"patterson-gui {__version__}")
    print(f"Python {platform.python_version()} on {platform.platform()}")
    for package in _PACKAGES:
        try:
            print(f"{package} {version(package)}")
        except PackageNotFoundError:
            print(f"{package} not installed")
    print(f"devices: {', '.join(device_names())}; {torch.get_num_threads()} processor threads")
    if torch.cuda.is_available():
        print(f"GPU: {torch.cuda.get_device_name()}")
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
