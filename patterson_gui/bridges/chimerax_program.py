"""ChimeraX as a program on this computer: where it is, and how it is started."""

import glob
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

from patterson_gui.bridges.chimerax_rest import Listener, Rest

FLATPAK = "edu.ucsf.rbvi.ChimeraX"
PLACES = {
    "linux": (
        "/usr/bin/chimerax",
        "/usr/bin/ChimeraX",
        "/usr/lib/ucsf-chimerax*/bin/ChimeraX",
        "/opt/UCSF/ChimeraX*/bin/ChimeraX",
    ),
    "darwin": ("/Applications/ChimeraX*.app/Contents/bin/ChimeraX",),
    "win32": (r"C:\Program Files\ChimeraX*\bin\ChimeraX.exe",),
}

# Ours would lead ChimeraX's own Python and Qt to the wrong libraries.
_OUR_ENVIRONMENT = (
    "PYTHONHOME",
    "PYTHONPATH",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "LD_PRELOAD",
)


class StartFailedError(Exception):
    """ChimeraX was found but could not be started; says why."""


def find_program() -> list[str] | None:
    """Return the command that starts ChimeraX, or None where it is not installed.

    `$CHIMERAX` comes first, then the search path, then the usual places (newest version
    first), then flatpak.
    """
    for candidate in _candidates():
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return [candidate]
    if flatpak := shutil.which("flatpak"):
        asked = subprocess.run(
            [flatpak, "info", FLATPAK], capture_output=True, timeout=10, check=False
        )
        if asked.returncode == 0:
            return [flatpak, "run", FLATPAK]
    return None


def _candidates() -> Iterator[str]:
    if named := os.environ.get("CHIMERAX"):
        yield named
    for name in ("ChimeraX", "chimerax"):
        if found := shutil.which(name):
            yield found
    for pattern in PLACES.get(sys.platform, PLACES["linux"]):
        yield from sorted(glob.glob(pattern), key=_version, reverse=True)


def _version(path: str) -> list[int]:
    """Read the numbers in a path, so that 1.10 comes after 1.9."""
    return [int(number) for number in re.findall(r"\d+", path)]


def listen_command(port: int) -> str:
    """Return the ChimeraX command that switches its remote control on."""
    # Neither `log` nor `cors`: versions that do not know them refuse the whole command.
    return f"remotecontrol rest start port {port} json true"


def launch(command: list[str], port: int) -> "subprocess.Popen[bytes]":
    """Start ChimeraX and have it listen on `port`; it is not yet ready then.

    Raises
    ------
    StartFailedError
        when the system refuses.
    """
    environment = {k: v for k, v in os.environ.items() if k not in _OUR_ENVIRONMENT}
    try:
        return subprocess.Popen(
            [*command, "--cmd", listen_command(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # it outlives us, and Ctrl+C here is not meant for it
        )
    except OSError as error:
        raise StartFailedError(f"{command[0]} could not be started ({error.strerror})") from error


def wait_until_ready(process: "subprocess.Popen[bytes]", rest: Rest, patience: float) -> None:
    """Wait until the ChimeraX just launched answers.

    Raises
    ------
    StartFailedError
        when it ends at once or does not answer within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        # A launcher may itself end well while the program it started goes on.
        if process.poll() not in (None, 0):
            raise StartFailedError(f"ChimeraX ended at once (exit code {process.returncode})")
        if rest.probe() is Listener.CHIMERAX:
            return
        # It announces its port on its standard output alone; a pipe of ours there would break
        # under it when we end and it stays. So it is asked, a few times a second.
        time.sleep(0.25)  # nothing could wake us
    raise StartFailedError(
        f"ChimeraX was started, but did not answer on port {rest.port} within {patience:.0f} s"
    )
