from pathlib import Path

import pytest

import patterson_gui as pg
from patterson_gui.bridges import by_name
from patterson_gui.io.viewer_scene import Fetched, PluginStatus, Viewer


class FakePlugin:
    def __init__(self, viewer, fails):
        self.viewer, self.fails, self.program = viewer, fails, "not asked"

    def status(self, program=None):
        self.program = program
        if self.fails:
            raise pg.UserError(f"{self.viewer.label} was not found.")
        return PluginStatus(True, "It is there.")

    install = remove = status


class FakeBridge:
    def __init__(self, viewer, fails=False):
        self.plugin = FakePlugin(viewer, fails)
        self.asked = None

    def fetch(self, folder, options):
        self.asked = (folder, options)
        return Fetched(folder / "model.pdb", None, "Fetched a model.")


@pytest.fixture
def bridges(monkeypatch):
    made = {viewer: FakeBridge(viewer) for viewer in Viewer}
    monkeypatch.setattr(by_name, "bridge_to", made.__getitem__)
    return made


def test_fetches_into_a_folder_from_where_it_was_told(bridges, tmp_path):
    fetched = pg.fetch("coot", str(tmp_path), port=7000, program="/opt/coot")
    assert fetched.model == tmp_path / "model.pdb"
    folder, options = bridges[Viewer.COOT].asked
    assert folder == tmp_path
    assert options.ports == (7000,)
    assert options.program == Path("/opt/coot")
    assert not options.launch


def test_asks_one_plugin_or_all(bridges):
    assert list(pg.plugins("install", "pymol", program="/opt/pymol")) == ["pymol"]
    assert bridges[Viewer.PYMOL].plugin.program == Path("/opt/pymol")
    assert set(pg.plugins()) == {"chimerax", "coot", "pymol"}


def test_the_failure_of_one_plugin_does_not_stop_the_others(bridges):
    bridges[Viewer.COOT].plugin.fails = True
    answers = pg.plugins("install", "all")
    assert isinstance(answers["coot"], pg.UserError)
    assert answers["pymol"].installed
    with pytest.raises(pg.UserError, match=r"^Coot was not found\.$"):
        pg.plugins("install", "coot")
    for bridge in bridges.values():
        bridge.plugin.fails = True
    with pytest.raises(pg.UserError, match="Nothing was done: ChimeraX was not found"):
        pg.plugins("install", "all")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pg.fetch("rasmol", "out"), "viewer must be one of chimerax, coot, pymol"),
        (lambda: pg.fetch("coot", "out", port=0), "port must be at least 1"),
        (lambda: pg.plugins("update"), "action must be one of status, install, remove"),
        (lambda: pg.plugins("status", "all", program="/opt/coot"), "program names one program"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(call, words):
    with pytest.raises(pg.UserError, match=words):
        call()
