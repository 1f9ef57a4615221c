"""Our plugin in PyMOL: a package in the folder of the user's plugins."""

import os
from dataclasses import replace
from pathlib import Path

from patterson_gui.bridges.assemble_plugins import plugin_texts
from patterson_gui.bridges.plugin_base import Presence, fill_in_paths, own_program
from patterson_gui.bridges.plugin_files import Copy, FilePlugin
from patterson_gui.bridges.pymol.startup_path import add_to_path, is_on_path, take_from_path
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewers.scene import Viewer

_PACKAGE = "patterson_gui"


class PyMOLPlugin(FilePlugin):
    """The package patterson_gui."""

    viewer = Viewer.PYMOL
    offers = "it then has the menu Plugin ▸ Patterson"

    def copies(self) -> list[Copy]:
        inside = f"{_PACKAGE}/"
        texts = {
            name.removeprefix(inside): text
            for name, text in plugin_texts(plugins_folder(), "pymol").items()
            if name.startswith(inside)
        }
        texts["__init__.py"] = fill_in_paths(texts["__init__.py"], program=own_program())
        return [Copy(_startup_folder() / _PACKAGE, texts)]

    def _look(self, program: Path | None) -> Presence:
        found = super()._look(program)
        if not found.installed or is_on_path(_startup_folder()):
            return found
        return replace(found, outdated=True, fault="is in a folder where PyMOL does not look")

    def _put(self, program: Path | None) -> Presence:
        found = super()._put(program)
        add_to_path(_startup_folder())
        return found

    def _delete(self, program: Path | None) -> None:
        super()._delete(program)
        take_from_path(_startup_folder())


def _startup_folder() -> Path:
    """Where PyMOL's own Plugin Manager puts the user's plugins."""
    data = os.environ.get("APPDATA")
    if data:
        return Path(data) / "pymol" / "startup"
    return Path.home() / ".pymol" / "startup"
