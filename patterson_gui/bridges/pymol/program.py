"""Find PyMOL on this computer, start it, and wait until it answers."""

import subprocess
from collections.abc import Callable, Collection, Sequence

from patterson_gui.bridges.local_programs import (
    HOST,
    Listener,
    SearchPlaces,
    find,
    start,
    wait_until,
)
from patterson_gui.bridges.pymol.rpc import probe

PLACES = {
    "linux": (
        "/usr/bin/pymol",
        "/usr/local/bin/pymol",
        "/opt/pymol*/pymol",
        "/opt/pymol*/bin/pymol",
        "~/pymol*/bin/pymol",
        "~/miniconda3/bin/pymol",
        "~/miniforge3/bin/pymol",
        "/snap/bin/pymol-oss.pymol",
    ),
    "darwin": (
        "/Applications/PyMOL*.app/Contents/MacOS/PyMOL",
        "/opt/homebrew/bin/pymol",
        "/usr/local/bin/pymol",
    ),
    "win32": (
        r"C:\ProgramData\pymol\PyMOLWin.exe",
        r"C:\Program Files\PyMOL\PyMOLWin.exe",
        r"C:\Program Files\Schrodinger\PyMOL*\PyMOLWin.exe",
        r"~\AppData\Local\Schrodinger\PyMOL*\PyMOLWin.exe",
    ),
}


def find_program() -> list[str] | None:
    """Return the command that starts PyMOL, or None where it is not installed."""
    return find(SearchPlaces("PYMOL", ("pymol", "PyMOL"), PLACES))


def launch(command: list[str]) -> "subprocess.Popen[bytes]":
    """Start PyMOL with its remote control on, for this computer only, and do not wait for it.

    Raises
    ------
    StartFailedError
        when the system refuses.
    """
    # PyMOL's default "localhost" may mean another address, and the user's settings may open the
    # server to the network.
    return start([*command, "-R"], {"PYMOL_RPCHOST": HOST})


def wait_until_ready(
    process: "subprocess.Popen[bytes]",
    ports: Sequence[int],
    known: Collection[int],
    patience: float,
    cancelled: Callable[[], bool],
) -> int:
    """Wait for the PyMOL that was just started; returns its port, which is none of `known`.

    Raises
    ------
    StartFailedError
        when it ends at once or does not answer within `patience` seconds.
    """
    tried = ", ".join(str(port) for port in ports)
    return wait_until(
        process,
        "PyMOL",
        lambda: next((p for p in ports if p not in known and probe(p) is Listener.WANTED), None),
        patience,
        f"did not answer on ports {tried}",
        cancelled,
    )
