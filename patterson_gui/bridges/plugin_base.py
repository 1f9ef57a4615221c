"""What our plugins in ChimeraX, Coot and PyMOL share: status, installation, removal."""

import shutil
import sys
import sysconfig
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from patterson_gui import __version__
from patterson_gui.io.viewers.scene import PluginStatus, Viewer


@dataclass(frozen=True)
class Presence:
    """Where a plugin is, and whether it is the one of this version.

    Attributes
    ----------
    place : the file, folder or program that holds it, or would hold it.
    where : the program, with the place where that helps, for a sentence.
    version : the version that is there, where it is known.
    fault : why it does not work, to go on with after 'the plugin'; '' where only the version is
        another.
    """

    place: Path
    where: str
    installed: bool
    outdated: bool = False
    version: str | None = None
    fault: str = ""


class ProgramPlugin(ABC):
    """Our plugin in one program: a `Plugin`.

    `program` is the program's path where the user named one. Every method raises `UserError`
    when the plugin cannot be reached, written or deleted; what was there then stays.
    """

    viewer: ClassVar[Viewer]
    offers: ClassVar[str]  # what it offers after the program has been started again

    def status(self, program: Path | None = None) -> PluginStatus:
        """Whether the plugin is in the program, and whether it is of this version."""
        found = self._look(program)
        if not found.installed:
            return PluginStatus(
                False, f"The plugin is not installed in {found.where}.", found.place
            )
        if found.outdated:
            version = "another version" if found.version is None else f"version {found.version}"
            fault = found.fault or f"is of {version}, and this program is of version {__version__}"
            sentence = f"The plugin in {found.where} {fault}: install the plugin again."
            return PluginStatus(True, sentence, found.place, outdated=True)
        return PluginStatus(True, f"The plugin is installed in {found.where}.", found.place)

    def install(self, program: Path | None = None) -> PluginStatus:
        """Put the plugin into the program, or bring it up to date."""
        found = self._put(program)
        sentence = (
            f"Installed the plugin in {found.where}. Restart {self.viewer.label}: {self.offers}."
        )
        return PluginStatus(True, sentence, found.place)

    def remove(self, program: Path | None = None) -> PluginStatus:
        """Delete what `install` wrote, and nothing else."""
        found = self._look(program)
        if not found.installed:
            sentence = f"The plugin was not installed in {found.where}: nothing was removed."
            return PluginStatus(False, sentence, found.place)
        self._delete(program)
        return PluginStatus(False, f"Removed the plugin from {found.where}.", found.place)

    @abstractmethod
    def _look(self, program: Path | None) -> Presence:
        """Find out whether the plugin is there."""

    @abstractmethod
    def _put(self, program: Path | None) -> Presence:
        """Write it, or have the program install it; where it is then."""

    @abstractmethod
    def _delete(self, program: Path | None) -> None:
        """Delete it, or have the program uninstall it."""


def own_program() -> Path | None:
    """The path of the program patterson-gui that belongs to this Python, else of the one on the
    search path; None where there is none."""
    name = "patterson-gui.exe" if sys.platform == "win32" else "patterson-gui"
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (folder / name).is_file():
            return folder / name
    found = shutil.which("patterson-gui")
    return None if found is None else Path(found)


def fill_in_paths(text: str, *, listeners: Path | None = None, program: Path | None = None) -> str:
    """Set `LISTENERS` and `PROGRAM` in the text of a plugin.

    Parameters
    ----------
    listeners : the folder where a running Coot announces the port that it listens on.
    program : patterson-gui, which the plugin predicts with.

    Raises
    ------
    ValueError
        when the text has no line for a path that is given.
    """
    for name, path in (("LISTENERS", listeners), ("PROGRAM", program)):
        if path is not None:
            line = f'\n{name} = ""\n'
            if line not in text:
                raise ValueError(f"the plugin has no line {line!r}")
            # u: Python 2 needs it for letters beyond ASCII.
            text = text.replace(line, f"\n{name} = u{str(path)!a}\n")
    return text
