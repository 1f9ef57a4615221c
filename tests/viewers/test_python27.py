"""The plugin of Coot 0.9 in a Python 2.7."""

import json
import subprocess
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.bridges.coot.bridge import script_text
from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.resources import example_path
from patterson_gui.io.viewers.scene import ViewerItem, ViewerScene
from tests.plugins.load import PLUGINS

pytestmark = pytest.mark.timeout(180)


def run(python27: str, folder: Path, code: str, *arguments: str) -> str:
    script = folder / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [python27, str(script), *arguments], capture_output=True, text=True, timeout=150,
        check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_plugin_compiles_and_reads_a_bundle_in_python_2(python27: str, tmp_path: Path) -> None:
    code = """
import sys
assert sys.version_info[:2] == (2, 7), sys.version
names = {"PATTERSON_GUI_START": False, "__name__": "plugin"}
source = open(sys.argv[1]).read()
source.decode("ascii")
exec(compile(source, sys.argv[1], "exec"), names)
scene = names["unpack"](sys.argv[2], sys.argv[3])
print(" ".join(sorted(item["key"] for item in scene["items"])))
print(scene["items"][0]["level"])
try:
    names["unpack"](sys.argv[1], sys.argv[3])
except names["BundleError"] as error:
    print(error)
"""
    out = run(
        python27, tmp_path, code,
        str(PLUGINS / "coot" / "patterson_gui_coot.py"), str(example_path()), str(tmp_path),
    ).splitlines()  # fmt: skip
    assert out[0] == "model patterson true"
    assert float(out[1]) > 0
    assert "damaged zip archive" in out[2]


def test_listener_answers_requests_with_the_token_in_python_2(
    python27: str, tmp_path: Path
) -> None:
    code = """
import json, os, socket, struct, sys, threading
names = {"PATTERSON_GUI_START": False, "__name__": "plugin"}
exec(compile(open(sys.argv[1]).read(), "plugin", "exec"), names)
listener = names["Listener"](sys.argv[2])
listener.poll()
told = json.load(open(os.path.join(sys.argv[2], os.listdir(sys.argv[2])[0])))
def talk(token):
    client = socket.create_connection(("127.0.0.1", told["port"]))
    asked = {"jsonrpc": "2.0", "id": 7, "method": "patterson.ping", "params": {"token": token}}
    body = json.dumps(asked).encode("utf-8")
    client.sendall(struct.pack(">I", len(body)) + body)
    answers.append(client.recv(1 << 16)[4:].decode("utf-8"))
    client.close()
answers = []
for token in (told["token"], "wrong"):
    thread = threading.Thread(target=talk, args=(token,))
    thread.start()
    while thread.is_alive():
        listener.poll()
        thread.join(0.01)
    listener.poll()
listener.close()
print("\\n".join(answers))
print(os.listdir(sys.argv[2]))
"""
    folder = tmp_path / "listeners"
    folder.mkdir()
    plugin = str(PLUGINS / "coot" / "patterson_gui_coot.py")
    right, wrong, left = run(python27, tmp_path, code, plugin, str(folder)).splitlines()
    assert '"program": "coot"' in right
    assert '"id": "7"' in right
    assert "The token is wrong." in wrong
    assert left == "[]"


def test_shows_and_replaces_scenes_with_any_letters_in_python_2(
    python27: str, tmp_path: Path
) -> None:
    code = """
import json, os, sys, types
coot, told = types.ModuleType("coot"), {}
def text(value):
    assert type(value) is bytes, value  # as the functions of 0.9
    return value
def opened(kind):
    def read(path, *rest):
        assert os.path.isfile(text(path).decode("utf-8"))
        told[len(told)] = [kind, path]
        return len(told) - 1
    return read
def rename(number, name):
    told[number][1] = text(name)
coot.read_ccp4_map, coot.read_pdb = opened("map"), opened("model")
coot.graphics_n_molecules = lambda: len(told)
coot.is_valid_map_molecule = lambda n: told.get(n, [""])[0] == "map"
coot.is_valid_model_molecule = lambda n: told.get(n, [""])[0] == "model"
coot.molecule_name = lambda n: told[n][1]
coot.set_molecule_name = rename
coot.close_molecule = lambda n: told.__setitem__(n, ["", b""])
coot.add_status_bar_text = text
for name in ("set_map_colour", "set_contour_level_absolute", "set_map_displayed",
             "set_mol_displayed", "set_show_unit_cell", "set_rotation_centre"):
    setattr(coot, name, lambda *_: None)
sys.modules["coot"] = coot
PATTERSON_GUI_START = False
theirs = "kept"
execfile(sys.argv[1])
assert theirs == "kept" and "unpack" not in globals(), sorted(globals())
remote = sys.modules["_patterson_gui_coot"].remote
scene = json.load(open(sys.argv[2]))
for _ in range(2):
    print(remote(json.dumps({"method": "patterson.show", "params": {"scene": scene}})))
print(sorted(kind for kind, _ in told.values()))
"""
    folder = tmp_path / "M\u00fcller"
    folder.mkdir()
    cell = gemmi.UnitCell(4, 4, 4, 90, 90, 90)
    density = DensityMap(np.ones((4, 4, 4), np.float32), cell, p1(), MapKind.TRUE, 2.0)
    write_map(folder / "m.ccp4", density)
    (folder / "m.pdb").write_text("END\n")
    items = (
        ViewerItem(folder / "m.ccp4", "M\u00fcller \u7d50\u6676", MapKind.TRUE, 1.0, key="true"),
        ViewerItem(folder / "m.pdb", "M\u00fcller model", key="model"),
    )
    scene = ViewerScene(items, "toy", (4, 4, 4, 90, 90, 90), (1, 2, 3)).as_plain()
    (tmp_path / "scene.json").write_text(json.dumps(scene))
    plugin = str(PLUGINS / "coot" / "patterson_gui_coot.py")
    out = run(python27, tmp_path, code, plugin, str(tmp_path / "scene.json")).splitlines()
    answers = [json.loads(line)["result"] for line in out if line.startswith("{")]
    assert (
        answers == [{"shown": ["M\u00fcller \u7d50\u6676", "M\u00fcller model"], "refused": []}] * 2
    )
    assert out[-1] == "['', '', 'map', 'model']"


def test_the_script_runs_in_python_2(python27: str, tmp_path: Path) -> None:
    (tmp_path / "show_in_coot.py").write_text(script_text(ViewerScene((), "M\u00fcller")))
    code = """
import sys, types
coot = types.ModuleType("coot")
coot.graphics_n_molecules = lambda: 0
sys.modules["coot"] = coot
execfile(sys.argv[1])
"""
    out = run(python27, tmp_path, code, str(tmp_path / "show_in_coot.py")).splitlines()
    assert json.loads(out[-1]) == {"result": {"shown": [], "refused": []}}
