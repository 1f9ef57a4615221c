"""A stand-in for PyMOL: its objects, and its XML-RPC server.

Written from what PyMOL's own server does: functions of `cmd` by position, one request at a time,
a fault for whatever goes wrong. Names that differ in capitals are the same, and what is loaded
under a name that is there is added to it.
"""

import threading
from pathlib import Path
from typing import Any
from xmlrpc.server import SimpleXMLRPCServer


class FakeCmd:
    """The functions of `pymol.cmd` that are called; settings of each object are kept."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] = {"normalize_ccp4_maps": "on"}
        self.view = [0.0] * 18
        self.commands: list[str] = []
        self.spacegroup = "P 1"
        self.refuse = ""  # a file with this in its path cannot be loaded
        self.hang = threading.Event()
        self.hang.set()

    def get_version(self) -> list[Any]:
        return ["3.2.0", 3.2, 3020000]

    def get_names(self, kind: str = "objects", enabled: int = 0) -> list[str]:
        self.hang.wait(20)
        return [name for name, one in self.objects.items() if one["on"] or not enabled]

    def get_type(self, name: str) -> str:
        return str(self.objects[name]["type"])

    def _known(self, name: str) -> str:
        """How an object of this name is spelt."""
        return next((one for one in self.objects if one.lower() == name.lower()), name)

    def get_symmetry(self, name: str) -> list[Any]:
        return [12.0, 12.0, 12.0, 90.0, 90.0, 90.0, self.spacegroup]

    def group(self, name: str, members: str) -> None:
        there = self.objects.setdefault(name, {"type": "object:group", "on": True})
        assert there["type"] == "object:group"
        for member in members.split():
            self.objects[member]["group"] = name

    def get_view(self) -> list[float]:
        return list(self.view)

    def set_view(self, view: list[float]) -> None:
        self.view = list(view)

    def get(self, name: str) -> Any:
        return self.settings[name]

    def set(self, name: str, value: Any, target: str = "") -> None:
        if target:
            self.objects[target][name] = value
        else:
            self.settings[name] = value

    def load(self, path: str, name: str, *rest: Any) -> None:
        if self.refuse and self.refuse in path:
            raise RuntimeError("unsupported file")
        name = self._known(name)
        if name in self.objects:
            self.objects[name]["states"] += 1
            return
        kind = "molecule" if path.endswith((".pdb", ".cif")) else "map"
        self.objects[name] = {
            "type": f"object:{kind}", "path": path, "on": True, "states": 1,
            "normalised": self.settings["normalize_ccp4_maps"],
        }  # fmt: skip
        self.view[0] += 1  # each new object turns the camera

    def load_cgo(self, parts: list[float], name: str, *rest: Any) -> None:
        self.objects[name] = {"type": "object:cgo", "on": True, "parts": parts}

    def delete(self, name: str) -> None:
        self.objects.pop(self._known(name), None)

    def set_name(self, old: str, new: str) -> None:
        self.delete(new)
        self.objects[new] = self.objects.pop(old)

    def _contour(self, kind: str, name: str, map_name: str, level: float) -> None:
        assert self.objects[map_name]["type"] == "object:map"
        self.objects[self._known(name)] = {"type": f"object:{kind}", "level": level, "on": True}

    def isomesh(self, name: str, map_name: str, level: float) -> None:
        self._contour("mesh", name, map_name, level)

    def isosurface(self, name: str, map_name: str, level: float) -> None:
        self._contour("surface", name, map_name, level)

    def isolevel(self, name: str, level: float) -> None:
        self.objects[name]["level"] = level

    def color(self, colour: str, selection: str) -> None:
        name = selection.split(" ", maxsplit=1)[0]
        self.objects[name].setdefault("colours", []).append((selection, colour))

    def hide(self, what: str, name: str) -> None:
        self.objects[name]["shown"] = []

    def show(self, what: str, name: str) -> None:
        self.objects[name].setdefault("shown", []).append(what)

    def enable(self, name: str) -> None:
        self.objects[name]["on"] = True

    def disable(self, name: str) -> None:
        self.objects[name]["on"] = False

    def zoom(self, name: str, buffer: float) -> None:
        assert name in self.objects
        self.commands.append(f"zoom {name}")

    def origin(self, selection: str, name: str | None, position: list[float]) -> None:
        self.commands.append(f"origin {position}")

    def count_atoms(self, selection: str) -> int:
        if selection not in self.objects:
            raise RuntimeError(f'Invalid selection name "{selection}".')
        return 1

    def save(self, path: str, name: str) -> None:
        if self.refuse and self.refuse in path:
            raise RuntimeError("no such format")
        Path(path).write_bytes(Path(self.objects[name]["path"]).read_bytes())


class Server:
    """PyMOL's server, in a thread."""

    def __init__(self, cmd: FakeCmd | None = None, port: int = 0, *, other: bool = False) -> None:
        self.cmd = cmd or FakeCmd()
        self._server = SimpleXMLRPCServer(
            ("127.0.0.1", port), logRequests=False, allow_none=True, bind_and_activate=True
        )
        self.port = self._server.server_address[1]
        if not other:
            self._server.register_instance(self.cmd)
            self._server.register_function(lambda: 1, "ping")
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def close(self) -> None:
        self.cmd.hang.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
