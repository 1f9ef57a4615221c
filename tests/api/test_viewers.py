from pathlib import Path

import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.app.settings import Settings
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.viewers.places import ViewerPlace
from patterson_gui.io.viewers.scene import Fetched, PluginStatus, SendReport, Viewer

POINTS = np.random.default_rng(0).random((2000, 3))


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

    def send(self, scene, folder, options):
        self.asked = (scene, folder, options)
        assert all(item.path.is_file() for item in scene.items)
        return SendReport("Sent.", sent=True)

    def fetch(self, folder, options):
        self.asked = (folder, options)
        return Fetched(folder / "model.pdb", None, "Fetched a model.")


@pytest.fixture
def bridges(monkeypatch, tmp_path):
    monkeypatch.setattr("patterson_gui.api.viewers.sent_folder", lambda: tmp_path / "sent")
    made = {viewer: FakeBridge(viewer) for viewer in Viewer}
    monkeypatch.setattr("patterson_gui.api.viewers.bridge_to", made.__getitem__)
    return made


def keys(bridge):
    return [item.key for item in bridge.asked[0].items]


def test_sends_a_result_with_its_maps_aligned_to_the_truth(bridges, result):
    report = pg.send(result, "pymol", launch=True)
    assert report.sent
    scene, _, options = bridges[Viewer.PYMOL].asked
    assert keys(bridges[Viewer.PYMOL]) == ["patterson", "predicted", "true", "difference", "model"]
    assert options.launch
    predicted = next(item for item in scene.items if item.key == "predicted")
    assert "aligned" in predicted.path.name
    sent = read_map(predicted.path)
    assert predicted.level == pytest.approx(2.5 * result.density.rmsd, rel=0.02)
    truth = result.crystal.truth.value_at(POINTS)
    assert np.corrcoef(sent.value_at(POINTS), truth)[0, 1] > 0.95


def test_sends_a_prediction_in_its_fixed_frame_if_requested(bridges, result):
    pg.send(result, "pymol", as_predicted=True)
    scene, _, _ = bridges[Viewer.PYMOL].asked
    predicted = next(item for item in scene.items if item.key == "predicted")
    same = result.density.value_at(POINTS)
    assert np.corrcoef(read_map(predicted.path).value_at(POINTS), same)[0, 1] > 0.999


def test_sends_maps_crystals_and_files_together(bridges, example, tmp_path):
    example.truth.save(tmp_path / "true.ccp4")
    pg.send([pg.patterson(example), example, tmp_path / "true.ccp4"], "coot")
    assert len(keys(bridges[Viewer.COOT])) == len(set(keys(bridges[Viewer.COOT]))) >= 4


def test_fetches_into_a_folder_from_the_given_port_and_program(bridges, tmp_path):
    fetched = pg.fetch("coot", str(tmp_path), port=7000, program="/opt/coot")
    assert fetched.model == tmp_path / "model.pdb"
    folder, options = bridges[Viewer.COOT].asked
    assert folder == tmp_path
    assert options.ports == (7000,)
    assert options.program == Path("/opt/coot")
    assert not options.launch
    pg.fetch("coot", tmp_path, port=(7000, 7001))
    assert bridges[Viewer.COOT].asked[1].ports == (7000, 7001)


def test_uses_the_saved_path_and_ports_unless_others_are_given(bridges, own_settings, tmp_path):
    own_settings.mkdir()
    place = ViewerPlace(program="/opt/coot/bin/coot", ports=[9090, 9091])
    saved = Settings(viewers={Viewer.COOT: place}).model_dump_json()
    (own_settings / "settings.json").write_text(saved)
    pg.fetch("coot", tmp_path)
    options = bridges[Viewer.COOT].asked[1]
    assert (options.program, options.ports) == (Path("/opt/coot/bin/coot"), (9090, 9091))
    pg.fetch("coot", tmp_path, port=7000, program="/mine")
    options = bridges[Viewer.COOT].asked[1]
    assert (options.program, options.ports) == (Path("/mine"), (7000,))
    pg.fetch("pymol", tmp_path)
    options = bridges[Viewer.PYMOL].asked[1]
    assert (options.program, options.ports) == (None, ())


@pytest.mark.parametrize("content", ["{not json", "[]", '{"viewers": {"coot": {"ports": [0]}}}'])
def test_uses_the_defaults_and_keeps_the_file_if_the_settings_cannot_be_read(
    bridges, own_settings, tmp_path, content
):
    own_settings.mkdir()
    (own_settings / "settings.json").write_text(content)
    pg.fetch("coot", tmp_path)
    options = bridges[Viewer.COOT].asked[1]
    assert (options.program, options.ports) == (None, ())
    assert (own_settings / "settings.json").read_text() == content


def test_acts_on_one_plugin_or_all(bridges):
    assert list(pg.plugins("install", "pymol", program="/opt/pymol")) == ["pymol"]
    assert bridges[Viewer.PYMOL].plugin.program == Path("/opt/pymol")
    assert set(pg.plugins()) == {"chimerax", "coot", "pymol"}


def test_acts_on_the_plugin_of_the_program_in_the_settings(bridges, own_settings):
    own_settings.mkdir()
    place = ViewerPlace(program="/opt/ChimeraX")
    settings = Settings(viewers={Viewer.CHIMERAX: place})
    (own_settings / "settings.json").write_text(settings.model_dump_json())
    pg.plugins("install", "all")
    assert bridges[Viewer.CHIMERAX].plugin.program == Path("/opt/ChimeraX")
    assert bridges[Viewer.COOT].plugin.program is None


def test_continues_with_other_plugins_after_a_failure(bridges):
    bridges[Viewer.COOT].plugin.fails = True
    answers = pg.plugins("install", "all")
    assert isinstance(answers["coot"], pg.UserError)
    assert answers["pymol"].installed
    with pytest.raises(pg.UserError, match=r"^Coot was not found\.$"):
        pg.plugins("install", "coot")
    for bridge in bridges.values():
        bridge.plugin.fails = True
    assert all(isinstance(a, pg.UserError) for a in pg.plugins("install", "all").values())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pg.send([], "coot"), "There is nothing to send"),
        (lambda: pg.send("no-such.pgz", "coot"), "does not exist"),
        (lambda: pg.send("map.ccp4", "rasmol"), "viewer must be one of chimerax, coot, pymol"),
        (lambda: pg.fetch("rasmol", "out"), "viewer must be one of chimerax, coot, pymol"),
        (lambda: pg.fetch("coot", "out", port=0), "port must be at least 1"),
        (lambda: pg.plugins("update"), "action must be one of status, install, remove"),
        (lambda: pg.plugins("status", "all", program="/opt/coot"), "program names one program"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(call, words):
    with pytest.raises(pg.UserError, match=words):
        call()
