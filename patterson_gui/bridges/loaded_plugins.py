"""Find ChimeraX, Coot and PyMOL, and ask each whether it loads our plugin."""

import subprocess
from collections.abc import Sequence
from contextlib import suppress

from patterson_gui.bridges.chimerax.program import find_program as find_chimerax
from patterson_gui.bridges.coot.frames import Coot
from patterson_gui.bridges.coot.program import announced
from patterson_gui.bridges.coot.program import find_program as find_coot
from patterson_gui.bridges.local_programs import environment
from patterson_gui.bridges.pymol.program import find_program as find_pymol
from patterson_gui.io.places import listeners_folder
from patterson_gui.io.viewers.scene import Viewer

_TIMEOUT = 60.0  # seconds; PyMOL takes one or two to start
_PING_TIMEOUT = 2.0  # seconds
_FOUND, _NOT_FOUND = "patterson_gui is found", "patterson_gui is not found"
# Run by a PyMOL without a window, which lists the plugins that one with a window would load.
_ASK_PYMOL = (
    "/from pymol import plugins; plugins.initialize(-2); "
    f"print('{_FOUND}' if 'patterson_gui' in plugins.plugins "
    "and plugins.plugins['patterson_gui'].autoload "
    f"else '{_NOT_FOUND}')"
)


def find_program(viewer: Viewer) -> list[str] | None:
    """The command that starts a program, or None where it is not installed."""
    return {
        Viewer.CHIMERAX: find_chimerax,
        Viewer.COOT: find_coot,
        Viewer.PYMOL: find_pymol,
    }[viewer]()


def is_loaded(viewer: Viewer, command: Sequence[str]) -> bool | None:
    """Whether a program loads our plugin, which is installed.

    ChimeraX lists it itself when it is asked whether it is installed. PyMOL is started without a
    window and asked. Only a running Coot can answer.

    Parameters
    ----------
    command : starts the program.

    Returns
    -------
    None where the program cannot be asked.
    """
    if viewer is Viewer.CHIMERAX:
        return True
    if viewer is Viewer.PYMOL:
        return _pymol_loads_it(command)
    return True if _a_coot_answers() else None


def _pymol_loads_it(command: Sequence[str]) -> bool | None:
    try:
        done = subprocess.run(
            [*command, "-cq", "-d", _ASK_PYMOL], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_TIMEOUT, env=environment(), check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    output = done.stdout.decode("utf-8", errors="replace").splitlines()
    answers = [line.strip() for line in output if line.strip() in (_FOUND, _NOT_FOUND)]
    return answers[-1] == _FOUND if answers else None


def _a_coot_answers() -> bool:
    """Whether our plugin answers in a Coot that runs."""
    for one in announced(listeners_folder()):
        with suppress(Exception):  # closed since, busy, or another program at its port
            Coot(one.port, one.token, _PING_TIMEOUT).ask("patterson.ping", {})
            return True
    return False
