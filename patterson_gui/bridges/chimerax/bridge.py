"""Send maps and models to ChimeraX, as they stand on our screen, and fetch what is open there.

A ChimeraX that is running with its remote control on is used; otherwise one is started with
it on; where neither works a script is written that does the same when it is opened there.

The remote control has no password: any program of this computer, a web page in a browser
too, can give commands through it. So it is only ever used when the user asks, and one that
was opened by us is closed when our program ends (ChimeraX itself stays).
"""

import atexit
import contextlib
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from patterson_gui.bridges.base import (
    UnreachableError,
    leave_script,
    listed,
    ready,
    staging_folder,
)
from patterson_gui.bridges.chimerax.commands import (
    CELL_FILE,
    cell_outline,
    outline_item,
    sayable,
    script_lines,
)
from patterson_gui.bridges.chimerax.fetching import fetch_open
from patterson_gui.bridges.chimerax.program import (
    find_program,
    launch,
    listen_command,
    wait_until_ready,
)
from patterson_gui.bridges.chimerax.rest import OddReplyError, Rest
from patterson_gui.bridges.chimerax.scene import SentScene
from patterson_gui.bridges.local_programs import (
    ConnectionLostError,
    Listener,
    NoAnswerError,
    StartFailedError,
    free_port,
)
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.viewer_scene import (
    Fetched,
    SendReport,
    ViewerItem,
    ViewerOptions,
    ViewerScene,
)

# The first that is free is the one a ChimeraX of ours listens on; the others are those that
# ChimeraX's documentation and plugins use.
DEFAULT_PORTS = (8765, 8080, 8081, 8082, 8083, 7955, 9000, 3000)
SCRIPT = "chimerax.cxc"


class ChimeraX:
    """What this program has to do with ChimeraX, a `Bridge`: what it opened there, and what it
    started.

    Parameters
    ----------
    timeout : seconds for one command; opening a large map may take long.
    patience : seconds for ChimeraX to start.
    """

    def __init__(self, *, timeout: float = 60.0, patience: float = 90.0) -> None:
        self.timeout = timeout
        self.patience = patience
        self.launched: subprocess.Popen[bytes] | None = None
        self.launched_port: int | None = None
        self._keep = False  # what was started goes on listening when we end
        self._sent: dict[int, SentScene] = {}  # by port
        self._last: int | None = None  # the port that was sent to last
        self._lock = threading.Lock()

    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        """Show `scene` in ChimeraX, in place of what was sent there before; see `Bridge`."""
        scene = ready(scene, sayable)
        outline = _outline(scene, folder)
        with self._lock:
            try:
                rest = self._reach(options)
                shown, complaints = self._show(rest, scene, outline)
            except UnreachableError as why:
                text = "\n".join(script_lines(scene, folder, outline)) + "\n"
                return leave_script(folder / SCRIPT, text, why, "open {} in ChimeraX")
        sentence = f"Sent {listed(shown)} to ChimeraX (port {rest.port})"
        if complaints:
            sentence += f", but it {complaints[0]}"
        elif rest.port == self.launched_port:
            until = "ChimeraX is closed" if options.keep else "patterson_gui ends"
            sentence += (
                f"; until {until} it takes commands on that port from any program of this computer"
            )
        return SendReport(sentence + ".", sent=True)

    def follow(self, items: Sequence[ViewerItem]) -> str | None:
        """Have what was sent last look as `items` say; see `Bridge`."""
        with self._lock:
            sent = None if self._last is None else self._sent.get(self._last)
            if sent is None or self._last is None:
                return "Nothing was sent to ChimeraX yet, so nothing follows there: send first."
            try:
                return sent.restyle(Rest(self._last, self.timeout), items)
            except NoAnswerError:
                return (
                    f"ChimeraX on port {self._last} is busy: it will not follow until it is free."
                )
            except ConnectionLostError as error:
                return f"ChimeraX on port {self._last} {_said(error)}: send again to go on."

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        """Have a running ChimeraX write the model and the map that are open; see `Bridge`."""
        with self._lock:
            try:
                rest = self._reach(replace(options, launch=False))
                return fetch_open(rest, folder)
            except UnreachableError as why:
                remedy = f": {why.remedy}" if why.remedy else ""
                raise UserError(f"{why.reason}{remedy}.") from why
            except NoAnswerError as error:
                raise UserError(
                    "ChimeraX did not answer while it was asked for what is open: "
                    "try again when it is free."
                ) from error
            except ConnectionLostError as error:
                raise UserError(
                    f"ChimeraX {_said(error)} while it was asked for what is open: "
                    "start it and try again."
                ) from error

    def close(self) -> None:
        """Switch off the remote control we switched on; ChimeraX itself stays."""
        if self.launched_port is None or self.launched is None or self._keep:
            return
        with contextlib.suppress(NoAnswerError, ConnectionLostError):  # closed before us
            Rest(self.launched_port, timeout=2.0).run("remotecontrol rest stop quiet true")
        self.launched_port = None

    def _reach(self, options: ViewerOptions) -> Rest:
        """Find a ChimeraX that listens, or start one."""
        ports = options.ports or DEFAULT_PORTS
        if self.launched_port is not None:
            ports = (self.launched_port, *(p for p in ports if p != self.launched_port))
        with ThreadPoolExecutor(max_workers=len(ports)) as pool:
            listeners = list(pool.map(lambda port: Rest(port).probe(), ports))
        for port, listener in zip(ports, listeners, strict=True):
            if listener is Listener.OURS:
                return Rest(port, self.timeout)
            if listener is Listener.SILENT and port in self._sent:
                raise UnreachableError(
                    f"ChimeraX on port {port} is busy and does not answer",
                    "try again when it is free",
                )
        silent = [
            f" (a program on port {port} does not answer)"
            for port, listener in zip(ports, listeners, strict=True)
            if listener is Listener.SILENT
        ]
        aside = silent[0] if silent else ""
        by_hand = f"type '{listen_command(ports[0])}' in a running ChimeraX and try again"
        if not options.launch:
            raise UnreachableError(f"No running ChimeraX takes commands{aside}", by_hand)
        command = [str(options.program)] if options.program is not None else find_program()
        if command is None:
            raise UnreachableError(
                f"No ChimeraX was found on this computer{aside}",
                f"set CHIMERAX to the path of the program, or {by_hand}",
            )
        if self.launched is not None and self.launched.poll() is None:
            raise UnreachableError(
                f"The ChimeraX that was started from here takes no commands{aside}", by_hand
            )
        return self._start(command, ports, options)

    def _start(self, command: list[str], ports: tuple[int, ...], options: ViewerOptions) -> Rest:
        rest = Rest(free_port(ports), self.timeout)
        self._sent.pop(rest.port, None)
        try:
            self.launched = launch(command, rest.port)
            self.launched_port = rest.port
            self._keep = options.keep
            if not options.keep:
                atexit.register(self.close)
            wait_until_ready(self.launched, rest, self.patience, options.cancelled)
        except StartFailedError as error:
            raise UnreachableError(str(error)) from error
        return rest

    def _show(
        self, rest: Rest, scene: ViewerScene, outline: Path | None
    ) -> tuple[list[str], list[str]]:
        """The names of what is shown now, and what ChimeraX would not do."""
        port = rest.port
        sent = self._sent.setdefault(port, SentScene())
        try:
            shown, complaints = sent.show(rest, scene, outline)
        except NoAnswerError as error:
            raise UnreachableError(
                f"ChimeraX on port {port} did not answer within {rest.timeout:g} s",
                "send again when it is free",
            ) from error
        except ConnectionLostError as error:
            raise UnreachableError(
                f"ChimeraX on port {port} {_said(error)} while it was sent to",
                "start it and send again",
            ) from error
        if not shown:
            raise UnreachableError(f"ChimeraX on port {port} {complaints[0]}")
        self._last = port
        return shown, complaints


def _said(error: ConnectionLostError) -> str:
    """What became of the link, for a sentence."""
    odd = isinstance(error, OddReplyError)
    return "gave an answer that makes no sense" if odd else "went away"


def _outline(scene: ViewerScene, folder: Path) -> Path | None:
    """The unit cell as a file that ChimeraX draws, in a place that can be said."""
    if scene.cell is None:
        return None
    place = folder.resolve()
    if not sayable(place):
        place = staging_folder(sayable)
    make_folder(place)
    path = place / CELL_FILE
    with replace_file(path) as beside:
        beside.write_text(cell_outline(scene.cell), encoding="utf-8")
    return outline_item(path).path
