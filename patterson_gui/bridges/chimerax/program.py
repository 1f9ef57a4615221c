"""Find ChimeraX on this computer, start it, and wait until it answers."""

import subprocess
from collections.abc import Callable

from patterson_gui.bridges.chimerax.rest import Rest
from patterson_gui.bridges.local_programs import Listener, SearchPlaces, find, start, wait_until

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
FLATPAK = "edu.ucsf.rbvi.ChimeraX"


def find_program() -> list[str] | None:
    """Return the command that starts ChimeraX, or None where it is not installed."""
    return find(SearchPlaces("CHIMERAX", ("ChimeraX", "chimerax"), PLACES, FLATPAK))


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
    return start([*command, "--cmd", listen_command(port)])


def wait_until_ready(
    process: "subprocess.Popen[bytes]",
    rest: Rest,
    patience: float,
    cancelled: Callable[[], bool],
) -> None:
    """Wait until the ChimeraX just launched answers.

    Raises
    ------
    StartFailedError
        when it ends at once or does not answer within `patience` seconds.
    """
    wait_until(
        process,
        "ChimeraX",
        lambda: rest if rest.probe() is Listener.WANTED else None,
        patience,
        f"did not answer on port {rest.port}",
        cancelled,
    )
