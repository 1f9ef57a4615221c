"""Find Coot on this computer, start it with our plugin, and list those that listen."""

import contextlib
import json
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.bridges.coot.plugin import FLATPAK, plugin_text
from patterson_gui.bridges.local_programs import SearchPlaces, find, start, wait_until
from patterson_gui.bridges.plugin_base import fill_in_paths
from patterson_gui.bridges.scene_files import is_safe_path, staging_folder
from patterson_gui.io.files import make_folder, replace_file

PLACES = {
    "linux": (
        "$CCP4/bin/coot",
        "/usr/bin/coot",
        "/usr/local/bin/coot",
        "/opt/coot*/bin/coot",
        "/opt/xtal/coot*/bin/coot",
        "/opt/xtal/ccp4*/bin/coot",
        "/opt/ccp4*/bin/coot",
        "~/coot*/bin/coot",
    ),
    "darwin": (
        "$CCP4/bin/coot",
        "/opt/homebrew/bin/coot",
        "/usr/local/bin/coot",
        "/Applications/ccp4*/bin/coot",
        "/Applications/coot*.app/Contents/MacOS/coot",
    ),
    "win32": (r"C:\WinCoot*\wincoot.bat", r"C:\CCP4*\*\WinCoot\wincoot.bat"),
}
_BOOT = "patterson_gui-boot.py"


@dataclass(frozen=True)
class Announced:
    """A Coot with our plugin: the port it listens on, and the token that requests need."""

    file: Path
    port: int
    token: str
    host: str

    @property
    def on_this_computer(self) -> bool:
        """Whether it runs on this computer; several computers may share a home folder."""
        return self.host == socket.gethostname()

    def forget(self) -> None:
        """Delete the announcement, because nobody answers. That of another computer stays."""
        if self.on_this_computer:
            with contextlib.suppress(OSError):
                self.file.unlink()


def find_program() -> list[str] | None:
    """Return the command that starts Coot, or None where it is not installed."""
    here = {
        system: [os.path.expandvars(p) for p in patterns] for system, patterns in PLACES.items()
    }
    return find(SearchPlaces("COOT", ("coot",), here, FLATPAK))


def announced(folder: Path) -> list[Announced]:
    """The Coots that announce in `folder` that they listen, newest first.

    Only files of this user that nobody else can read count. Process numbers are not checked,
    because a flatpak has its own.
    """
    found = [_read(file) for file in sorted(folder.glob("coot-*.json"), key=_age)]
    return [one for one in found if one is not None]


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime
    except OSError:
        return 0.0


def _read(file: Path) -> Announced | None:
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > 4096:
            return None
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o077):
            return None
        content = json.loads(file.read_text(encoding="utf-8"))
        return Announced(file, int(content["port"]), str(content["token"]), str(content["host"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def launch(
    command: list[str], listeners: Path, program: Path | None = None
) -> "subprocess.Popen[bytes]":
    """Start Coot with our plugin, which announces itself in `listeners`.

    `program` is the patterson-gui that the plugin predicts with.

    Raises
    ------
    StartFailedError
        when the system refuses.
    UserError
        when the start-up script cannot be written.
    """
    if not listeners.exists():
        make_folder(listeners)
        listeners.chmod(0o700)  # because tokens are written there
    boot = listeners / _BOOT
    if not is_safe_path(boot):  # Coot 0.9 puts the path into a command
        boot = staging_folder() / _BOOT
    text = fill_in_paths(plugin_text(), listeners=listeners, program=program)
    with replace_file(boot) as beside:
        beside.write_text(text, encoding="utf-8")
    return start([*command, "--script", str(boot)])


def wait_until_ready(
    process: "subprocess.Popen[bytes]",
    listeners: Path,
    known: Collection[str],
    patience: float,
    cancelled: Callable[[], bool],
) -> Announced:
    """Wait until a Coot with none of the `known` tokens announces itself.

    Raises
    ------
    StartFailedError
        when it ends at once or says nothing within `patience` seconds.
    """
    return wait_until(
        process,
        "Coot",
        lambda: next(
            (
                one
                for one in announced(listeners)
                if one.on_this_computer and one.token not in known
            ),
            None,
        ),
        patience,
        "did not listen",
        cancelled,
    )
