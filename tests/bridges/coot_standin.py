"""A stand-in for Coot: its molecules, and its remote control with all its faults.

Written from what Coot's own server does: it is looked at once in a while from the main loop, talks
to one client, numbers replies with text, and answers an unknown method with an empty frame. 1.1.20
knows `python.exec` alone, gives the value bare, runs once more what raised, and ends of what is no
JSON; 1.2 and later know `python.exec_multiline` and give what was printed beside the value.
"""

import builtins
import contextlib
import io
import json
import socket
import struct
import sys
import threading
import time
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Molecule:
    """One thing that is open."""

    kind: str
    path: str
    name: str
    settings: dict[str, Any] = field(default_factory=dict)


class FakeCoot:
    """The functions of Coot that the plugin calls; every call is kept."""

    def __init__(self) -> None:
        self.molecules: list[Molecule | None] = []
        self.calls: list[tuple[Any, ...]] = []
        self.centre: tuple[float, ...] | None = None
        self.recentring = 1
        self.version = "1.3"

    def module(self) -> types.ModuleType:
        """As the module `coot` of 1.x."""
        made = types.ModuleType("coot")
        for name in dir(self):
            if not name.startswith("_") and name not in ("module", "open_by_hand"):
                value = getattr(self, name)
                if callable(value):
                    setattr(made, name, value)
        return made

    def open_by_hand(self, name: str, kind: str = "map", path: str = "") -> int:
        """What the user does with the mouse."""
        self.molecules.append(Molecule(kind, path, name, {"shown": 1}))
        return len(self.molecules) - 1

    def _of(self, number: int, kind: str | None = None) -> Molecule | None:
        if not isinstance(number, int) or not 0 <= number < len(self.molecules):
            return None
        one = self.molecules[number]
        return one if one is not None and kind in (None, one.kind) else None

    def _texts(self, *texts: str) -> None:
        """What its functions do not take, in 0.9, is text of another kind."""
        assert all(type(text) is str for text in texts), texts

    def _set(self, number: int, **values: Any) -> None:
        one = self._of(number)
        assert one is not None, f"no molecule {number}"
        one.settings.update(values)

    def graphics_n_molecules(self) -> int:
        return len(self.molecules)

    def is_valid_map_molecule(self, number: int) -> int:
        return int(self._of(number, "map") is not None)

    def is_valid_model_molecule(self, number: int) -> int:
        return int(self._of(number, "model") is not None)

    def molecule_name(self, number: int) -> str:
        one = self._of(number)
        assert one is not None
        return one.name

    def set_molecule_name(self, number: int, name: str) -> None:
        one = self._of(number)
        assert one is not None
        self._texts(name)
        one.name = name

    def read_ccp4_map(self, path: str, difference: int) -> int:
        self.calls.append(("read_ccp4_map", path))
        if not Path(path).is_file():
            return -1
        number = self.open_by_hand(path, "map", path)
        self._set(number, difference=0)  # as of what it takes for microscopy
        return number

    def set_map_is_difference_map(self, number: int, on: int) -> None:
        self._set(number, difference=on)

    def read_pdb(self, path: str) -> int:
        self.calls.append(("read_pdb", path))
        if self.recentring:
            self.centre = (0.0, 0.0, 0.0)
        return self.open_by_hand(path, "model", path)

    def recentre_on_read_pdb(self) -> int:
        return self.recentring

    def set_recentre_on_read_pdb(self, on: int) -> None:
        self.recentring = on

    def close_molecule(self, number: int) -> None:
        self.molecules[number] = None

    def set_map_colour(self, number: int, r: float, g: float, b: float) -> None:
        self._set(number, colour=(r, g, b))

    def set_contour_level_absolute(self, number: int, level: float) -> None:
        self._set(number, level=level)

    def set_draw_solid_density_surface(self, number: int, on: int) -> None:
        self._set(number, solid=on)

    def set_map_displayed(self, number: int, on: int) -> None:
        assert self.is_valid_map_molecule(number)
        self._set(number, shown=on)

    def set_mol_displayed(self, number: int, on: int) -> None:
        assert self.is_valid_model_molecule(number)
        self._set(number, shown=on)

    def map_is_displayed(self, number: int) -> int:
        return int(self.molecules[number].settings["shown"])

    def mol_is_displayed(self, number: int) -> int:
        return int(self.molecules[number].settings["shown"])

    def set_show_unit_cell(self, number: int, on: int) -> None:
        if self.version != "0.9" or self.is_valid_model_molecule(number):
            self._set(number, cell=on)

    def set_rotation_centre(self, x: float, y: float, z: float) -> None:
        self.centre = (x, y, z)

    def write_pdb_file(self, number: int, path: str) -> int:
        Path(path).write_bytes(Path(self.molecules[number].path).read_bytes())
        return 1

    def export_map(self, number: int, path: str) -> int:
        Path(path).write_bytes(Path(self.molecules[number].path).read_bytes())
        return 1

    def add_status_bar_text(self, text: str) -> None:
        self.calls.append(("status", text))

    def info_dialog(self, text: str) -> None:
        self.calls.append(("info_dialog", text))

    # ------------------------------------------------------------------ what a test looks at
    def by_name(self, name: str) -> Molecule:
        (found,) = [m for m in self.molecules if m is not None and m.name == name]
        return found

    @property
    def names(self) -> list[str]:
        return [m.name for m in self.molecules if m is not None]


@dataclass
class RemoteControl:
    """Coot's own server, in a thread in the place of its main loop.

    version : "1.1.20" or "1.3".
    interval : seconds between two looks; Coot's is one.
    hang, die, junk : faults.
    crashed : it is not there any more, of what it was sent.
    """

    version: str = "1.3"
    interval: float = 0.02
    coot: FakeCoot = field(default_factory=FakeCoot)
    hang: bool = False
    die: bool = False
    junk: bytes = b""
    port: int = 0
    crashed: bool = False
    methods: list[str] = field(default_factory=list)
    expressions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._modules = {"coot": self.coot.module()}
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=1)
        self._server.setblocking(False)
        self.port = self._server.getsockname()[1]
        self._client: socket.socket | None = None
        self._data = b""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._server.close()
        if self._client is not None:
            self._client.close()

    def _loop(self) -> None:
        while not self._stop.is_set() and not self.crashed:
            time.sleep(self.interval)  # Coot looks for requests at intervals
            try:
                self._idle()
            except OSError:
                self._drop()

    def _idle(self) -> None:
        if self._client is None:
            try:
                self._client, _ = self._server.accept()
            except BlockingIOError:
                return
            self._client.setblocking(False)
        while self._client is not None:
            try:
                part = self._client.recv(4096)
            except BlockingIOError:
                return
            if not part:
                self._drop()
                return
            self._data += part
            while len(self._data) >= 4:
                (length,) = struct.unpack(">I", self._data[:4])
                if len(self._data) < 4 + length:
                    break
                body, self._data = self._data[4 : 4 + length], self._data[4 + length :]
                self._answer(body)
                if self._client is None:
                    return

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client, self._data = None, b""

    def _answer(self, body: bytes) -> None:
        assert self._client is not None
        if self.hang:
            return
        if self.die:
            self._drop()
            return
        if self.junk:
            self._client.sendall(self.junk)
            return
        content = self._handled(body)
        if self.crashed:
            self._drop()
            return
        self._client.setblocking(True)
        self._client.sendall(struct.pack(">I", len(content)) + content)
        self._client.setblocking(False)

    def _handled(self, body: bytes) -> bytes:
        try:
            request = json.loads(body)
        except ValueError:
            self.crashed = self.version == "1.1.20"
            return b""
        try:
            number, method = int(request["id"]), request["method"]
            self.methods.append(method)
            if method not in self._known:
                return b""
            code = request["params"]["code"]
        except (ValueError, KeyError, TypeError):
            return b""
        self.expressions.append(code)
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": str(number)}
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                said = "%s" % self._value(method, code)  # noqa: UP031  as Coot does
            if self.version == "1.1.20":
                reply["result"] = said
            else:
                reply["result"] = {"value": said}
                if printed.getvalue():
                    reply["result"]["stdout"] = printed.getvalue()
        except Exception as error:
            reply["error"] = {"code": -32001, "message": str(error)}
        return json.dumps(reply).encode()

    @property
    def _known(self) -> tuple[str, ...]:
        old = self.version == "1.1.20"
        return ("python.exec",) if old else ("python.exec", "python.exec_multiline")

    def _value(self, method: str, code: str) -> Any:
        again = Exception if self.version == "1.1.20" else SyntaxError
        if method == "python.exec":
            try:
                return self._run(eval, code)
            except again:
                pass
        self._run(exec, code)
        return None

    def _run(self, how: Callable[..., Any], code: str) -> Any:
        """With a `sys.modules` of its own, so that tests do not meet in ours."""
        modules = self._modules
        fake_sys = types.ModuleType("sys")
        fake_sys.__dict__.update({k: v for k, v in vars(sys).items() if not k.startswith("__")})
        fake_sys.modules = modules  # type: ignore[attr-defined]
        real_import = builtins.__import__

        def importing(name: str, *rest: Any) -> Any:
            if name == "sys":
                return fake_sys
            return modules[name] if name in modules else real_import(name, *rest)

        own = dict(vars(builtins), __import__=importing)

        def run(source: str, names: dict[str, Any]) -> None:
            names["__builtins__"] = own
            exec(source, names)

        own["exec"] = run
        return how(code, {"__builtins__": own})
