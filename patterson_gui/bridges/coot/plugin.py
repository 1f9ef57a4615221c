"""Our plugin in Coot: one start-up script in the folders where Coot 0.9 and 1.x look."""

import os
from pathlib import Path

from patterson_gui.bridges.assemble_plugins import COOT_FILE, plugin_texts
from patterson_gui.bridges.plugin_base import fill_in_paths, own_program
from patterson_gui.bridges.plugin_files import Copy, FilePlugin
from patterson_gui.io.places import listeners_folder
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewer_scene import Viewer


class CootPlugin(FilePlugin):
    """The start-up script patterson_gui_coot.py."""

    viewer = Viewer.COOT
    offers = "it then has a menu Patterson, and you can send to it"

    def copies(self) -> list[Copy]:
        text = fill_in_paths(plugin_text(), listeners=listeners_folder(), program=own_program())
        return [Copy(folder / COOT_FILE, {COOT_FILE: text}) for folder in _startup_folders()]


def plugin_text() -> str:
    """The complete plugin, before the paths are filled in."""
    return plugin_texts(plugins_folder(), "coot")[COOT_FILE]


def _startup_folders() -> list[Path]:
    """Where Coot 1.x and Coot 0.9 look for start-up scripts.

    A script in the folder of a version that is not installed does no harm, and a version that is
    installed later finds it.
    """
    configured = os.environ.get("XDG_CONFIG_HOME")
    modern = Path(configured) if configured else Path.home() / ".config" / "Coot"
    return [modern, Path.home() / ".coot-preferences"]
