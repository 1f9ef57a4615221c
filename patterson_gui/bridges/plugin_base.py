"""Our plugins in other programs: install, look, remove."""

from pathlib import Path

from patterson_gui.bridges.plugins import chimerax_bundle as plugin_chimerax
from patterson_gui.bridges.plugins import plugin_files
from patterson_gui.io.viewer_scene import PluginStatus, Viewer


def status(viewer: Viewer, *, program: Path | None = None) -> PluginStatus:
    """Whether our plugin is in a program; `program` is its path where the user named one.

    Raises
    ------
    UserError
        where that cannot be found out.
    """
    if viewer is Viewer.CHIMERAX:
        return plugin_chimerax.status(program)
    return plugin_files.status(viewer)


def install(viewer: Viewer, *, program: Path | None = None) -> PluginStatus:
    """Put our plugin into a program, or bring it up to date.

    Raises
    ------
    UserError
        where it cannot be put there; what was there stays.
    """
    if viewer is Viewer.CHIMERAX:
        return plugin_chimerax.install(program)
    return plugin_files.install(viewer)


def remove(viewer: Viewer, *, program: Path | None = None) -> PluginStatus:
    """Take away what `install` put in, and nothing else.

    Raises
    ------
    UserError
        where it cannot be taken away.
    """
    if viewer is Viewer.CHIMERAX:
        return plugin_chimerax.remove(program)
    return plugin_files.remove(viewer)
