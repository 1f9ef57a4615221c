"""PyMOL itself, without a window, reads what is sent."""

import json
import os
import socket
import subprocess
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from patterson_gui.bridges.pymol.bridge import PyMOL
from patterson_gui.crystal.colours import DIFFERENCE_COLOURS, MAP_COLOURS
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.scenes.write import SceneMap, write_scene
from patterson_gui.io.viewers.scene import ViewerItem, ViewerOptions, ViewerScene
from tests.plugins.conftest import toy_crystal
from tests.plugins.load import PLUGINS

CELLS = [
    pytest.param((10, 11, 12, 90, 90, 90), "P 1", id="P1"),
    pytest.param((11, 12, 13, 90, 90, 90), "P 21 21 21", id="orthorhombic"),
    pytest.param((13, 13, 17, 90, 90, 120), "P 61", id="hexagonal"),
    pytest.param((10, 11, 12, 80, 95, 103), "P 1", id="triclinic"),
]

START = """
import sys, time
import pymol
from pymol import cmd, rpc
pymol.finish_launching(["pymol", "-cqk"])
rpc.launch_XMLRPC(hostname="127.0.0.1", port=int(sys.argv[1]), nToTry=1)
print("ready", flush=True)
time.sleep(300)  # the server's thread answers until the test ends this program
"""


@dataclass
class Real:
    """A PyMOL that runs, and its API."""

    port: int
    cmd: Any

    @property
    def options(self) -> ViewerOptions:
        return ViewerOptions(ports=(self.port,), launch=False)


@pytest.fixture
def real(pymol_python: Path) -> Iterator[Real]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "DISPLAY")}
    words = [str(pymol_python), "-c", START, str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == "ready":
                    break
            else:
                pytest.fail("PyMOL did not start")
            server = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2", allow_none=True)
            with server:
                yield Real(port, server)
        finally:
            process.kill()


def scene(crystal: Crystal, folder: Path) -> ViewerScene:
    """Patterson, prediction, truth, difference and model."""
    assert crystal.amplitudes is not None
    assert crystal.truth is not None
    predicted = replace(crystal.truth, grid=0.9 * crystal.truth.grid, kind=MapKind.PREDICTED)
    maps = [
        SceneMap(density, stem, level * density.rmsd, MAP_COLOURS[density.kind])
        for density, level, stem in (
            (patterson(crystal.amplitudes), 2.0, "patterson"),
            (predicted, 2.5, "predicted"),
            (crystal.truth, 2.5, "true"),
        )
    ]
    written = write_scene(folder, crystal, maps)
    surface = [replace(i, style="surface") if i.key == "true" else i for i in written.items]
    return replace(written, items=tuple(surface))


def rgb(cmd: Any, name: str) -> str:
    """The colour of an object as '#rrggbb'."""
    index = cmd.get_object_color_index(name)
    return "#" + "".join(f"{round(255 * x):02x}" for x in cmd.get_color_tuple(index))


@pytest.mark.parametrize(("cell", "group"), CELLS)
def test_shows_scenes_with_every_kind_of_cell(
    real: Real, tmp_path: Path, cell: tuple[float, ...], group: str
) -> None:
    crystal = toy_crystal(gemmi.UnitCell(*cell), group)
    sent = scene(crystal, tmp_path)
    report = PyMOL(timeout=20).send(sent, tmp_path, real.options)
    assert report.sent, report.sentence
    assert report.sentence.endswith(f"to PyMOL (port {real.port}).")
    cmd = real.cmd
    items = {item.key: item for item in sent.items}
    kinds = {name: cmd.get_type(name) for name in cmd.get_names("objects")}
    prefix = "patterson_gui.toy_"
    assert kinds == {
        f"{prefix}patterson_map": "object:map", f"{prefix}patterson": "object:mesh",
        f"{prefix}predicted_map": "object:map", f"{prefix}predicted": "object:mesh",
        f"{prefix}true_map": "object:map", f"{prefix}true": "object:surface",
        f"{prefix}difference_map": "object:map", f"{prefix}difference": "object:mesh",
        f"{prefix}difference_below": "object:mesh",
        f"{prefix}model": "object:molecule", "patterson_gui.unit_cell": "object:cgo",
        "patterson_gui": "object:group",
    }  # fmt: skip
    for key in ("patterson", "predicted", "true", "difference"):
        item = items[key]
        assert item.level is not None
        assert cmd.isolevel(prefix + key, 0.0, 0, 1, 1) == pytest.approx(item.level, rel=1e-5)
        assert rgb(cmd, prefix + key) == item.colour
    below = f"{prefix}difference_below"
    assert items["difference"].level is not None
    assert cmd.isolevel(below, 0, 0, 1, 1) == pytest.approx(-items["difference"].level, rel=1e-5)
    assert rgb(cmd, below) == DIFFERENCE_COLOURS[1]
    shown = cmd.get_names("objects", 1)
    assert prefix + "true" in shown
    assert prefix + "difference" not in shown
    assert cmd.get("normalize_ccp4_maps") in ("on", "1")  # as the user had it


@pytest.mark.parametrize(("cell", "group"), CELLS)
def test_map_values_in_pymol_are_those_sent(
    pymol_python: Path, tmp_path: Path, cell: tuple[float, ...], group: str
) -> None:
    crystal = toy_crystal(gemmi.UnitCell(*cell), group)
    assert crystal.truth is not None
    sent = scene(crystal, tmp_path)
    (tmp_path / "scene.json").write_text(json.dumps(sent.as_plain()))
    code = (
        "import importlib.util, numpy\n"
        "spec = importlib.util.spec_from_file_location('scene', sys.argv[1])\n"
        "scene = importlib.util.module_from_spec(spec); spec.loader.exec_module(scene)\n"
        "scene.show_scene(cmd, json.load(open(sys.argv[2])))\n"
        "name = 'patterson_gui.toy_true_map'\n"
        "numpy.save(sys.argv[3], cmd.get_volume_field(name))\n"
        "print(json.dumps(list(cmd.get_symmetry(name))))"
    )
    symmetry = run_in_pymol(
        pymol_python, code, str(PLUGINS / "pymol" / "patterson_gui" / "scene.py"),
        str(tmp_path / "scene.json"), str(tmp_path / "field.npy"),
    )  # fmt: skip
    field = np.load(tmp_path / "field.npy")
    grid = crystal.truth.grid
    assert symmetry[:6] == pytest.approx(cell, abs=1e-3)
    assert all(n == m + 1 for n, m in zip(field.shape, grid.shape, strict=True))
    wrapped = np.pad(grid, ((0, 1), (0, 1), (0, 1)), mode="wrap")
    np.testing.assert_allclose(field, wrapped, atol=1e-6)  # as they are, not in units of σ


def test_sending_again_replaces_ours_and_keeps_user_objects_and_camera(
    real: Real, tmp_path: Path, toy: Crystal
) -> None:
    sent = scene(toy, tmp_path)
    bridge = PyMOL(timeout=20)
    bridge.send(sent, tmp_path, real.options)
    model = next(str(item.path) for item in sent.items if item.key == "model")
    real.cmd.load(model, "theirs")
    real.cmd.set_name("patterson_gui.toy_predicted_map", "mine_now")
    real.cmd.turn("x", 33.0)
    view = real.cmd.get_view()
    before = set(real.cmd.get_names("objects"))
    bridge.send(sent, tmp_path, real.options)
    assert set(real.cmd.get_names("objects")) == before | {"patterson_gui.toy_predicted_map"}
    assert real.cmd.get_view() == pytest.approx(view)
    PyMOL(timeout=20).send(sent, tmp_path, real.options)  # another run of this program
    assert set(real.cmd.get_names("objects")) == before | {"patterson_gui.toy_predicted_map"}


def test_follow_updates_levels_styles_and_visibility(
    real: Real, tmp_path: Path, toy: Crystal
) -> None:
    sent = scene(toy, tmp_path)
    bridge = PyMOL(timeout=20)
    bridge.send(sent, tmp_path, real.options)
    items = {item.key: item for item in sent.items}
    changed = [
        replace(items["predicted"], level=0.5, colour="#ff0000"),
        replace(items["true"], style="mesh"),
        replace(items["model"], shown=False),
        replace(items["difference"], shown=True, level=0.25),
    ]
    assert bridge.follow(changed) is None
    cmd, prefix = real.cmd, "patterson_gui.toy_"
    assert cmd.isolevel(prefix + "predicted", 0, 0, 1, 1) == pytest.approx(0.5)
    assert rgb(cmd, prefix + "predicted") == "#ff0000"
    assert cmd.get_type(prefix + "true") == "object:mesh"
    assert cmd.isolevel(prefix + "difference_below", 0, 0, 1, 1) == pytest.approx(-0.25)
    shown = cmd.get_names("objects", 1)
    assert prefix + "model" not in shown
    assert prefix + "difference" in shown
    cmd.delete(prefix + "predicted")
    gone = bridge.follow([replace(items["predicted"], level=0.7)])
    assert gone == "toy predicted is no longer open in PyMOL: send again."


def test_fetched_model_and_map_equal_those_sent(real: Real, tmp_path: Path, toy: Crystal) -> None:
    sent = scene(toy, tmp_path)
    paths = {item.key: str(item.path) for item in sent.items}
    real.cmd.set("normalize_ccp4_maps", 0)
    real.cmd.load(paths["model"], "theirs")
    real.cmd.load(paths["true"], "their_map")
    bridge = PyMOL(timeout=20)
    bridge.send(sent, tmp_path, real.options)
    fetched = bridge.fetch(tmp_path / "out", real.options)
    assert fetched.sentence == f"Fetched theirs and their_map from PyMOL (port {real.port})."
    assert fetched.model is not None
    model = read_model(fetched.model)
    assert model.cell.parameters == pytest.approx(toy.cell.parameters, abs=0.01)
    assert model[0].count_atom_sites() == 5
    assert fetched.map is not None
    back = read_map(fetched.map)
    assert toy.truth is not None
    assert back.cell.parameters == pytest.approx(toy.cell.parameters, abs=0.01)
    np.testing.assert_allclose(back.grid, toy.truth.grid, atol=1e-4)


@pytest.mark.parametrize(("cell", "group"), CELLS[1:3])
def test_fetches_a_map_of_part_of_the_cell_with_its_symmetry(
    real: Real, tmp_path: Path, cell: tuple[float, ...], group: str
) -> None:
    truth = toy_crystal(gemmi.UnitCell(*cell), group).truth
    assert truth is not None
    whole = gemmi.Ccp4Map()
    whole.grid = gemmi.FloatGrid(truth.grid)
    whole.grid.set_unit_cell(truth.cell)
    whole.grid.spacegroup = gemmi.SpaceGroup(group)
    whole.update_ccp4_header(2)
    whole.set_extent(gemmi.find_asu_brick(whole.grid.spacegroup).get_extent())
    whole.write_ccp4_map(str(tmp_path / "part.ccp4"))
    real.cmd.load(str(tmp_path / "part.ccp4"), "scaled")
    told = "the map's values are in units of σ, as PyMOL loads maps"
    assert told in PyMOL(timeout=20).fetch(tmp_path / "out", real.options).sentence
    real.cmd.set("normalize_ccp4_maps", 0)
    real.cmd.load(str(tmp_path / "part.ccp4"), "plain")
    fetched = PyMOL(timeout=20).fetch(tmp_path / "out", real.options)
    assert fetched.sentence == (
        f"Fetched plain from PyMOL (port {real.port}); scaled stayed there."
    )
    assert fetched.map is not None
    back = read_map(fetched.map)
    assert back.spacegroup.hm == group
    np.testing.assert_allclose(back.grid, truth.grid, atol=1e-5)


def test_shows_a_model_and_a_map_with_the_same_name(
    real: Real, tmp_path: Path, toy: Crystal
) -> None:
    sent = scene(toy, tmp_path)
    items = {item.key: item for item in sent.items}
    both = [replace(items["model"], name="1abc"), replace(items["true"], name="1ABC")]
    for _ in range(2):
        PyMOL(timeout=20).send(ViewerScene(tuple(both), "1abc"), tmp_path, real.options)
        assert set(real.cmd.get_names("objects")) == {
            "patterson_gui.1abc", "patterson_gui.1ABC_2_map", "patterson_gui.1ABC_2",
            "patterson_gui",
        }  # fmt: skip
        assert real.cmd.count_atoms("patterson_gui.1abc") == 5
        assert real.cmd.count_states("patterson_gui.1abc") == 1
        real.cmd.load(str(items["model"].path), "patterson_gui._new_0")  # as if cut off


def test_another_structure_replaces_the_first_and_turns_the_camera(
    real: Real, tmp_path: Path
) -> None:
    first = toy_crystal(gemmi.UnitCell(10, 11, 12, 90, 90, 90))
    other = toy_crystal(gemmi.UnitCell(30, 31, 32, 90, 90, 90), name="other")
    assert other.model is not None
    for cra in other.model[0].all():
        cra.atom.pos += gemmi.Position(90, -62, 0)  # by whole cells
    bridge = PyMOL(timeout=30)
    assert bridge.send(scene(first, tmp_path / "1"), tmp_path, real.options).sent
    before = real.cmd.get_view()
    again = PyMOL(timeout=30)  # as in another process
    assert again.send(scene(other, tmp_path / "2"), tmp_path, real.options).sent
    names = real.cmd.get_names("objects")
    assert not [name for name in names if "toy" in name]
    assert names.count("patterson_gui.unit_cell") == 1
    assert real.cmd.get_view() != before
    assert real.cmd.get("suspend_updates") in ("off", "0")
    low, high = real.cmd.get_extent("patterson_gui.other_true_map")
    inside_low, inside_high = real.cmd.get_extent("patterson_gui.other_model")
    assert all(a < b for a, b in zip(low, inside_low, strict=True))
    assert all(a > b for a, b in zip(high, inside_high, strict=True))


def test_shows_atoms_without_bonds(real: Real, tmp_path: Path) -> None:
    salt = tmp_path / "salt.pdb"
    salt.write_text(
        "CRYST1    5.640    5.640    5.640  90.00  90.00  90.00 P 1\n"
        "HETATM    1 NA    NA A   1       0.000   0.000   0.000  1.00 20.00          NA\n"
        "HETATM    2 CL    CL A   2       2.820   0.000   0.000  1.00 20.00          CL\n"
    )
    sent = ViewerScene((ViewerItem(salt, "salt", key="model"),), "salt")
    assert PyMOL(timeout=20).send(sent, tmp_path, real.options).sent
    assert real.cmd.count_atoms("patterson_gui.salt and rep nb_spheres") == 2


def run_in_pymol(pymol_python: Path, code: str, *arguments: str) -> Any:
    """What a script in a fresh PyMOL prints last, as JSON."""
    script = f"import pymol, sys, json\nfrom pymol import cmd\n{code}"
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "DISPLAY")}
    done = subprocess.run(
        [str(pymol_python), "-c", script, *arguments],
        capture_output=True, text=True, timeout=60, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_the_script_shows_the_same_scene_and_can_be_run_twice(
    pymol_python: Path, tmp_path: Path, toy: Crystal
) -> None:
    sent = scene(toy, tmp_path / "with space, and comma")
    report = PyMOL().send(sent, tmp_path, ViewerOptions(ports=(1,), launch=False))
    assert report.script is not None
    code = "for _ in range(2): cmd.do('@' + sys.argv[1]); cmd.sync()\n"
    code += "print(json.dumps(cmd.get_names('objects')))"
    names = run_in_pymol(pymol_python, code, str(report.script))
    assert len(names) == 12
    assert "patterson_gui.toy_difference_below" in names


def test_the_plugin_opens_a_bundle(pymol_python: Path, bundle: Path) -> None:
    code = (
        "cmd.do('@' + sys.argv[1]); cmd.sync()\n"
        "cmd.do('patterson_open ' + sys.argv[2]); cmd.sync()\n"
        "cmd.do('patterson_open ' + sys.argv[2]); cmd.sync()\n"
        "import patterson_gui\n"
        "print(json.dumps([cmd.get_names('objects'), cmd.get_names('objects', 1), "
        "patterson_gui.patterson_list()]))"
    )
    names, shown, listing = run_in_pymol(
        pymol_python, code, str(PLUGINS / "pymol" / "patterson_gui.pml"), str(bundle)
    )
    assert len([name for name in names if name.endswith("_map")]) == 3
    assert "patterson_gui.toy_patterson" in names
    assert "patterson_gui.toy_patterson" not in shown
    assert "patterson_gui.toy_predicted_aligned_to_the_truth" in shown
    levels = dict(listing)
    assert levels["patterson_gui.toy_true"] > 0


def test_pymol_finds_the_installed_plugin_with_a_fresh_home(
    pymol_python: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("APPDATA", raising=False)
    quoted = bundle.rename(bundle.with_name("a, b.pgz"))
    code = (
        "import pymol.plugins as p\n"
        "menus = []; p.HAVE_QT = True  # without a window there is none\n"
        "p.addmenuitem = lambda words, *_: menus.append(words)\n"
        "p.initialize(None)\n"
        "info = p.plugins.get('patterson_gui')\n"
        "for line in ('patterson_predict nosuch', 'patterson_predict a b (', "
        "'patterson_open \"' + sys.argv[1] + '\"'): cmd.do(line); cmd.sync()\n"
        "p.set_pref_changed()  # as its Plugin Manager saves\n"
        "ours = [words for words in menus if words.startswith('Patterson|')]\n"
        "print(json.dumps([bool(info and info.loaded), len(ours), "
        "len(cmd.get_names('objects'))]))"
    )
    plugin = PyMOL.plugin
    assert not plugin.status().installed
    plugin.install()
    for _ in range(2):  # the second time with the file that PyMOL wrote
        loaded, menus, objects = run_in_pymol(pymol_python, code, str(quoted))
        assert loaded
        assert (menus, objects) == (4, 10)
        there = plugin.status()
        assert (there.installed, there.outdated) == (True, False)
    plugin.remove()
    loaded, menus, objects = run_in_pymol(pymol_python, code, str(quoted))
    assert (loaded, menus, objects) == (False, 0, 0)


def test_gives_up_on_a_busy_pymol(real: Real, tmp_path: Path, toy: Crystal) -> None:
    bridge = PyMOL(timeout=20)
    sent = scene(toy, tmp_path)
    bridge.send(sent, tmp_path, real.options)
    with socket.create_connection(("127.0.0.1", real.port)) as busy:
        busy.sendall(b"POST /RPC2 HTTP/1.1\r\nContent-Length: 1000\r\n\r\n<")
        report = bridge.send(sent, tmp_path, real.options)
    assert not report.sent
    assert "is busy" in report.sentence
