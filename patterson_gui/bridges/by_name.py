"""The bridges by name: one of each for the whole program, made when it is first asked for."""

import threading
from collections.abc import Callable

from patterson_gui.bridges.base import Bridge
from patterson_gui.io.viewer_scene import Viewer

_made: dict[Viewer, Bridge] = {}
_lock = threading.Lock()


def bridge_to(viewer: Viewer) -> Bridge:
    """The bridge to a program; it remembers what was sent there."""
    with _lock:
        if viewer not in _made:
            _made[viewer] = _maker(viewer)()
        return _made[viewer]


def _maker(viewer: Viewer) -> Callable[[], Bridge]:
    if viewer is Viewer.CHIMERAX:
        from patterson_gui.bridges.chimerax.bridge import ChimeraX

        return ChimeraX
    if viewer is Viewer.COOT:
        from patterson_gui.bridges.coot.bridge import Coot

        return Coot
    from patterson_gui.bridges.pymol.bridge import PyMOL

    return PyMOL


def find(viewer: Viewer) -> str | None:
    """The command that starts a program, where it is found on this computer."""
    command = _finder(viewer)()
    return None if command is None else " ".join(command)


def _finder(viewer: Viewer) -> Callable[[], list[str] | None]:
    if viewer is Viewer.CHIMERAX:
        from patterson_gui.bridges.chimerax.program import find_program as find_chimerax

        return find_chimerax
    if viewer is Viewer.COOT:
        from patterson_gui.bridges.coot.program import find_program as find_coot

        return find_coot
    from patterson_gui.bridges.pymol.program import find_program as find_pymol

    return find_pymol
