"""The plugin inside PyMOL, with a stand-in for its API; `tests/viewers` has PyMOL itself."""

import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gemmi
import numpy as np
import pytest

from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.models import write_model
from tests.bridges.pymol_standin import FakeCmd
from tests.plugins.conftest import toy_crystal
from tests.plugins.load import PLUGINS


class Cmd(FakeCmd):
    """With the commands that the plugin adds."""

    def __init__(self) -> None:
        super().__init__()
        self.extended: dict[str, Any] = {}

    def extend(self, name: str, function: Any) -> None:
        self.extended[name] = function


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    import importlib.util

    folder = PLUGINS / "pymol" / "patterson_gui"
    name = "patterson_plugin_of_pymol"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    yield module
    for loaded in [n for n in sys.modules if n.startswith(f"{name}.")]:
        del sys.modules[loaded]


@pytest.fixture
def cmd(plugin: ModuleType) -> Cmd:
    made = Cmd()
    plugin.add_commands(made)
    return made


def test_the_commands_are_added(cmd: Cmd) -> None:
    assert set(cmd.extended) == {
        "patterson_open", "patterson_predict", "patterson_cancel", "patterson_list",
    }  # fmt: skip


def test_a_bundle_is_opened_and_opened_again(
    cmd: Cmd, plugin: ModuleType, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        shown = cmd.extended["patterson_open"](str(bundle))
    assert shown == [
        "toy patterson", "toy predicted (aligned to the truth)", "toy true", "toy model",
        "toy built atoms (aligned to the truth)",
    ]  # fmt: skip
    names = cmd.get_names()
    assert len(names) == 3 * 2 + 2 + 1 + 1  # maps with contours, models, the cell and the group
    assert not cmd.objects["patterson_gui.toy_patterson"]["on"]
    listing = dict(cmd.extended["patterson_list"]())
    assert listing["patterson_gui.toy_true"] == cmd.objects["patterson_gui.toy_true"]["level"]
    told = capsys.readouterr().out
    assert " patterson_gui: Made for a test." in told
    assert " patterson_gui: Solved: it is a toy." in told
    cmd.isolevel("patterson_gui.toy_true", 9.0)
    plugin.session().as_sent()
    assert cmd.objects["patterson_gui.toy_true"]["level"] == listing["patterson_gui.toy_true"]
    cmd.delete("patterson_gui.toy_true_map")
    plugin.session().as_sent()  # of what is still there


def test_deletes_unpacked_files_after_pymol_has_read_them(
    cmd: Cmd, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert cmd.extended["patterson_open"](str(bundle))
    assert cmd.objects["patterson_gui.toy_true_map"]["path"].startswith(str(place))
    assert not list(place.iterdir())


def test_a_path_in_quotes_is_opened(cmd: Cmd, bundle: Path) -> None:
    quoted = bundle.rename(bundle.with_name("a, b.pgz"))
    assert cmd.extended["patterson_open"](f'"{quoted}"')


def test_reports_what_pymol_refuses_in_one_line(
    cmd: Cmd, bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("no\nroom")

    monkeypatch.setattr(cmd, "isomesh", refuse)
    cmd.extended["patterson_open"](str(bundle))
    told = capsys.readouterr().out
    assert told == f" patterson_gui: PyMOL could not show {bundle} (no room): try again.\n"


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch, plugin: ModuleType, cmd: Cmd) -> dict[str, Any]:
    """What PyMOL's menu does, by its words; dialogs go to "told"."""
    added: dict[str, Any] = {"told": []}
    fake, plugins, qt = ModuleType("pymol"), ModuleType("pymol.plugins"), ModuleType("pymol.Qt")
    box = SimpleNamespace(warning=lambda *words: added["told"].append(words[-1]))
    plugins.addmenuitemqt = added.__setitem__  # type: ignore[attr-defined]
    qt.QtWidgets = SimpleNamespace(QMessageBox=box)  # type: ignore[attr-defined]
    fake.cmd, fake.plugins, fake.Qt = cmd, plugins, qt  # type: ignore[attr-defined]
    for module in (fake, plugins, qt):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    plugin.__init_plugin__()
    return added


def test_menu_shows_errors_in_a_dialog(menus: dict[str, Any], plugin: ModuleType) -> None:
    assert list(menus)[1:] == [
        "Patterson|Open prediction...", "Patterson|Predict from this object...",
        "Patterson|Stop the prediction", "Patterson|Reset levels",
    ]  # fmt: skip
    menus["Patterson|Predict from this object..."]()
    menus["Patterson|Stop the prediction"]()
    menus["Patterson|Reset levels"]()
    assert [words.split(":")[0] for words in menus["told"]] == [
        "There is no model to predict from", "No prediction is running.",
        "No prediction is shown",
    ]  # fmt: skip


def test_menu_predicts_from_the_users_model_first(
    menus: dict[str, Any], plugin: ModuleType, cmd: Cmd, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(plugin.session(), "predict", asked.append)
    cmd.load("m.pdb", "patterson_gui.toy_model")
    menus["Patterson|Predict from this object..."]()
    cmd.load("m.pdb", "mine")
    cmd.load("m.pdb", "patterson_gui.toy_built_atoms")
    menus["Patterson|Predict from this object..."]()
    assert asked == ["patterson_gui.toy_model", "mine"]


def test_prints_errors_as_one_line(
    cmd: Cmd, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("PATTERSON_GUI", raising=False)
    bad = tmp_path / "bad.pgz"
    bad.write_text("nothing")
    cmd.extended["patterson_open"](str(bad))
    cmd.extended["patterson_cancel"]()
    cmd.extended["patterson_predict"]("thing")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "damaged zip archive" in lines[0]
    assert lines[1] == " patterson_gui: No prediction is running."
    assert "patterson-gui was not found" in lines[2]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_runs_a_prediction_and_shows_it_in_pymol(
    cmd: Cmd,
    plugin: ModuleType,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = tmp_path / "patterson-gui"
    monkeypatch.setenv("PATTERSON_GUI", str(program))
    program.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"assert sys.argv[5:] == ['--method', 'retrieval']\n"
        f"shutil.copy({str(bundle)!r}, sys.argv[4] + '/prediction.pgz')\n"
    )
    program.chmod(0o755)
    model = tmp_path / "m.pdb"
    model.write_text("ATOM\n")
    cmd.load(str(model), "mine")
    cmd.extended["patterson_predict"]("mine", "--method retrieval")
    join_prediction(plugin)
    assert {"patterson_gui.toy_true", "mine"} <= set(cmd.objects)
    cmd.extended["patterson_predict"]("other")
    told = capsys.readouterr().out
    assert "neither a file nor an open object" in told
    kept = re.search(r"the prediction is (.*); save a copy to keep it", told)
    assert kept is not None
    assert Path(kept[1]).is_file()
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    cmd.extended["patterson_predict"](str(model))
    cmd.extended["patterson_predict"](str(model))
    assert "A prediction is running" in capsys.readouterr().out
    cmd.extended["patterson_cancel"]()
    join_prediction(plugin)
    assert plugin.session().prediction is None
    assert "Nothing was predicted: it was stopped." in capsys.readouterr().out


def join_prediction(plugin: ModuleType) -> None:
    """Wait until the plugin has shown the prediction, or said why there is none."""
    for thread in threading.enumerate():
        if thread.name == plugin.THREAD:
            thread.join(timeout=30)
            assert not thread.is_alive()


@pytest.mark.parametrize("cells", [(0, 0, 0), (1, -1, 0), (-3, 2, 5)])
@pytest.mark.parametrize("parameters", [(10, 11, 12, 90, 90, 90), (10, 11, 12, 80, 95, 103)])
def test_maps_are_extended_over_the_faces_of_the_cell_and_models_outside(
    plugin: ModuleType, tmp_path: Path, parameters: tuple[float, ...], cells: tuple[int, ...]
) -> None:
    crystal = toy_crystal(gemmi.UnitCell(*parameters))
    assert crystal.truth is not None
    assert crystal.model is not None
    for cra in crystal.model[0].all():
        cra.atom.pos += crystal.cell.orthogonalize(gemmi.Fractional(*cells))
    write_map(tmp_path / "m.ccp4", crystal.truth)
    write_model(tmp_path / "m.pdb", crystal.model)
    covering = sys.modules[f"{plugin.__name__}.covering"]
    path = str(tmp_path / "m.ccp4")
    covering.cover(path, covering.box_of(parameters, [str(tmp_path / "m.pdb")]))
    read = gemmi.read_ccp4_map(path)
    start = [read.header_i32(word) for word in (5, 6, 7)]
    values = np.array(read.grid.array)
    ours = crystal.truth.grid
    places = np.indices(values.shape).reshape(3, -1).T + start
    wrapped = tuple((places % ours.shape).T)
    np.testing.assert_array_equal(values.reshape(-1), ours[wrapped])
    for cra in crystal.model[0].all():
        at = np.array(crystal.cell.fractionalize(cra.atom.pos).tolist()) * ours.shape - start
        assert (at >= 0).all()
        assert (at <= np.array(values.shape) - 1).all()
    if cells == (0, 0, 0):
        assert (start, values.shape) == ([0, 0, 0], tuple(n + 1 for n in ours.shape))
