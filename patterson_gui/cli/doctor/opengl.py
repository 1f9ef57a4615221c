"""Ask which OpenGL a window gets, in a process of its own."""

import subprocess
import sys


def ask_opengl(seconds: float) -> subprocess.CompletedProcess[str] | None:
    """The process that printed renderer and version; None where the display does not answer.

    A display that does not answer ends a Qt program, hence the process of its own.
    """
    try:
        return subprocess.run(
            [sys.executable, "-m", "patterson_gui.gui.rendering.opengl_info"],
            capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
