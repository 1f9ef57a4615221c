"""Send maps and models to PyMOL, as they stand on our screen, and fetch what is open there.

A PyMOL that was started with `-R` is used; otherwise one is started like that; where neither works
a script is left that does the same in PyMOL. The remote control has no password and cannot be
switched off: it is open to any program of this computer until PyMOL is closed.
"""

import contextlib
import json
import secrets
import subprocess
import threading
import xmlrpc.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.bridges.base import (
    UnreachableError,
    leave_script,
    listed,
    ready,
)
from patterson_gui.bridges.local_programs import (
    ConnectionLostError,
    Listener,
    NoAnswerError,
    StartFailedError,
)
from patterson_gui.bridges.pymol.fetching import checked
from patterson_gui.bridges.pymol.program import find_program, launch, wait_until_ready
from patterson_gui.bridges.pymol.rpc import Api, probe, scene_module
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewer_scene import (
    Fetched,
    SendReport,
    ViewerItem,
    ViewerOptions,
    ViewerScene,
)

DEFAULT_PORTS = (9123, 9124, 9125, 9126, 9127)  # the ones that `pymol -R` tries, in its order
SCRIPT = "show_in_pymol.pml"
_FOLLOWED = ("level", "colour", "style", "shown")
_BY_HAND = "start PyMOL with 'pymol -R' and try again"


class PyMOL:
    """What this program has to do with PyMOL, a `Bridge`: what it shows there, and what it
    started.

    Parameters
    ----------
    timeout : seconds for one call; loading a large map may take long.
    patience : seconds for PyMOL to start.
    """

    def __init__(self, *, timeout: float = 60.0, patience: float = 90.0) -> None:
        self.timeout = timeout
        self.patience = patience
        self.launched: subprocess.Popen[bytes] | None = None
        self.launched_port: int | None = None
        self._objects: dict[int, dict[str, list[str]]] = {}  # by port: names by key
        self._looks: dict[str, dict[str, Any]] = {}  # by key, of what was sent last
        self._last: int | None = None
        self._lock = threading.Lock()

    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        """Show `scene` in PyMOL, in place of what was sent there before; see `Bridge`."""
        scene = ready(scene)
        with self._lock:
            try:
                api = self._reach(options)
                shown, refused = self._show(api, scene)
            except UnreachableError as why:
                how = "in PyMOL (File ▸ Run Script)"
                return leave_script(folder / SCRIPT, script_text(scene), why, f"open {{}} {how}")
        sentence = f"Sent {listed(shown)} to PyMOL (port {api.port})"
        if refused:
            sentence += f", but it {refused[0]}"
        elif api.port == self.launched_port:
            sentence += (
                "; until PyMOL is closed it takes commands on that port from any program of "
                "this computer"
            )
        return SendReport(f"{sentence}.", sent=True)

    def follow(self, items: Sequence[ViewerItem]) -> str | None:
        """Have what was sent last look as `items` say; see `Bridge`."""
        with self._lock:
            if self._last is None:
                return "Nothing was sent to PyMOL yet, so nothing follows there: send first."
            api = Api(self._last, self.timeout)
            try:
                return self._restyle(api, items)
            except UnreachableError as why:
                return f"{why.reason}: {why.remedy or 'send again'}."

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        """Have a running PyMOL write the model and the map that are open; see `Bridge`."""
        place = folder.resolve() / f"pymol-{secrets.token_hex(4)}"
        with self._lock:
            try:
                api = self._reach(replace(options, launch=False))
                make_folder(place)
                answer = _asked(api, lambda: scene_module().save_open(api, str(place)))
            except UnreachableError as why:
                with contextlib.suppress(OSError):
                    place.rmdir()
                remedy = f": {why.remedy}" if why.remedy else ""
                raise UserError(f"{why.reason}{remedy}.") from why
        return checked(answer, place, api.port)

    def close(self) -> None:
        """Nothing ends with us: PyMOL's remote control goes on until PyMOL is closed."""

    # ------------------------------------------------------------------ finding one
    def _reach(self, options: ViewerOptions) -> Api:
        """Find a PyMOL that listens, or start one."""
        ports = options.ports or DEFAULT_PORTS
        if self.launched_port is not None:
            ports = (self.launched_port, *(p for p in ports if p != self.launched_port))
        with ThreadPoolExecutor(max_workers=len(ports)) as pool:
            listeners = list(pool.map(probe, ports))
        there = dict(zip(ports, listeners, strict=True))
        for port, listener in there.items():
            if listener is Listener.OURS:
                return Api(port, self.timeout)
            if listener is Listener.SILENT and port in self._objects:
                raise UnreachableError(
                    f"PyMOL on port {port} is busy and does not answer",
                    "try again when it is free",
                )
        silent = [port for port, listener in there.items() if listener is Listener.SILENT]
        aside = f" (a program on port {silent[0]} does not answer)" if silent else ""
        command = [str(options.program)] if options.program is not None else find_program()
        if command is None:
            raise UnreachableError(
                f"No PyMOL was found on this computer{aside}",
                "set PYMOL to the path of the program",
            )
        if not options.launch:
            raise UnreachableError(f"No running PyMOL takes commands{aside}", _BY_HAND)
        if self.launched is not None and self.launched.poll() is None:
            raise UnreachableError(
                f"The PyMOL that was started from here takes no commands{aside}", _BY_HAND
            )
        there |= {port: probe(port) for port in DEFAULT_PORTS if port not in there}
        taken = [port for port, listener in there.items() if listener is not Listener.NOTHING]
        try:
            self.launched = launch(command)
            port = wait_until_ready(
                self.launched, DEFAULT_PORTS, taken, self.patience, options.cancelled
            )
        except StartFailedError as error:
            raise UnreachableError(str(error)) from error
        self.launched_port = port
        self._objects.pop(port, None)
        return Api(port, self.timeout)

    # ------------------------------------------------------------------ showing
    def _show(self, api: Api, scene: ViewerScene) -> tuple[list[str], list[str]]:
        """The names of what is shown now, and what PyMOL would not do."""
        ours = [name for names in self._objects.get(api.port, {}).values() for name in names]
        told = scene.as_plain()
        answer = _asked(api, lambda: scene_module().show_scene(api, told, ours))
        if not answer["shown"]:
            raise UnreachableError(f"PyMOL on port {api.port} {answer['refused'][0]}")
        self._objects[api.port] = answer["objects"]
        self._looks = {item["key"]: item for item in told["items"]}
        self._last = api.port
        return answer["shown"], answer["refused"]

    def _restyle(self, api: Api, items: Sequence[ViewerItem]) -> str | None:
        objects = self._objects[api.port]
        there = set(_asked(api, lambda: api.get_names("objects")))
        gone = []
        for item in items:
            look = item.as_plain()
            key = look["key"]
            names, old = objects.get(key), self._looks.get(key)
            if names is None or old is None:
                continue  # it was not sent: hidden here at that time
            if not set(names) <= there:
                gone.append(old["name"])
                continue
            new = old | {part: look[part] for part in _FOLLOWED}
            if new != old:
                _asked(api, lambda o=old, n=new, s=names: scene_module().restyle(api, o, n, s))
                self._looks[key] = new
        if not gone:
            return None
        return f"{listed(gone)} {_is(gone)} not open in PyMOL any more: send again."


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _asked(api: Api, ask: Any) -> Any:
    """What `ask` returns; what went wrong as a sentence."""
    try:
        return ask()
    except NoAnswerError as error:
        raise UnreachableError(
            f"PyMOL on port {api.port} did not answer within {api.timeout:g} s",
            "try again when it is free",
        ) from error
    except ConnectionLostError as error:
        raise UnreachableError(
            f"PyMOL on port {api.port} went away while it was talked to",
            "start it and try again",
        ) from error
    except xmlrpc.client.Fault as error:
        why = " ".join(str(error.faultString).split())[:200]
        raise UnreachableError(f"PyMOL on port {api.port} refused a command ({why})") from error


def script_text(scene: ViewerScene) -> str:
    """A script for PyMOL that shows a scene; run again it replaces it."""
    text = (plugins_folder() / "pymol" / "patterson_gui" / "scene.py").read_text(encoding="utf-8")
    told = json.dumps(scene.as_plain())
    return (
        f"# Written by patterson_gui. Run this file in PyMOL.\npython\n{text}\n"
        f"import json\nfrom pymol import cmd as _cmd\n"
        f"print(show_scene(_cmd, json.loads({told!r}))['shown'])\npython end\n"
    )
