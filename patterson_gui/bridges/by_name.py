"""The bridge to each program by name; there is one of each, made on its first use."""

import threading
from collections.abc import Callable

from patterson_gui.io.viewers.scene import Bridge, Viewer

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
