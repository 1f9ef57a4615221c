"""Plugins that are files in a folder where the program looks: those of Coot and PyMOL.

The first line of its docstring says that a file or folder is ours. Another one with the same name
is left alone.
"""

import hashlib
import os
import shutil
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.bridges.plugin_base import Presence, ProgramPlugin
from patterson_gui.bridges.scene_files import listed
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.temporary_files import clear_leftovers

_HEAD = "__init__.py"  # the file of a folder that says whose it is
_MARKS = ('"""patterson_gui in Coot: ', '"""patterson_gui in PyMOL ')


@dataclass(frozen=True)
class Copy:
    """One place that a plugin is written to.

    Attributes
    ----------
    place : the file or folder.
    wanted : the text of each file by its name; of one file by the name of `place` itself.
    """

    place: Path
    wanted: dict[str, str]

    @property
    def is_folder(self) -> bool:
        return list(self.wanted) != [self.place.name]

    def state(self) -> str:
        """'absent', 'current', 'outdated' (of another version, or damaged) or 'foreign'."""
        if not os.path.lexists(self.place) or self._is_empty_folder():
            return "absent"
        head = self.place / _HEAD if self.is_folder else self.place
        if self.place.is_symlink() or head.is_symlink() or not _is_our_plugin(head):
            return "foreign"
        there = {name: _digest(self._member(name)) for name in self.wanted}
        wanted = {name: _hash(text.encode()) for name, text in self.wanted.items()}
        return "current" if there == wanted else "outdated"

    def write(self) -> None:
        """Replace the file, or each file of the folder; what the user put beside them stays.

        Raises
        ------
        UserError
            when it cannot be written.
        """
        make_folder(self.place.parent)
        if self.is_folder:
            self._write_folder()
            return
        with replace_file(self.place) as beside:
            beside.write_text(self.wanted[self.place.name], encoding="utf-8")

    def delete(self) -> None:
        """Delete our files; what the user put beside them stays.

        Raises
        ------
        UserError
            when a file cannot be deleted.
        """
        try:
            for name in self.wanted:
                self._member(name).unlink(missing_ok=True)
            if not self.is_folder:
                return
            shutil.rmtree(self.place / "__pycache__", ignore_errors=True)
            if not any(self.place.iterdir()):
                self.place.rmdir()
        except OSError as error:
            raise UserError(
                f"{self.place} could not be deleted ({error.strerror}): delete it yourself."
            ) from error

    def _is_empty_folder(self) -> bool:
        """Whether the place is a folder with at most a temporary file, as a kill may leave it."""
        if not self.is_folder or self.place.is_symlink() or not self.place.is_dir():
            return False
        clear_leftovers(self.place)
        return not any(self.place.iterdir())

    def _member(self, name: str) -> Path:
        return self.place / name if self.is_folder else self.place

    def _write_folder(self) -> None:
        """Replace our files one by one, the one that marks the folder as ours first.

        After a kill the folder is ours and outdated, and the next installation ends the work.
        """
        make_folder(self.place)
        for name in sorted(self.wanted, key=lambda name: name != _HEAD):
            with replace_file(self.place / name) as beside:
                beside.write_text(self.wanted[name], encoding="utf-8")
        try:
            shutil.rmtree(self.place / "__pycache__", ignore_errors=True)
            for entry in self.place.iterdir():
                if entry.name not in self.wanted and _is_shared(entry):
                    entry.unlink()
        except OSError as error:
            raise UserError(
                f"{self.place} could not be written ({error.strerror}): check the folder's "
                "permissions."
            ) from error


class FilePlugin(ProgramPlugin):
    """A plugin that is one or more copies of files; the program's own path does not matter."""

    @abstractmethod
    def copies(self) -> list[Copy]:
        """Where the plugin goes, with what is to be there."""

    def _look(self, program: Path | None) -> Presence:
        states = [(copy, copy.state()) for copy in self.copies()]
        installed = [(copy, state) for copy, state in states if state in ("current", "outdated")]
        if not installed:
            return Presence(states[0][0].place, self.viewer.label, installed=False)
        return Presence(
            installed[0][0].place,
            f"{self.viewer.label} ({listed([str(copy.place) for copy, _ in installed])})",
            installed=True,
            outdated=any(state == "outdated" for _, state in installed),
        )

    def _put(self, program: Path | None) -> Presence:
        copies = self.copies()
        for copy in copies:
            if copy.state() == "foreign":
                raise UserError(
                    f"{copy.place} exists and is not our plugin: move it away and install the "
                    f"plugin in {self.viewer.label} again."
                )
        for copy in copies:
            copy.write()
        return self._look(program)

    def _delete(self, program: Path | None) -> None:
        for copy in self.copies():
            if copy.state() in ("current", "outdated"):
                copy.delete()


def _is_our_plugin(path: Path) -> bool:
    return _head(path).startswith(_MARKS)


def _is_shared(path: Path) -> bool:
    """Whether a file is a module that all our plugins share, perhaps of an older version."""
    return path.is_file() and _head(path).startswith("# A copy of plugins/common/")


def _head(path: Path) -> str:
    """The first letters of a file; '' where it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(64)
    except OSError:
        return ""


def _digest(path: Path) -> str:
    try:
        return _hash(path.read_bytes())
    except OSError:
        return ""


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
