"""Send maps and models to Coot, and fetch what is open there.

The bridge finds a running Coot by what our plugin in it announces, or by Coot's own remote control
(`coot --port 9090`). Otherwise it starts one with our plugin in it, which listens with a token.
"""

import atexit
import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.bridges.base import ProgramBridge, UnreachableError
from patterson_gui.bridges.coot.frames import START, STATE
from patterson_gui.bridges.coot.frames import Coot as RunningCoot
from patterson_gui.bridges.coot.plugin import CootPlugin, plugin_text
from patterson_gui.bridges.coot.program import (
    Announced,
    announced,
    find_program,
    launch,
    wait_until_ready,
)
from patterson_gui.bridges.local_programs import (
    ConnectionLostError,
    Listener,
    NoAnswerError,
    RefusedError,
)
from patterson_gui.bridges.plugin_base import own_program
from patterson_gui.bridges.scene_files import fetched_from, moved_into, new_folder
from patterson_gui.io.places import listeners_folder
from patterson_gui.io.viewers.scene import Fetched, Viewer, ViewerItem, ViewerOptions, ViewerScene

_FIRST_ANSWER = 20.0  # seconds: Coot looks for requests once a second, and may be refining


class Coot(ProgramBridge[RunningCoot]):
    """The bridge to Coot.

    Parameters
    ----------
    timeout, patience : as in `ProgramBridge`; Coot looks for requests once a second.
    listeners : the folder where a running Coot announces itself; None means the usual one.
    """

    viewer = Viewer.COOT
    plugin = CootPlugin()
    default_ports = (9090,)  # that Coot's own remote control uses unless told otherwise
    script = "show_in_coot.py"
    how_to_run = "run {} in Coot (Calculate ▸ Run Script)"
    variable = "COOT"

    def __init__(
        self, *, timeout: float = 60.0, patience: float = 90.0, listeners: Path | None = None
    ) -> None:
        super().__init__(timeout=timeout, patience=patience)
        self._started: RunningCoot | None = None
        self._listeners = listeners

    @property
    def listeners(self) -> Path:
        """The folder where a running Coot with our plugin announces itself."""
        return self._listeners or listeners_folder()

    def close(self) -> None:
        """Have the Coot that we started stop listening; Coot itself stays."""
        if self._started is None:
            return
        with contextlib.suppress(NoAnswerError, ConnectionLostError, RefusedError):
            replace(self._started, timeout=3.0).ask("patterson.stop", {})
        self._started = None

    def _connect(self, port: int) -> RunningCoot:
        return RunningCoot(port, None, self.timeout)

    def _probe(self, port: int) -> Listener:
        try:
            found = replace(self._connect(port), timeout=self._first_timeout).is_coot()
        except NoAnswerError:
            return Listener.SILENT
        except ConnectionLostError:
            return Listener.NOTHING
        return Listener.WANTED if found else Listener.OTHER

    @property
    def _first_timeout(self) -> float:
        return min(_FIRST_ANSWER, self.timeout)

    def _find_program(self) -> list[str] | None:
        return find_program()

    def _how_to_connect(self, ports: Sequence[int]) -> str:
        return (
            "install the plugin ('patterson-gui plugins install coot') and start Coot again, or "
            "start it with 'coot --port 9090' (1.1.20 or later)"
        )

    def _running(self, options: ViewerOptions) -> tuple[RunningCoot | None, list[int]]:
        """Those that are announced come before the ports, where Coot's own remote control may
        answer though our plugin does not."""
        silent = []
        # The one that was sent to last comes first, then the one that was started last.
        for one in sorted(announced(self.listeners), key=lambda one: not self._is_last(one)):
            if options.no_other_ports and one.port not in options.ports:
                continue
            coot = RunningCoot(one.port, one.token, self.timeout)
            try:
                replace(coot, timeout=self._first_timeout).ask("patterson.ping", {})
                return coot, []
            except NoAnswerError:
                if self._is_last(one):
                    raise self._busy(one.port) from None
                silent.append(one.port)
            except (ConnectionLostError, RefusedError):  # closed, or another program has the port
                one.forget()
        busy = silent
        running, silent = super()._running(options)
        if running is None and busy:
            raise self._busy(busy[0])
        if silent and not options.launch:
            raise UnreachableError(
                f"A program on port {silent[0]} does not answer: if it is Coot, it is busy or "
                "another program uses it",
                "try again when it is free",
            )
        return running, silent

    def _is_last(self, one: Announced) -> bool:
        return self._last is not None and self._last.token == one.token

    def _busy(self, port: int) -> UnreachableError:
        return UnreachableError(
            f"Coot on port {port} does not answer: it is busy or another program uses it",
            "try again when it is free",
        )

    def _launch(
        self, command: list[str], options: ViewerOptions, ports: Sequence[int]
    ) -> RunningCoot:
        known = {one.token for one in announced(self.listeners)}
        self.launched = launch(command, self.listeners, own_program())
        if not options.keep:
            atexit.register(self.close)
        one = wait_until_ready(
            self.launched, self.listeners, known, self.patience, options.cancelled
        )
        self._forget(one.port)
        self._started = RunningCoot(one.port, one.token, self.timeout)
        return self._started

    def _show(self, running: RunningCoot, scene: ViewerScene) -> tuple[list[str], list[str]]:
        answer = running.ask("patterson.show", {"scene": scene.as_plain()})
        return answer["shown"], [sentence.rstrip(".") for sentence in answer["refused"]]

    def _restyle(self, running: RunningCoot, items: Sequence[ViewerItem]) -> str | None:
        gone = running.ask("patterson.restyle", {"items": [_look(item) for item in items]})["gone"]
        return f"{gone[0]} is no longer open in Coot: send again." if gone else None

    def _save_open(self, running: RunningCoot, folder: Path) -> Fetched:
        # A folder of its own, because Coot chooses the names of the files in it.
        with new_folder(folder, "coot") as place:
            answer = running.ask("patterson.save", {"folder": str(place)})
            fetched = fetched_from(Viewer.COOT, answer, place, running.port)
            return moved_into(folder, fetched)

    def _script_text(self, scene: ViewerScene, folder: Path) -> str:
        return script_text(scene)

    def _remark(self, running: RunningCoot, options: ViewerOptions) -> str:
        if self._passed_over is None:
            return ""
        return (
            f", which was started because the program on port {self._passed_over} does not answer"
        )


def _look(item: ViewerItem) -> dict[str, Any]:
    """What of an item can change after it was sent."""
    plain = item.as_plain()
    return {key: plain[key] for key in ("key", "level", "colour", "style", "shown")}


def script_text(scene: ViewerScene) -> str:
    """A script for Coot, in Python 2.7 and 3, that shows a scene; run again it replaces it.

    It holds the plugin as text and runs it in a namespace of its own, because Coot runs scripts in
    its own namespace.
    """
    # ASCII, because Python 2 reads the file too.
    plugin = "\n".join(f"    {line!a}" for line in plugin_text().splitlines(keepends=True))
    request = json.dumps({"method": "patterson.show", "params": {"scene": scene.as_plain()}})
    return (
        "# Written by patterson_gui. Run this file in Coot.\n"
        "import sys\n\n"
        f"plugin = (\n{plugin}\n)\n"
        f"exec(compile(plugin, 'patterson_gui_coot.py', 'exec'), {START!r})\n"
        f"print(sys.modules[{STATE!r}].remote(\n    {request!a}\n))\n"
    )
