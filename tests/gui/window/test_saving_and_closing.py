"""The main window: saving, sending, closing."""

import json
import zipfile
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import SettingsStore
from patterson_gui.crystal.maps.density_map import MapKind
from tests.gui.desk import Desk

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_everything_can_be_saved_and_read_again(desk: Desk, tmp_path: Path) -> None:
    desk.open_example()
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.comparison is not None)
    folder = tmp_path / "Ångström und mehr"
    folder.mkdir()
    for name, file in (
        ("save_patterson", "p.ccp4"),
        ("save_predicted", "d.ccp4"),
        ("save_true", "t.ccp4"),
        ("save_phases", "ph.mtz"),
        ("save_model", "m.pdb"),
        ("save_figures", "f.json"),
        ("save_peaks", "p.csv"),
        ("save_picture", "v.png"),
        ("save_bundle", "b.pgz"),
    ):
        desk.save_as(name, folder / file)
        assert (folder / file).stat().st_size > 0, desk.toasts()
    grid = np.array(gemmi.read_ccp4_map(str(folder / "d.ccp4")).grid, copy=False)
    assert desk.document.aligned is not None
    np.testing.assert_allclose(grid, desk.document.aligned.grid, atol=1e-5)
    mtz = gemmi.read_mtz_file(str(folder / "ph.mtz"))
    assert {"FWT", "PHWT", "FOM"} <= set(mtz.column_labels())
    figures = json.loads((folder / "f.json").read_text())
    assert figures["aligned"]["r"] == pytest.approx(desk.document.comparison.aligned.r, abs=1e-4)
    assert "manifest.json" in zipfile.ZipFile(folder / "b.pgz").namelist()
    desk.drop(folder / "b.pgz")
    desk.wait(lambda: desk.document.comparison is not None and desk.document.patterson is not None)
    assert desk.document.prediction is not None


def test_an_unwritable_path_gives_a_sentence(desk: Desk, tmp_path: Path) -> None:
    desk.open_example()
    desk.save_as("save_patterson", tmp_path / "no such folder" / "p.ccp4")
    desk.wait(lambda: len(desk.toasts()) == 1)
    assert desk.window.toasts.toasts[0].error
    assert desk.window.toasts.toasts[0].details is None


def test_sends_the_visible_maps_with_absolute_levels(desk: Desk) -> None:
    desk.open_example()
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.comparison is not None)
    desk.window.layers.rows[LayerKey.PATTERSON].shown.click()
    desk.press("send_coot")
    desk.wait(lambda: len(desk.programs.sent) == 1)
    items = {item.kind: item for item in desk.programs.sent[0]}
    assert set(items) == {MapKind.PREDICTED, MapKind.TRUE, MapKind.DIFFERENCE, None}
    predicted = items[MapKind.PREDICTED]
    level = desk.document.layers[LayerKey.PREDICTED].level
    assert desk.document.aligned is not None
    assert predicted.level == pytest.approx(level.in_units(desk.document.aligned))
    assert predicted.path.exists()
    desk.wait(lambda: desk.toasts() == ["Sent to Coot."])


def test_closing_while_a_job_runs_asks_first(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.go.clear()
    desk.click(desk.window.predict_button)
    desk.window.close()
    desk.answer("Keep working")
    assert desk.window.isVisible()
    assert desk.workbench.predicting.state is PredictState.RUNNING
    desk.window.close()
    with desk.qtbot.waitSignal(desk.window.closed):
        desk.answer("Stop it and close")
    assert not desk.workbench.runner.busy


def test_restores_choices_at_the_next_start(desk: Desk, own_settings: Path) -> None:
    desk.press("link_camera")
    desk.press("aligned")
    desk.press("theme_light")
    desk.window.close()
    settings = SettingsStore(own_settings).settings
    assert not settings.link_camera
    assert not settings.show_aligned
    assert settings.theme == "light"
    assert settings.window_geometry
