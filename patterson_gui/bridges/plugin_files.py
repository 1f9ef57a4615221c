"""Our plugins of Coot and PyMOL: files copied to where the programs look, and taken away again.

What is ours is known by its first lines; a file of the same name that is not ours is left alone.
"""

import hashlib
import os
import secrets
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.bridges.assemble_plugins import COOT_FILE, plugin_texts
from patterson_gui.bridges.base import listed
from patterson_gui.bridges.coot.program import told_where
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.places import listeners_folder
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewer_scene import PluginStatus, Viewer

PYMOL_FOLDER = "patterson_gui"
_MARKS = {
    Viewer.COOT: '"""patterson_gui in Coot: ',
    Viewer.PYMOL: '"""patterson_gui in PyMOL ',
}


@dataclass(frozen=True)
class Copy:
    """One place that a plugin is put into: the file or folder, and what shall be in it by name
    (the file's own name where it is one file)."""

    place: Path
    wanted: dict[str, str]

    @property
    def is_folder(self) -> bool:
        return list(self.wanted) != [self.place.name]

    def state(self) -> str:
        """'absent', 'current', 'outdated' (of another version, or damaged) or 'foreign'."""
        if not os.path.lexists(self.place):
            return "absent"
        head = self.place / "__init__.py" if self.is_folder else self.place
        if self.place.is_symlink() or head.is_symlink() or not _begins_like_ours(head):
            return "foreign"
        there = {name: _digest(_member(self, name)) for name in self.wanted}
        wanted = {name: _hash(text.encode()) for name, text in self.wanted.items()}
        return "current" if there == wanted else "outdated"


def copies(viewer: Viewer) -> list[Copy]:
    """Where the plugin of Coot or PyMOL goes, with what is to be there."""
    sources = plugin_texts(plugins_folder(), viewer.value)
    if viewer is Viewer.COOT:
        told = told_where(sources[COOT_FILE], listeners=listeners_folder(), program=own_program())
        return [Copy(folder / COOT_FILE, {COOT_FILE: told}) for folder in coot_folders()]
    package = f"{PYMOL_FOLDER}/"
    texts = {
        name.removeprefix(package): text
        for name, text in sources.items()
        if name.startswith(package)
    }
    texts["__init__.py"] = told_where(texts["__init__.py"], program=own_program())
    return [Copy(pymol_startup() / PYMOL_FOLDER, texts)]


def coot_folders() -> list[Path]:
    """Where Coot looks for start-up scripts: 1.x, then 0.9. A file in the folder of a version
    that is not installed harms nobody, and is found by one that is installed later."""
    configured = os.environ.get("XDG_CONFIG_HOME")
    modern = Path(configured) if configured else Path.home() / ".config" / "Coot"
    return [modern, Path.home() / ".coot-preferences"]


def pymol_startup() -> Path:
    """Where PyMOL looks for a user's plugins."""
    data = os.environ.get("APPDATA")
    if data:
        return Path(data) / "pymol" / "startup"
    return Path.home() / ".pymol" / "startup"


def own_program() -> Path | None:
    """The path of patterson-gui that this is, where it is one program."""
    name = "patterson-gui.exe" if sys.platform == "win32" else "patterson-gui"
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (folder / name).is_file():
            return folder / name
    found = shutil.which("patterson-gui")
    return None if found is None else Path(found)


# ---------------------------------------------------------------------- the three things
def status(viewer: Viewer) -> PluginStatus:
    """Whether the plugin is there, and whether it is that of this version."""
    there = [(copy, copy.state()) for copy in copies(viewer)]
    ours = [(copy, state) for copy, state in there if state in ("current", "outdated")]
    if not ours:
        return PluginStatus(
            False, f"The plugin is not installed in {viewer.label}.", there[0][0].place
        )
    places = listed([str(copy.place) for copy, _ in ours])
    if any(state == "outdated" for _, state in ours):
        sentence = (
            f"The plugin in {viewer.label} ({places}) is of another version of this program: "
            "install it again."
        )
        return PluginStatus(True, sentence, ours[0][0].place, outdated=True)
    return PluginStatus(True, f"The plugin is installed in {viewer.label} ({places}).",
                        ours[0][0].place)  # fmt: skip


def install(viewer: Viewer) -> PluginStatus:
    """Put the plugin in, or bring it up to date.

    Raises
    ------
    UserError
        when a file of the same name is not ours, or nothing can be written there.
    """
    wanted = copies(viewer)
    _refuse_foreign(viewer, wanted)
    for copy in wanted:
        make_folder(copy.place.parent)
        if copy.is_folder:
            _swap_in(copy)
        else:
            with replace_file(copy.place) as beside:
                beside.write_text(copy.wanted[copy.place.name], encoding="utf-8")
    places = listed([str(copy.place) for copy in wanted])
    then = {
        Viewer.COOT: "start Coot again: it has a menu Patterson then, and can be sent to",
        Viewer.PYMOL: "start PyMOL again: it has Plugin ▸ Patterson then",
    }[viewer]
    sentence = f"Installed the plugin in {viewer.label} ({places}); {then}."
    return PluginStatus(True, sentence, wanted[0].place)


def remove(viewer: Viewer) -> PluginStatus:
    """Take away what `install` put in, and nothing else.

    Raises
    ------
    UserError
        when it cannot be deleted.
    """
    wanted = copies(viewer)
    gone = []
    for copy in wanted:
        if copy.state() not in ("current", "outdated"):
            continue
        try:
            _delete(copy)
        except OSError as error:
            raise UserError(
                f"{copy.place} could not be deleted ({error.strerror}): delete it yourself."
            ) from error
        gone.append(str(copy.place))
    if not gone:
        sentence = f"The plugin was not installed in {viewer.label}: nothing was removed."
        return PluginStatus(False, sentence, wanted[0].place)
    sentence = f"Removed the plugin from {viewer.label} ({listed(gone)})."
    return PluginStatus(False, sentence, wanted[0].place)


# ---------------------------------------------------------------------- parts
def _refuse_foreign(viewer: Viewer, wanted: Sequence[Copy]) -> None:
    for copy in wanted:
        if copy.state() == "foreign":
            raise UserError(
                f"{copy.place} is there already and is not our plugin: move it away and install "
                f"the plugin in {viewer.label} again."
            )


def _swap_in(copy: Copy) -> None:
    """Write the folder beside, then put it in the place of the old one."""
    beside = copy.place.with_name(f".{secrets.token_hex(4)}")
    old = copy.place.with_name(f".{secrets.token_hex(4)}")
    try:
        beside.mkdir()
        for name, text in copy.wanted.items():
            (beside / name).write_text(text, encoding="utf-8")
        if copy.place.exists():
            copy.place.rename(old)
        beside.rename(copy.place)
    except OSError as error:
        if old.exists() and not copy.place.exists():
            old.rename(copy.place)
        raise UserError(
            f"{copy.place} could not be written ({error.strerror}): check the folder's permissions."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _delete(copy: Copy) -> None:
    if not copy.is_folder:
        copy.place.unlink()
        return
    for name in copy.wanted:
        (copy.place / name).unlink(missing_ok=True)
    shutil.rmtree(copy.place / "__pycache__", ignore_errors=True)
    if not any(copy.place.iterdir()):  # what the user put beside stays
        copy.place.rmdir()


def _begins_like_ours(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(64)
    except OSError:
        return False
    return any(head.startswith(mark) for mark in _MARKS.values())


def _member(copy: Copy, name: str) -> Path:
    return copy.place / name if copy.is_folder else copy.place


def _digest(path: Path) -> str:
    try:
        return _hash(path.read_bytes())
    except OSError:
        return ""


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
