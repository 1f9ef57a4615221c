"""Our bundle in ChimeraX, which installs it itself: it is started without a window for that."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from patterson_gui import __version__
from patterson_gui.bridges.assemble_plugins import write_plugin
from patterson_gui.bridges.chimerax.program import find_program
from patterson_gui.bridges.coot.program import told_where
from patterson_gui.bridges.local_programs import environment
from patterson_gui.bridges.plugins.plugin_files import own_program
from patterson_gui.errors import UserError
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewer_scene import PluginStatus

NAME = "ChimeraX-PattersonGui"
PATIENCE = 300.0  # seconds; the first start of a new ChimeraX takes a minute
# A line of `toolshed list`, which leaves ChimeraX's own name out.
_LISTED = re.compile(r"^\s*(?:ChimeraX-)?PattersonGui \(([^)]+)\)", re.MULTILINE)


def status(program: Path | None = None) -> PluginStatus:
    """Whether ChimeraX says that the bundle is in it.

    Raises
    ------
    UserError
        where there is no ChimeraX, or it does not answer.
    """
    command = _command(program)
    version = _installed_version(command)
    place = Path(command[0])
    if version is None:
        return PluginStatus(False, f"The plugin is not installed in ChimeraX ({place}).", place)
    if version != __version__:
        sentence = (
            f"The plugin in ChimeraX ({place}) is of version {version}, and this program of "
            f"{__version__}: install it again."
        )
        return PluginStatus(True, sentence, place, outdated=True)
    return PluginStatus(True, f"The plugin is installed in ChimeraX ({place}).", place)


def install(program: Path | None = None) -> PluginStatus:
    """Have ChimeraX build and install the bundle, for this user.

    Raises
    ------
    UserError
        where there is no ChimeraX, or it says that it could not.
    """
    command = _command(program)
    # ChimeraX builds in the folder of the sources, so it gets a folder of its own.
    source = Path(tempfile.mkdtemp(prefix="patterson_gui-chimerax-"))
    write_plugin(plugins_folder(), "chimerax", source)
    commands = source / "src" / "cmd.py"
    told = told_where(commands.read_text(encoding="utf-8"), program=own_program())
    commands.write_text(told, encoding="utf-8")
    said = _run(command, f'devel install "{source.as_posix()}" exit true', "install the plugin")
    if _installed_version(command) != __version__:
        # The folder stays, so that the user can try.
        raise UserError(
            f"ChimeraX ({command[0]}) did not install the plugin ({_last_line(said)}): start it "
            f"and type 'devel install \"{source.as_posix()}\"' to see why."
        )
    shutil.rmtree(source, ignore_errors=True)
    sentence = (
        f"Installed the plugin in ChimeraX ({command[0]}); start ChimeraX again: it opens .pgz "
        "files then, and has a menu Patterson."
    )
    return PluginStatus(True, sentence, Path(command[0]))


def remove(program: Path | None = None) -> PluginStatus:
    """Have ChimeraX uninstall the bundle.

    Raises
    ------
    UserError
        where there is no ChimeraX, or it says that it could not.
    """
    command = _command(program)
    place = Path(command[0])
    if _installed_version(command) is None:
        sentence = f"The plugin was not installed in ChimeraX ({place}): nothing was removed."
        return PluginStatus(False, sentence, place)
    said = _run(command, f"toolshed uninstall {NAME}", "remove the plugin")
    if _installed_version(command) is not None:
        raise UserError(
            f"ChimeraX ({place}) did not remove the plugin ({_last_line(said)}): start it and "
            f"type 'toolshed uninstall {NAME}'."
        )
    return PluginStatus(False, f"Removed the plugin from ChimeraX ({place}).", place)


def _command(program: Path | None) -> list[str]:
    command = [str(program)] if program is not None else find_program()
    if command is None:
        raise UserError(
            "No ChimeraX was found on this computer, and only ChimeraX can install its plugin: set "
            "CHIMERAX to the path of the program."
        )
    return command


def _installed_version(command: list[str]) -> str | None:
    found = _LISTED.search(_run(command, "toolshed list", "say what is installed"))
    return None if found is None else found.group(1)


def _run(command: list[str], what: str, purpose: str) -> str:
    """What ChimeraX prints while it carries out one command without a window."""
    words = [*command, "--nogui", "--exit", "--cmd", what]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=PATIENCE, env=environment(), check=False,
        )  # fmt: skip
    except OSError as error:
        raise UserError(
            f"{command[0]} could not be started ({error.strerror}): check its path."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"ChimeraX ({command[0]}) did not {purpose} within {PATIENCE:.0f} s: start it by hand "
            "and see what holds it."
        ) from error
    said = done.stdout.decode("utf-8", errors="replace")
    if done.returncode != 0:
        raise UserError(
            f"ChimeraX ({command[0]}) could not {purpose} ({_last_line(said)}): start it and see "
            "whether it runs at all."
        )
    return said


def _last_line(said: str) -> str:
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it gave no reason"
