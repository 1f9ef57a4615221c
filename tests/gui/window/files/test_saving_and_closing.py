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
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_everything_can_be_saved_and_read_again(driver: MainWindowDriver, tmp_path: Path) -> None:
    driver.open_example()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.comparison is not None)
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
        ("save_bundle", "b.pgz"),
    ):
        driver.save_as(name, folder / file)
        assert (folder / file).stat().st_size > 0, driver.toasts()
    grid = np.array(gemmi.read_ccp4_map(str(folder / "d.ccp4")).grid, copy=False)
    assert driver.document.aligned is not None
    np.testing.assert_allclose(grid, driver.document.aligned.grid, atol=1e-5)
    mtz = gemmi.read_mtz_file(str(folder / "ph.mtz"))
    assert {"FWT", "PHWT", "FOM"} <= set(mtz.column_labels())
    figures = json.loads((folder / "f.json").read_text())
    assert figures["aligned"]["r"] == pytest.approx(driver.document.comparison.aligned.r, abs=1e-4)
    assert "manifest.json" in zipfile.ZipFile(folder / "b.pgz").namelist()
    driver.drop(folder / "b.pgz")
    driver.wait(
        lambda: driver.document.comparison is not None and driver.document.patterson is not None
    )
    assert driver.document.prediction is not None


def test_an_unwritable_path_gives_a_sentence(driver: MainWindowDriver, tmp_path: Path) -> None:
    driver.open_example()
    driver.save_as("save_patterson", tmp_path / "no such folder" / "p.ccp4")
    driver.wait(lambda: len(driver.toasts()) == 1)
    assert driver.window.toasts.toasts[0].error
    assert driver.window.toasts.toasts[0].details is None


def test_sends_the_visible_maps_with_absolute_levels(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.comparison is not None)
    driver.window.layers.rows[LayerKey.PATTERSON].shown.click()
    driver.press("send_coot")
    driver.wait(lambda: len(driver.programs.sent) == 1)
    items = {item.kind: item for item in driver.programs.sent[0]}
    assert set(items) == {MapKind.PREDICTED, MapKind.TRUE, MapKind.DIFFERENCE, None}
    predicted = items[MapKind.PREDICTED]
    level = driver.document.layers[LayerKey.PREDICTED].level
    assert driver.document.aligned is not None
    assert predicted.level == pytest.approx(level.in_units(driver.document.aligned))
    assert predicted.path.exists()
    driver.wait(lambda: driver.toasts() == ["Sent to Coot."])


def test_closing_while_a_job_runs_asks_first(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.predictor.go.clear()
    driver.click(driver.window.predict_button)
    driver.window.close()
    driver.answer("Keep working")
    assert driver.window.isVisible()
    assert driver.workbench.predicting.state is PredictState.RUNNING
    driver.window.close()
    with driver.qtbot.waitSignal(driver.window.closed):
        driver.answer("Stop it and close")
    assert not driver.workbench.runner.busy


def test_restores_choices_at_the_next_start(driver: MainWindowDriver, own_settings: Path) -> None:
    driver.press("link_camera")
    driver.press("aligned")
    driver.press("theme_light")
    driver.window.close()
    settings = SettingsStore(own_settings).settings
    assert not settings.link_camera
    assert not settings.show_aligned
    assert settings.theme == "light"
    assert settings.window_geometry
