"""Send maps and models to Coot, as they stand on our screen, and fetch what is open there.

A running Coot is found by what our plugin in it announces, or by its own remote control
(`coot --port 9090`). Otherwise one is started with our plugin in it, which listens with a token.
Where neither works a script is left that does the same in Coot.
"""

import atexit
import contextlib
import json
import secrets
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.bridges.base import (
    UnreachableError,
    fetched_from,
    leave_script,
    listed,
    ready,
)
from patterson_gui.bridges.coot.frames import START, STATE, RefusedError, plugin_text
from patterson_gui.bridges.coot.frames import Coot as RunningCoot
from patterson_gui.bridges.coot.program import (
    Announced,
    announced,
    find_program,
    launch,
    wait_until_ready,
)
from patterson_gui.bridges.local_programs import (
    ConnectionLostError,
    NoAnswerError,
    StartFailedError,
)
from patterson_gui.bridges.plugins.plugin_files import own_program
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.places import listeners_folder
from patterson_gui.io.viewer_scene import (
    Fetched,
    SendReport,
    Viewer,
    ViewerItem,
    ViewerOptions,
    ViewerScene,
)

DEFAULT_PORTS = (9090,)  # that Coot's own remote control uses unless told otherwise
SCRIPT = "show_in_coot.py"
_PATIENT = 20.0  # seconds for a first word: Coot looks once a second, and may be refining
_BY_HAND = (
    "install the plugin ('patterson-gui plugins install coot') and start Coot again, or start it "
    "with 'coot --port 9090' (1.1.20 or later)"
)


class Coot:
    """What this program has to do with Coot, a `Bridge`: what it started there.

    Parameters
    ----------
    timeout : seconds for one request; Coot looks once a second, and large maps take long.
    patience : seconds for Coot to start.
    listeners : the folder where a running Coot announces itself; ours when None.
    """

    def __init__(
        self, *, timeout: float = 60.0, patience: float = 90.0, listeners: Path | None = None
    ) -> None:
        self.timeout = timeout
        self.patience = patience
        self.launched: subprocess.Popen[bytes] | None = None
        self._started: RunningCoot | None = None
        self._last: RunningCoot | None = None
        # The port of what did not answer, so that one was started.
        self._passed_over: int | None = None
        self._listeners = listeners
        self._lock = threading.Lock()

    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        """Show `scene` in Coot, in place of what was sent there before; see `Bridge`."""
        scene = ready(scene)
        with self._lock:
            try:
                coot = self._reach(options)
                answer = self._ask(coot, "patterson.show", {"scene": scene.as_plain()})
                shown, refused = answer["shown"], answer["refused"]
                if not shown:
                    raise UnreachableError(f"Coot showed nothing ({refused[0]})")
            except UnreachableError as why:
                how = "in Coot (Calculate ▸ Run Script)"
                return leave_script(folder / SCRIPT, script_text(scene), why, f"run {{}} {how}")
            self._last = coot
        sentence = f"Sent {listed(shown)} to Coot (port {coot.port})"
        if refused:
            return SendReport(f"{sentence}, but {refused[0]}", sent=True)
        if self._passed_over is not None:
            sentence += (
                f", which was started because the program on port {self._passed_over} does not "
                "answer"
            )
        return SendReport(f"{sentence}.", sent=True)

    def follow(self, items: Sequence[ViewerItem]) -> str | None:
        """Have what was sent last look as `items` say; see `Bridge`."""
        with self._lock:
            if self._last is None:
                return "Nothing was sent to Coot yet, so nothing follows there: send first."
            looks = [_look(item) for item in items]
            try:
                answer = self._ask(self._last, "patterson.restyle", {"items": looks})
            except UnreachableError as why:
                return f"{why.reason}: {why.remedy or 'send again'}."
        gone = answer["gone"]
        return f"{gone[0]} is not open in Coot any more: send again." if gone else None

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        """Have a running Coot write the model and the map that are open; see `Bridge`."""
        make_folder(folder)
        # Under a name of its own, for Coot is told a folder and names the files itself.
        place = folder.resolve() / f"coot-{secrets.token_hex(4)}"
        with self._lock:
            try:
                coot = self._reach(replace(options, launch=False))
                make_folder(place)
                answer = self._ask(coot, "patterson.save", {"folder": str(place)})
            except UnreachableError as why:
                with contextlib.suppress(OSError):
                    place.rmdir()
                remedy = f": {why.remedy}" if why.remedy else ""
                raise UserError(f"{why.reason}{remedy}.") from why
        return fetched_from(Viewer.COOT, answer, place, coot.port)

    def close(self) -> None:
        """Have the Coot that we started listen no more; Coot itself stays."""
        if self._started is None:
            return
        with contextlib.suppress(NoAnswerError, ConnectionLostError, RefusedError):
            replace(self._started, timeout=3.0).ask("patterson.stop", {})
        self._started = None

    # ------------------------------------------------------------------ finding one
    @property
    def listeners(self) -> Path:
        """Where a running Coot with our plugin says that it listens."""
        return self._listeners or listeners_folder()

    def _reach(self, options: ViewerOptions) -> RunningCoot:
        """Find a Coot that listens, or start one."""
        self._passed_over = None
        silent = []
        # Where it was sent before comes first, then what was started last.
        for one in sorted(announced(self.listeners), key=lambda one: not self._is_last(one)):
            coot = RunningCoot(one.port, one.token, self.timeout)
            try:
                replace(coot, timeout=min(_PATIENT, self.timeout)).ask("patterson.ping", {})
                return coot
            except NoAnswerError:
                if self._is_last(one):
                    raise _busy(one.port, "Coot") from None
                silent.append(one.port)
            except (ConnectionLostError, RefusedError):  # it is gone, or another has the port now
                one.forget()
        if silent:
            raise _busy(silent[0], "Coot")
        busy = []
        ports = options.ports or DEFAULT_PORTS
        with ThreadPoolExecutor(max_workers=len(ports)) as pool:
            there = list(pool.map(self._probe, ports))
        for port, found in zip(ports, there, strict=True):
            if found:
                return RunningCoot(port, None, self.timeout)
            if found is None:
                busy.append(port)
        was_there = self._last is not None and self._last.port in busy
        if busy and (was_there or not options.launch):
            raise _busy(busy[0], "Coot" if was_there else "A program")
        return self._start(options, busy)

    def _is_last(self, one: Announced) -> bool:
        return self._last is not None and self._last.token == one.token

    def _probe(self, port: int) -> bool | None:
        """Whether Coot's own remote control is there; None where something does not answer."""
        try:
            return RunningCoot(port, None, min(_PATIENT, self.timeout)).is_coot()
        except NoAnswerError:
            return None
        except ConnectionLostError:
            return False

    def _start(self, options: ViewerOptions, busy: Sequence[int]) -> RunningCoot:
        aside = f" (a program on port {busy[0]} does not answer)" if busy else ""
        command = [str(options.program)] if options.program is not None else find_program()
        if command is None:
            raise UnreachableError(
                f"No Coot was found on this computer{aside}",
                "set COOT to the path of the program",
            )
        if not options.launch:
            raise UnreachableError(f"No running Coot can be sent to{aside}", _BY_HAND)
        if self.launched is not None and self.launched.poll() is None:
            raise UnreachableError(f"The Coot that was started from here does not answer{aside}")
        known = {one.token for one in announced(self.listeners)}
        try:
            self.launched = launch(command, self.listeners, own_program())
            if not options.keep:
                atexit.register(self.close)
            one = wait_until_ready(
                self.launched, self.listeners, known, self.patience, options.cancelled
            )
        except StartFailedError as error:
            raise UnreachableError(str(error)) from error
        self._started = RunningCoot(one.port, one.token, self.timeout)
        self._passed_over = busy[0] if busy else None
        return self._started

    def _ask(self, coot: RunningCoot, method: str, params: dict[str, Any]) -> Any:
        try:
            return coot.ask(method, params)
        except NoAnswerError as error:
            raise UnreachableError(
                f"Coot on port {coot.port} did not answer within {coot.timeout:g} s",
                "try again when it is free",
            ) from error
        except ConnectionLostError as error:
            raise UnreachableError(
                f"Coot on port {coot.port} went away while it was talked to",
                "start it and try again",
            ) from error
        except RefusedError as error:
            raise UnreachableError(f"Coot on port {coot.port} refused ({error})") from error


def _look(item: ViewerItem) -> dict[str, Any]:
    """What of an item can change after it was sent."""
    plain = item.as_plain()
    return {key: plain[key] for key in ("key", "level", "colour", "style", "shown")}


def _busy(port: int, what: str) -> UnreachableError:
    doubt = "" if what == "Coot" else "if it is Coot, "
    return UnreachableError(
        f"{what} on port {port} does not answer: {doubt}it is busy or another program talks to it",
        "try again when it is free",
    )


def script_text(scene: ViewerScene) -> str:
    """A script for Coot, in Python 2.7 and 3, that shows a scene; run again it replaces it.

    The plugin is in it as text, run among names of its own: Coot runs scripts among its own.
    """
    # ASCII, for Python 2 reads the file too.
    plugin = "\n".join(f"    {line!a}" for line in plugin_text().splitlines(keepends=True))
    request = json.dumps({"method": "patterson.show", "params": {"scene": scene.as_plain()}})
    return (
        "# Written by patterson_gui. Run this file in Coot.\n"
        "import sys\n\n"
        f"plugin = (\n{plugin}\n)\n"
        f"exec(compile(plugin, 'patterson_gui_coot.py', 'exec'), {START!r})\n"
        f"print(sys.modules[{STATE!r}].remote(\n    {request!a}\n))\n"
    )
