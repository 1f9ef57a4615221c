"""Send maps and models to ChimeraX, and fetch what is open there.

The bridge uses a ChimeraX that runs with its remote control on, or starts one with it on.

The remote control has no password: any program of this computer, also a web page in a browser, can
give commands through it. So it is used only when the user asks, and one that was switched on from
here is switched off when our program ends (ChimeraX itself stays).
"""

import atexit
import contextlib
from collections.abc import Sequence
from pathlib import Path

from patterson_gui.bridges.base import ProgramBridge, open_port_remark
from patterson_gui.bridges.chimerax.commands import (
    CELL_FILE,
    cell_outline,
    is_safe_path,
    script_lines,
)
from patterson_gui.bridges.chimerax.fetching import fetch_open
from patterson_gui.bridges.chimerax.plugin import ChimeraXPlugin
from patterson_gui.bridges.chimerax.program import (
    find_program,
    launch,
    listen_command,
    wait_until_ready,
)
from patterson_gui.bridges.chimerax.rest import Rest
from patterson_gui.bridges.chimerax.scene import SentScene
from patterson_gui.bridges.local_programs import (
    ConnectionLostError,
    Listener,
    NoAnswerError,
    free_port,
)
from patterson_gui.bridges.scene_files import checked_scene, staging_folder
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.viewers.scene import Fetched, Viewer, ViewerItem, ViewerOptions, ViewerScene


class ChimeraX(ProgramBridge[Rest]):
    """The bridge to ChimeraX; parameters as in `ProgramBridge`."""

    viewer = Viewer.CHIMERAX
    plugin = ChimeraXPlugin()
    # A ChimeraX started from here listens on the first one that is free; the others are those that
    # ChimeraX's documentation and plugins use.
    default_ports = (8765, 8080, 8081, 8082, 8083, 7955, 9000, 3000)
    script = "chimerax.cxc"
    how_to_run = "open {} in ChimeraX"
    variable = "CHIMERAX"

    def __init__(self, *, timeout: float = 60.0, patience: float = 90.0) -> None:
        super().__init__(timeout=timeout, patience=patience)
        self._keep = False  # what was started goes on listening when we end
        self._sent: dict[int, SentScene] = {}  # by port
        self._outline: Path | None = None  # the unit cell of what is sent, as a file

    def close(self) -> None:
        """Switch off the remote control that we switched on; ChimeraX itself stays."""
        if self.launched_port is None or self.launched is None or self._keep:
            return
        with contextlib.suppress(NoAnswerError, ConnectionLostError):  # closed before us
            Rest(self.launched_port, timeout=2.0).run("remotecontrol rest stop quiet true")
        self.launched_port = None

    def _connect(self, port: int) -> Rest:
        return Rest(port, self.timeout)

    def _probe(self, port: int) -> Listener:
        return Rest(port).probe()

    def _find_program(self) -> list[str] | None:
        return find_program()

    def _how_to_connect(self, ports: Sequence[int]) -> str:
        return f"type '{listen_command(ports[0])}' in a running ChimeraX and try again"

    def _if_not_found(self, ports: Sequence[int]) -> str:
        return f"{super()._if_not_found(ports)}, or {self._how_to_connect(ports)}"

    def _launch(self, command: list[str], options: ViewerOptions, ports: Sequence[int]) -> Rest:
        rest = self._connect(free_port(ports))
        self._forget(rest.port)
        self.launched = launch(command, rest.port)
        self.launched_port = rest.port
        self._keep = options.keep
        if not options.keep:
            atexit.register(self.close)
        wait_until_ready(self.launched, rest, self.patience, options.cancelled)
        return rest

    def _forget(self, port: int) -> None:
        super()._forget(port)
        self._sent.pop(port, None)

    def _checked(self, scene: ViewerScene, folder: Path) -> ViewerScene:
        scene = checked_scene(scene, is_safe_path)
        self._outline = _outline(scene, folder)
        return scene

    def _show(self, running: Rest, scene: ViewerScene) -> tuple[list[str], list[str]]:
        sent = self._sent.setdefault(running.port, SentScene())
        shown, complaints = sent.show(running, scene, self._outline)
        return shown, [f"it {complaint}" for complaint in complaints]

    def _restyle(self, running: Rest, items: Sequence[ViewerItem]) -> str | None:
        return self._sent[running.port].restyle(running, items)

    def _save_open(self, running: Rest, folder: Path) -> Fetched:
        return fetch_open(running, folder)

    def _script_text(self, scene: ViewerScene, folder: Path) -> str:
        return "\n".join(script_lines(scene, folder, self._outline)) + "\n"

    def _remark(self, running: Rest, options: ViewerOptions) -> str:
        if running.port != self.launched_port:
            return ""
        return open_port_remark("ChimeraX is closed" if options.keep else "patterson_gui ends")


def _outline(scene: ViewerScene, folder: Path) -> Path | None:
    """Write the unit cell as a file that ChimeraX draws, where it can open it."""
    if scene.cell is None:
        return None
    place = folder.resolve()
    if not is_safe_path(place):
        place = staging_folder(is_safe_path)
    make_folder(place)
    path = place / CELL_FILE
    with replace_file(path) as beside:
        beside.write_text(cell_outline(scene.cell), encoding="utf-8")
    return path
