"""Our bundle in ChimeraX, which ChimeraX builds and installs itself: it is started without a
window for that."""

import re
import shutil
import subprocess
from pathlib import Path

from patterson_gui import __version__
from patterson_gui.bridges.assemble_plugins import write_plugin
from patterson_gui.bridges.chimerax.program import find_program
from patterson_gui.bridges.local_programs import environment
from patterson_gui.bridges.plugin_base import (
    Presence,
    ProgramPlugin,
    fill_in_paths,
    own_program,
)
from patterson_gui.errors import UserError
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.temporary_files import folder_for_other_programs
from patterson_gui.io.viewers.scene import Viewer

NAME = "ChimeraX-PattersonGui"
TIMEOUT = 300.0  # seconds; the first start of a new ChimeraX takes a minute
# A line of `toolshed list`, which leaves ChimeraX's own name out.
_LISTED = re.compile(r"^\s*(?:ChimeraX-)?PattersonGui \(([^)]+)\)", re.MULTILINE)


class ChimeraXPlugin(ProgramPlugin):
    """The bundle ChimeraX-PattersonGui, installed for this user."""

    viewer = Viewer.CHIMERAX
    offers = "it then opens .pgz files and has a menu Patterson"

    def _look(self, program: Path | None) -> Presence:
        command = _command(program)
        return _presence(command, _installed_version(command))

    def _put(self, program: Path | None) -> Presence:
        command = _command(program)
        # ChimeraX builds in the folder of the sources, so it gets a folder of its own.
        source = folder_for_other_programs()
        write_plugin(plugins_folder(), "chimerax", source)
        commands = source / "src" / "cmd.py"
        text = fill_in_paths(commands.read_text(encoding="utf-8"), program=own_program())
        commands.write_text(text, encoding="utf-8")
        install = f'devel install "{source.as_posix()}"'
        try:
            output = _run(command, f"{install} exit true", "install the plugin")
            version = _installed_version(command)
        except UserError:
            shutil.rmtree(source, ignore_errors=True)
            raise
        if version != __version__:
            # The folder stays, so that the user can try.
            raise UserError(
                f"ChimeraX ({command[0]}) did not install the plugin ({_last_line(output)}): start "
                f"it and type '{install}' to see why."
            )
        shutil.rmtree(source, ignore_errors=True)
        return _presence(command, version)

    def _delete(self, program: Path | None) -> None:
        command = _command(program)
        output = _run(command, f"toolshed uninstall {NAME}", "remove the plugin")
        if _installed_version(command) is not None:
            raise UserError(
                f"ChimeraX ({command[0]}) did not remove the plugin ({_last_line(output)}): start "
                f"it and type 'toolshed uninstall {NAME}'."
            )


def _presence(command: list[str], version: str | None) -> Presence:
    return Presence(
        Path(command[0]),
        f"ChimeraX ({command[0]})",
        installed=version is not None,
        outdated=version not in (None, __version__),
        version=version,
    )


def _command(program: Path | None) -> list[str]:
    command = [str(program)] if program is not None else find_program()
    if command is None:
        raise UserError(
            "No ChimeraX was found on this computer, and only ChimeraX can install its plugin: set "
            "CHIMERAX to the path of the program."
        )
    return command


def _installed_version(command: list[str]) -> str | None:
    found = _LISTED.search(_run(command, "toolshed list", "list its plugins"))
    return None if found is None else found.group(1)


def _run(command: list[str], instruction: str, purpose: str) -> str:
    """What ChimeraX prints while it carries out one command without a window."""
    words = [*command, "--nogui", "--exit", "--cmd", instruction]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=TIMEOUT, env=environment(), check=False,
        )  # fmt: skip
    except OSError as error:
        raise UserError(
            f"{command[0]} could not be started ({error.strerror}): check its path."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"ChimeraX ({command[0]}) did not {purpose} within {TIMEOUT:.0f} s: start it yourself "
            "and see why."
        ) from error
    output = done.stdout.decode("utf-8", errors="replace")
    if done.returncode != 0:
        raise UserError(
            f"ChimeraX ({command[0]}) could not {purpose} ({_last_line(output)}): start it "
            "yourself and see whether it runs."
        )
    return output


def _last_line(output: str) -> str:
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it gave no reason"
