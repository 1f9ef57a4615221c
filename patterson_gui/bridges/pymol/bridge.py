"""Send maps and models to PyMOL, and fetch what is open there.

The bridge uses a PyMOL that was started with `-R`, or starts one like that. This remote control has
no password and cannot be switched off: any program of this computer can use it until PyMOL is
closed.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from patterson_gui.bridges.base import ProgramBridge, open_port_remark
from patterson_gui.bridges.local_programs import Listener
from patterson_gui.bridges.pymol.fetching import checked
from patterson_gui.bridges.pymol.plugin import PyMOLPlugin
from patterson_gui.bridges.pymol.program import find_program, launch, wait_until_ready
from patterson_gui.bridges.pymol.rpc import Api, probe, scene_module
from patterson_gui.bridges.scene_files import listed, moved_into, new_folder
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewers.scene import Fetched, Viewer, ViewerItem, ViewerOptions, ViewerScene

_FOLLOWED = ("level", "colour", "style", "shown")


class PyMOL(ProgramBridge[Api]):
    """The bridge to PyMOL; parameters as in `ProgramBridge`. Nothing of it ends with us."""

    viewer = Viewer.PYMOL
    plugin = PyMOLPlugin()
    default_ports = (9123, 9124, 9125, 9126, 9127)  # those that `pymol -R` tries, in its order
    script = "show_in_pymol.pml"
    how_to_run = "open {} in PyMOL (File ▸ Run Script)"
    variable = "PYMOL"

    def __init__(self, *, timeout: float = 60.0, patience: float = 90.0) -> None:
        super().__init__(timeout=timeout, patience=patience)
        self._objects: dict[int, dict[str, list[str]]] = {}  # by port: names by key
        self._looks: dict[str, dict[str, Any]] = {}  # by key, of what was sent last

    def _connect(self, port: int) -> Api:
        return Api(port, self.timeout)

    def _probe(self, port: int) -> Listener:
        return probe(port)

    def _find_program(self) -> list[str] | None:
        return find_program()

    def _how_to_connect(self, ports: Sequence[int]) -> str:
        return "start PyMOL with 'pymol -R' and try again"

    def _launch(self, command: list[str], options: ViewerOptions, ports: Sequence[int]) -> Api:
        usual = self.default_ports
        taken = [port for port in usual if probe(port) is not Listener.NOTHING]
        self.launched = launch(command)
        port = wait_until_ready(self.launched, usual, taken, self.patience, options.cancelled)
        self.launched_port = port
        self._forget(port)
        return self._connect(port)

    def _forget(self, port: int) -> None:
        super()._forget(port)
        self._objects.pop(port, None)

    def _show(self, running: Api, scene: ViewerScene) -> tuple[list[str], list[str]]:
        earlier = [name for names in self._objects.get(running.port, {}).values() for name in names]
        plain = scene.as_plain()
        answer = scene_module().show_scene(running, plain, earlier)
        if answer["shown"]:
            self._objects[running.port] = answer["objects"]
            self._looks = {item["key"]: item for item in plain["items"]}
        return answer["shown"], [f"it {reason}" for reason in answer["refused"]]

    def _restyle(self, running: Api, items: Sequence[ViewerItem]) -> str | None:
        objects = self._objects[running.port]
        there = set(running.get_names("objects"))
        gone = []
        for item in items:
            look = item.as_plain()
            key = look["key"]
            names, old = objects.get(key), self._looks.get(key)
            if names is None or old is None:
                continue  # it was hidden here when the scene was sent
            if not set(names) <= there:
                gone.append(old["name"])
                continue
            new = old | {part: look[part] for part in _FOLLOWED}
            if new != old:
                scene_module().restyle(running, old, new, names)
                self._looks[key] = new
        if not gone:
            return None
        verb = "is" if len(gone) == 1 else "are"
        return f"{listed(gone)} {verb} no longer open in PyMOL: send again."

    def _save_open(self, running: Api, folder: Path) -> Fetched:
        with new_folder(folder, "pymol") as place:
            answer = scene_module().save_open(running, str(place))
            return moved_into(folder, checked(answer, place, running.port))

    def _script_text(self, scene: ViewerScene, folder: Path) -> str:
        path = plugins_folder() / "pymol" / "patterson_gui" / "scene.py"
        plain = json.dumps(scene.as_plain())
        return (
            "# Written by patterson_gui. Run this file in PyMOL.\n"
            f"python\n{path.read_text(encoding='utf-8')}\n"
            f"import json\nfrom pymol import cmd as _cmd\n"
            f"print(show_scene(_cmd, json.loads({plain!r}))['shown'])\npython end\n"
        )

    def _remark(self, running: Api, options: ViewerOptions) -> str:
        return open_port_remark("PyMOL is closed") if running.port == self.launched_port else ""
