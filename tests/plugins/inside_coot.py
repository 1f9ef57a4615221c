"""A Coot of either kind with the text of the plugin run in it."""

import json
import socket
import struct
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bridges.coot_standin import FakeCoot
from tests.plugins.load import PLUGINS

TEXT = (PLUGINS / "coot" / "patterson_gui_coot.py").read_text(encoding="ascii")
NAMES = ("coot", "coot_gui", "gobject", "gtk", "gi", "gi.repository", "_patterson_gui_coot")


class Loop:
    """The main loop of a Coot: timers that are called until they have enough."""

    def __init__(self) -> None:
        self.timers: list[Callable[[], bool]] = []

    def add(self, milliseconds: int, function: Callable[[], bool]) -> None:
        self.timers.append(function)

    def turn(self) -> None:
        self.timers = [function for function in self.timers if function()]


class Inside:
    """A Coot with the plugin's text run in it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.coot, self.loop = FakeCoot(), Loop()
        self.menu: dict[str, Callable[..., None]] = {}
        self.menus: list[str] = []
        self.folder = folder
        self.kind = kind
        self.coot.version = kind
        coot = self.coot.module()
        sys.modules["coot"] = coot
        if kind == "0.9":
            sys.modules["gi"] = None  # type: ignore[assignment]
            sys.modules["gtk"] = types.ModuleType("gtk")
            gobject = types.ModuleType("gobject")
            gobject.timeout_add = self.loop.add  # type: ignore[attr-defined]
            sys.modules["gobject"] = gobject
            coot.coot_menubar_menu = self._make_menu  # type: ignore[attr-defined]
            coot.add_simple_coot_menu_menuitem = self._add_old  # type: ignore[attr-defined]
        else:
            gui = types.ModuleType("coot_gui")
            gui.attach_module_menu_button = self._make_menu  # type: ignore[attr-defined]
            gui.add_simple_action_to_menu = self._add_new  # type: ignore[attr-defined]
            sys.modules["coot_gui"] = gui
            glib = types.SimpleNamespace(timeout_add=self.loop.add)
            repository = types.ModuleType("gi.repository")
            repository.GLib = glib  # type: ignore[attr-defined]
            sys.modules["gi"] = types.ModuleType("gi")
            sys.modules["gi.repository"] = repository
        self.main: dict[str, Any] = {"__name__": "__main__", "call": "theirs", "json": 1}
        self.run()
        self.names = vars(sys.modules["_patterson_gui_coot"])["remote"].__globals__

    def run(self, folder: Path | None = None) -> None:
        """As Coot runs a start-up script: among its own names."""
        there = str(folder or self.folder)
        text = TEXT.replace('\nLISTENERS = ""\n', f"\nLISTENERS = {there!r}\n")
        if self.kind == "0.9":  # which has Python 2
            assert "return sys.version_info[0] == 2\n" in text
            text = text.replace("return sys.version_info[0] == 2\n", "return True\n")
        exec(compile(text, "patterson_gui_coot.py", "exec"), self.main)
        self.loop.turn()

    def _make_menu(self, label: str) -> str:
        self.menus.append(label)
        return label

    def _add_old(self, menu: str, label: str, function: Callable[[Any], None]) -> None:
        self.menu[label] = lambda: function(None)

    def _add_new(
        self, menu: str, label: str, name: str, function: Callable[[Any, Any], None]
    ) -> None:
        self.menu[label] = lambda: function(None, None)

    @property
    def dialogs(self) -> list[str]:
        return [call[1] for call in self.coot.calls if call[0] == "info_dialog"]

    @property
    def announced(self) -> dict[str, Any]:
        (file,) = self.folder.glob("*.json")
        told: dict[str, Any] = json.loads(file.read_text())
        return told

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One request, with the loop turning meanwhile."""
        token = params.pop("token", self.announced["token"])
        request = {"jsonrpc": "2.0", "id": 5, "method": method, "params": params}
        request["params"]["token"] = token
        return json.loads(self.raw(frame(json.dumps(request).encode())))

    def raw(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.announced["port"])) as client:
            client.sendall(data)
            client.settimeout(0.05)
            answer = b""
            for _ in range(40):
                self.loop.turn()
                try:
                    part = client.recv(1 << 16)
                except TimeoutError:
                    if answer:
                        break
                    continue
                except ConnectionError:
                    break
                if not part:
                    break
                answer += part
        self.loop.turn()
        return answer[4:]


def frame(body: bytes) -> bytes:
    """A request as it is sent: its length, then its text."""
    return struct.pack(">I", len(body)) + body
