"""Our plugin in Coot: one start-up script in the folders where Coot 0.9 and 1.x look."""

import ast
import os
import re
from dataclasses import replace
from pathlib import Path

from patterson_gui.bridges.assemble_plugins import COOT_FILE, plugin_texts
from patterson_gui.bridges.plugin_base import Presence, fill_in_paths, own_program
from patterson_gui.bridges.plugin_files import Copy, FilePlugin
from patterson_gui.io.places import listeners_folder
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewers.scene import Viewer

FLATPAK = "io.github.pemsley.coot"


class CootPlugin(FilePlugin):
    """The start-up script patterson_gui_coot.py."""

    viewer = Viewer.COOT
    offers = "it then has a menu Patterson, and you can send to it"

    def copies(self) -> list[Copy]:
        text = fill_in_paths(plugin_text(), listeners=listeners_folder(), program=own_program())
        return [Copy(folder / COOT_FILE, {COOT_FILE: text}) for folder in _startup_folders()]

    def _look(self, program: Path | None) -> Presence:
        found = super()._look(program)
        folder = _listeners_of(found.place)
        if not found.outdated or folder in (None, listeners_folder()):
            return found
        return replace(found, fault=f"looks for this program in another folder ({folder})")


def plugin_text() -> str:
    """The complete plugin, before the paths are filled in."""
    return plugin_texts(plugins_folder(), "coot")[COOT_FILE]


def _startup_folders() -> list[Path]:
    """Where Coot 1.x and Coot 0.9 look for start-up scripts.

    A script in the folder of a version that is not installed does no harm, and a version that is
    installed later finds it. A flatpak of Coot has its own folder.
    """
    home = Path.home()
    configured = os.environ.get("XDG_CONFIG_HOME")
    modern = Path(configured) if configured else home / ".config" / "Coot"
    old = home / ".coot-preferences"
    folders = [modern, old]
    sandbox = home / ".var" / "app" / FLATPAK
    if sandbox.is_dir():
        folders.append(sandbox / "config")
    others = [home / ".config" / "Coot", _configured_before(old / COOT_FILE)]
    return folders + [
        folder
        for folder in others
        if folder is not None and folder not in folders and (folder / COOT_FILE).is_file()
    ]


def _configured_before(copy: Path) -> Path | None:
    """The value of XDG_CONFIG_HOME when a copy of the plugin was installed, which may be another
    now: the copy holds the path of a folder in it."""
    folder = _listeners_of(copy)
    return None if folder is None else folder.parent.parent


def _listeners_of(copy: Path) -> Path | None:
    """The folder where a copy of the plugin announces itself; None where it names none."""
    try:
        text = copy.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    line = re.search(r"^LISTENERS = u?(['\"].*['\"])$", text, re.MULTILINE)
    if line is None:
        return None
    try:
        return Path(ast.literal_eval(line[1]))
    except (SyntaxError, ValueError):
        return None
